#include "tensor_fixture.h"

namespace gradus {
namespace {

TEST_F(TensorTest, FunctionsAgreeWithTheirFormulas) {
  EXPECT_EQ(text(R"(
x = torch.arange(24.).reshape(2, 3, 4) / 7 - 1.5
def same(a, b):
    return bool(torch.allclose(a, b, atol=1e-6))
rms = x / (x.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt()
ln = (x - x.mean(-1, True)) / (x.var(-1, unbiased=False, keepdim=True) + 1e-5).sqrt()
scores = (x @ x.mT / 2).masked_fill(torch.ones(3, 3).triu(1).bool(), float('-inf'))
out = [same(F.rms_norm(x, (4,), eps=1e-5), rms), same(F.layer_norm(x, (4,)), ln), same(F.silu(x), x * x.sigmoid()),
       same(F.scaled_dot_product_attention(x, x, x, is_causal=True), scores.softmax(-1) @ x), same(F.glu(x), x[..., :2] * x[..., 2:].sigmoid()),
       same(F.normalize(x, dim=-1), x / x.norm(dim=-1, keepdim=True)), same(F.softplus(x), (1 + x.exp()).log()),
       same(F.linear(x, x[0]), x @ x[0].T), same(F.relu(x) ** 2, x.clamp(min=0).square())]
out = all(out)
)"),
            "True");
}

TEST_F(TensorTest, PadsEmbedsAndLoses) {
  EXPECT_EQ(
      text("x = torch.arange(3.)[None]\nout = [F.pad(x, (2, -1)).tolist(), F.one_hot(torch.tensor([1, 0]), "
           "3).tolist(), F.embedding(torch.tensor([1]), torch.eye(2)).tolist(), "
           "round(F.cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3])).item(), 4), F.mse_loss(x, x + 2).item()]"),
      "[[[0.0, 0.0, 0.0, 1.0]], [[0, 1, 0], [1, 0, 0]], [[0.0, 1.0]], 1.3863, 4.0]");
}

TEST_F(TensorTest, AutocastIsPyTorchs) {
  EXPECT_EQ(text("x = torch.ones(2, 2)\nwith torch.autocast('cpu', dtype=torch.bfloat16):\n  a = x @ x\n  b = "
                 "a.softmax(-1).dtype\nout = [a.dtype, (x @ x).dtype]"),
            "[torch.bfloat16, torch.float32]");
}

TEST_F(TensorTest, ModesEndWithTheirBlock) {
  EXPECT_EQ(text("x = torch.ones(1, requires_grad=True)\nwith torch.no_grad():\n  a = x * 2\n@torch.no_grad()\ndef "
                 "f(y):\n  return y * 2\nout = [a.requires_grad, f(x).requires_grad, (x * 2).requires_grad]"),
            "[False, False, True]");
}

}  // namespace
}  // namespace gradus
