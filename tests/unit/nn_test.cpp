#include <ATen/ops/empty.h>

#include "tensor_fixture.h"

namespace gradus {
namespace {

constexpr const char* kNet = R"(
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(2)])
        self.register_buffer("scale", torch.ones(2))
        self.p = nn.Parameter(torch.zeros(3))
        self.register_parameter("q", None)
        self.tied = self.a
    def forward(self, x):
        for b in self.blocks:
            x = b(self.a(x))
        return x
n = Net()
)";

TEST_F(TensorTest, ParametersInOrderAndOnce) {
  EXPECT_EQ(
      text(std::string(kNet) + "out = [k for k, _ in n.named_parameters()]"),
      "['p', 'a.weight', 'a.bias', 'blocks.0.0.weight', 'blocks.0.0.bias', 'blocks.1.0.weight', 'blocks.1.0.bias']");
  std::string names;
  for (const auto& p : named_parameters(in, name("n"))) names += p.name + " ";
  EXPECT_EQ(names, "p a.weight a.bias blocks.0.0.weight blocks.0.0.bias blocks.1.0.weight blocks.1.0.bias ");
  EXPECT_EQ(named_buffers(in, name("n")).size(), 1u);
}

TEST_F(TensorTest, RegistrationFollowsPyTorchsRules) {
  EXPECT_EQ(error(std::string(kNet) + "n.a = 3"),
            "TypeError: cannot assign 'int' as child module 'a' (torch.nn.Module or None expected)");
  EXPECT_EQ(error("class B(nn.Module):\n  def __init__(self):\n    self.w = nn.Parameter(torch.ones(1))\nB()"),
            "AttributeError: cannot assign parameters before Module.__init__() call");
  EXPECT_EQ(text("class B(nn.Module):\n  def __init__(self):\n    self.z = 3\n    super().__init__()\nout = B().z"),
            "3");
  EXPECT_EQ(text(std::string(kNet) +
                 "n.q = nn.Parameter(torch.ones(1))\ndel n.p\nout = [k for k, _ in n.named_parameters()][:2]"),
            "['q', 'a.weight']");
  EXPECT_NE(error(std::string(kNet) + "n.register_forward_hook(print)").find("hooks"), std::string::npos);
}

TEST_F(TensorTest, ModesAndConversion) {
  EXPECT_EQ(text(std::string(kNet) + "n.eval()\nout = [n.blocks[1][0].training, n.train().training, "
                                     "n.bfloat16().scale.dtype, n.float().a.weight.dtype]"),
            "[False, True, torch.bfloat16, torch.float32]");
  run(kNet);
  set_training(in, name("n"), false);
  convert_module(in, name("n"), at::kDouble);
  EXPECT_EQ(named_parameters(in, name("n"))[0].tensor.scalar_type(), at::kDouble);
}

TEST_F(TensorTest, StateGoesOutAndIn) {
  EXPECT_EQ(text(std::string(kNet) + "m = Net()\nm.load_state_dict(n.state_dict())\nout = bool((m.blocks[1][0].weight "
                                     "== n.blocks[1][0].weight).all())"),
            "True");
}

TEST_F(TensorTest, ModulesAreSeenAsTheyRun) {
  run(kNet);
  std::string seen;
  bool complete = true;  // inputs on entering, a result on leaving
  set_module_observer(in, [&](const ModuleCall& c) {
    seen += (c.enter ? "+" : "-") + in.type_name(c.module) + " ";
    complete =
        complete && (c.enter ? c.arguments && c.arguments->positional.size() == 2 : c.result && is_tensor(*c.result));
  });
  in.invoke(name("n"), {from_tensor(at::empty({2, 4}, at::kFloat).fill_(1))});
  set_module_observer(in, {});
  EXPECT_EQ(seen.substr(0, 31), "+Net +Linear -Linear +Sequentia");
  EXPECT_TRUE(complete);
}

TEST_F(TensorTest, FunctionsBringTheirOwnBackward) {
  constexpr const char* kFunction = R"(
class Times(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, k):
        ctx.save_for_backward(x)
        ctx.k = k
        return x * k
    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        if ctx.k > 5:
            raise ValueError('too much')
        return g * ctx.k * 10, None
x = torch.ones(2, requires_grad=True)
)";
  EXPECT_EQ(text(std::string(kFunction) + "Times.apply(x, 3).sum().backward()\nout = x.grad.tolist()"), "[30.0, 30.0]");
  EXPECT_EQ(error(std::string(kFunction) + "Times.apply(x, 6).sum().backward()"), "ValueError: too much");
}

}  // namespace
}  // namespace gradus
