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

// Attention without a mask is our own kernel: value and gradients are held to the formula.
TEST_F(TensorTest, PlainAttentionIsAttention) {
  EXPECT_EQ(text(R"(
import math
torch.manual_seed(0)
worst = 0.0
for b, h, t, d, e in ((2, 3, 1, 4, 4), (1, 2, 7, 8, 8), (2, 8, 128, 8, 8), (2, 2, 33, 32, 32), (1, 2, 129, 8, 24),
                      (1, 2, 9, 33, 33), (2, 1, 40, 16, 5), (1, 3, 100, 17, 1)):
    for scale, causal in ((None, True), (0.5, True), (None, False), (1.0, False)):
        both = []
        start = [torch.randn(b, t, h, d), torch.randn(b, t, h, d), torch.randn(b, t, h, e)]
        weight = torch.randn(b, h, t, e)
        for kind in (torch.float32, torch.float64):
            q, k, v = [x.to(kind).transpose(1, 2).requires_grad_() for x in start]
            if kind == torch.float32:
                y = F.scaled_dot_product_attention(q, k, v, is_causal=causal, scale=scale)
            else:
                s = q @ k.transpose(-1, -2) * (scale or 1 / math.sqrt(d))
                future = torch.ones(t, t, dtype=torch.bool).triu(1) if causal else torch.zeros(t, t, dtype=torch.bool)
                y = s.masked_fill(future, -math.inf).softmax(-1) @ v
            both.append([y.detach()] + list(torch.autograd.grad((y * weight.to(kind)).sum(), (q, k, v))))
        for mine, theirs in zip(*both):
            assert mine.shape == theirs.shape and mine.dtype == torch.float32
            worst = max(worst, ((mine.double() - theirs).abs().max() / theirs.abs().max().clamp(min=1e-3)).item())
out = worst < 2e-6 or worst
print(worst)
)"),
            "True");
}

TEST_F(TensorTest, PlainAttentionHasNoSecondGradient) {
  EXPECT_EQ(error("q = torch.randn(1, 1, 4, 4, requires_grad=True)\n"
                  "y = F.scaled_dot_product_attention(q, q, q, is_causal=True)\n"
                  "torch.autograd.grad(y.sum(), q, create_graph=True)")
                .substr(0, 19),
            "NotImplementedError");
}

}  // namespace
}  // namespace gradus
