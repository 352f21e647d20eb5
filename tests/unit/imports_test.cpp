// What model code of other projects imports and names around its layers.
#include "tensor_fixture.h"

namespace gradus {
namespace {

TEST_F(TensorTest, BuffersRegisterThemselves) {
  EXPECT_EQ(text(R"(
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Buffer(torch.ones(2))
        self.b = nn.Buffer(torch.zeros(1), persistent=False)
        self.a = torch.full((2,), 3.0)
m = M().bfloat16()
out = [[n for n, _ in m.named_buffers()], list(m.state_dict()), m.a.tolist(), m.b.dtype, isinstance(m.a, nn.Parameter)]
)"),
            "[['a', 'b'], ['a'], [3.0, 3.0], torch.bfloat16, False]");
}

TEST_F(TensorTest, SubmodulesOfTorchAreThereWhenNamed) {
  EXPECT_EQ(text(R"(
from torch.types import Number, _size
from torch.overrides import has_torch_function
out = [torch.compiler.is_compiling(), torch.fx.wrap(len) is len, torch.onnx.is_in_onnx_export(), has_torch_function((1,)),
       torch.func.grad(lambda x: (x ** 3).sum())(torch.tensor([1.0, 2.0])).tolist(), hasattr(torch, 'nonsense')]
)"),
            "[False, True, False, False, [3.0, 12.0], False]");
}

TEST_F(TensorTest, TorchChecksInWords) {
  EXPECT_EQ(error("torch._check(1 > 2, lambda: 'never')"), "RuntimeError: never");
  EXPECT_EQ(error("torch._check_value(False)"), "ValueError: Expected cond to be True, but got False");
  EXPECT_EQ(error("torch._assert(False, 'why')"), "AssertionError: why");
  EXPECT_EQ(error("x = torch.ones(2, requires_grad=True) * 2\nx.requires_grad = True"),
            "RuntimeError: you can only change requires_grad flags of leaf variables.");
  EXPECT_EQ(error("torch.arange(2).requires_grad_()"),
            "RuntimeError: only Tensors of floating point and complex dtype can require gradients");
  EXPECT_EQ(text("out = (torch.ones(2, requires_grad=True) * 2).requires_grad_().requires_grad"), "True");
}

TEST_F(TensorTest, AutocastOfFunctionsIsThatOfTheirDevice) {
  EXPECT_EQ(text(R"(
class Square(torch.autograd.Function):
    @staticmethod
    @torch.amp.custom_fwd(device_type='cpu', cast_inputs=torch.float32)
    def forward(ctx, x):
        ctx.save_for_backward(x)
        seen.append((x.dtype, torch.is_autocast_enabled('cpu'), torch.is_autocast_enabled()))
        return x * x
    @staticmethod
    @torch.amp.custom_bwd(device_type='cpu')
    def backward(ctx, g):
        return 2 * g * ctx.saved_tensors[0]
seen = []
x = torch.ones(2, dtype=torch.bfloat16, requires_grad=True)
Square.apply(x)
with torch.autocast('cpu', dtype=torch.bfloat16):
    Square.apply(x).sum().backward()
out = [seen, x.grad.tolist()]
)"),
            "[[(torch.bfloat16, False, False), (torch.float32, False, False)], [2.0, 2.0]]");
}

TEST_F(TensorTest, UniqueAndUnravelledAsInPython) {
  EXPECT_EQ(text("x = torch.tensor([1, 1, 2, 2, 1])\n"
                 "out = [torch.unique_consecutive(x).tolist(), "
                 "[t.tolist() for t in x.unique_consecutive(return_counts=True)], "
                 "[t.tolist() for t in torch.unravel_index(torch.tensor([0, 5]), (2, 3))]]"),
            "[[1, 2, 1], [[1, 2, 1], [2, 2, 1]], [[0, 1], [0, 2]]]");
}

TEST_F(TensorTest, ConversionsGoThroughWhatModulesOverride) {
  run(R"(
class Frequencies(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer('f', torch.ones(2))
    def _apply(self, fn, *args, **kwargs):
        super()._apply(fn, *args, **kwargs)
        self.f = self.f.float()
        return self
    def train(self, mode=True):
        return super().train(False)
out = nn.Sequential(nn.Linear(2, 2), Frequencies())
)");
  convert_module(in, name("out"), at::kBFloat16);
  set_training(in, name("out"), true);
  std::string state;
  for (const auto& [n, t] : named_buffers(in, name("out")))
    state += n + (t.scalar_type() == at::kFloat ? " float " : " other ");
  for (const auto& [n, t] : named_parameters(in, name("out")))
    state += n + (t.scalar_type() == at::kBFloat16 ? " bfloat16 " : " other ");
  EXPECT_EQ(state, "1.f float 0.weight bfloat16 0.bias bfloat16 ");
  const Value second = in.get_item(name("out"), Value(1));
  EXPECT_EQ(in.str(in.get_attribute(second, in.intern("training"))), "False");
  EXPECT_EQ(
      text("m = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).double().half()\n"
           "out = [m[0].weight.dtype, m[1].num_batches_tracked.dtype, m.to(torch.float32)[1].running_mean.dtype]"),
      "[torch.float16, torch.int64, torch.float32]");
}

TEST_F(TensorTest, ReductionsOfMaskedTensors) {
  EXPECT_EQ(text("x, m = torch.tensor([[1.0, 2.0, 5.0], [4.0, 4.0, 7.0]]), torch.tensor([[True, False, True], [True, "
                 "True, False]])\n"
                 "M = torch.masked\n"
                 "out = [f(x, 1, mask=m).tolist() for f in (M.sum, M.mean, M.var, M.amax)] + [M.softmax(x, 1, "
                 "mask=m)[0, 1].item()]"),
            "[[6.0, 8.0], [3.0, 4.0], [8.0, 0.0], [5.0, 4.0], 0.0]");
}

TEST_F(TensorTest, EinxReadsItsExpressions) {
  EXPECT_EQ(text(R"(
import einx
a, m = torch.arange(12.0).reshape(2, 3, 2), torch.tensor([[True, False, True], [False, True, True]])
out = [einx.subtract('i, j -> i j', torch.arange(2), torch.arange(2)).tolist(), einx.where('b n, b n d,', m, a, 0.0).sum().item(),
       einx.add('b n d, s d -> (b s) n d', a, torch.ones(5, 2)).shape, einx.sum('b [n] d', a).tolist(),
       einx.get_at('b n [l], b n -> b n', a, m.long()).tolist(), einx.softmax('... [c]', a).sum().item()]
)"),
            "[[[0, -1], [1, 0]], 48.0, torch.Size([10, 3, 2]), [[6.0, 9.0], [24.0, 27.0]], "
            "[[1.0, 2.0, 5.0], [6.0, 9.0, 11.0]], 6.0]");
  EXPECT_EQ(error("import einx\neinx.add('a, b', torch.ones(2), torch.ones(3))"),
            "ValueError: 'a, b': no input has all axes: write the output");
}

TEST_F(TensorTest, VersionsAreOrdered) {
  EXPECT_EQ(
      text("from packaging import version\nV = version.parse\n"
           "out = [V('2.0.dev1') < V('2.0a1') < V('2.0rc1') < V('2.0') < V('2.0+cpu') < V('2.0.post1') < V('2.10'), "
           "V('1.0') == V('1.0.0'), V(torch.__version__) >= V('2.0'), V('v1.2').minor]"),
      "[True, True, True, 2]");
  EXPECT_EQ(error("from packaging.version import Version\nVersion('x')"),
            "packaging.version.InvalidVersion: Invalid version: 'x'");
}

TEST_F(TensorTest, ScansAssociatively) {
  EXPECT_EQ(text(R"(
from torch._higher_order_ops.associative_scan import associative_scan
def combine(a, b):
    return a[0] * b[0], a[1] * b[0] + b[1]
g, x = torch.full((3,), 0.5), torch.ones(3)
out = [associative_scan(combine, (g, x), 0)[1].tolist(), associative_scan(torch.add, x, 0, reverse=True).tolist()]
)"),
            "[[1.0, 1.5, 1.75], [3.0, 2.0, 1.0]]");
}

}  // namespace
}  // namespace gradus
