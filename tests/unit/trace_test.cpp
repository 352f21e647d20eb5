#include "unit/tensor/trace.h"

#include <ATen/ops/empty.h>

#include "tensor_fixture.h"

namespace gradus {
namespace {

class TraceTest : public TensorTest {
 protected:
  /// The trace of `class M` on a (2, 4) input.
  std::string trace(const std::string& body) {
    run(body + "\nm = M()\n");
    Value m = name("m");
    at::Tensor x = at::empty({2, 4}, at::kFloat).fill_(1);
    Tracer tracer(in, named_parameters(in, m), {x});
    Value y = in.invoke(m, {from_tensor(x)});
    return tracer.text({to_tensor(y)});
  }
  std::string module(const std::string& forward) {
    return "class M(nn.Module):\n  def __init__(self):\n    super().__init__()\n    self.a = nn.Linear(4, 4, "
           "bias=False)\n    self.b = nn.Linear(4, 4, bias=False)\n"
           "  def forward(self, x):\n" +
           forward;
  }
};

TEST_F(TraceTest, IsTheGraphOfCalls) {
  EXPECT_EQ(trace(module("    return torch.relu(self.a(x)) + 1")),
            "gradus trace 1\n%0 = linear(x0, p0:float32:4x4, None)\n%1 = relu(%0)\n%2 = add.Tensor(%1, num:1, "
            "1)\nreturn %2\n");
}

TEST_F(TraceTest, NamesOrderAndDeadCallsDoNotMatter) {
  std::string one = trace(module("    k = self.b(x)\n    q = self.a(x)\n    return q * k"));
  EXPECT_EQ(one, trace(module("    q = self.a(x)\n    dead = q.exp()\n    z = self.b(x)\n    return q * z")));
  EXPECT_EQ(one, trace(module("    q = self.b(x)\n    return q * self.a(x)")));  // parameters are numbered by use
  EXPECT_NE(one, trace(module("    q = self.a(x)\n    return q * q")));
  EXPECT_NE(one, trace(module("    return self.a(x) + self.b(x)")));
}

TEST_F(TraceTest, WritesInPlaceReachLaterReaders) {
  std::string written = trace(module("    y = self.a(x)\n    y[:, 0] = 0\n    return y * 2"));
  EXPECT_NE(written, trace(module("    y = self.a(x)\n    return y * 2")));
  EXPECT_NE(written.find("copy_"), std::string::npos) << written;
  EXPECT_EQ(trace(module("    y = self.a(x)\n    v = y.view(8)\n    y.add_(1)\n    return v")).find("add_") !=
                std::string::npos,
            true);
}

TEST_F(TraceTest, ConstantsAreTheirContent) {
  std::string one = trace(module("    return self.a(x) * torch.tensor([1., 2., 3., 4.])"));
  EXPECT_EQ(one, trace(module("    c = torch.tensor([1., 2., 3., 4.])\n    return self.a(x) * c")));
  EXPECT_NE(one, trace(module("    return self.a(x) * torch.tensor([1., 2., 3., 5.])")));
}

}  // namespace
}  // namespace gradus
