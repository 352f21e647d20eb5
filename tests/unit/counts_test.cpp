#include "unit/tensor/counts.h"

#include <ATen/ops/empty.h>

#include "tensor_fixture.h"

namespace gradus {
namespace {

class CountsTest : public TensorTest {
 protected:
  double flops(const std::string& body) {
    run("pass");
    Counter c(in);
    run(body);
    return c.total().flops;
  }
};

TEST_F(CountsTest, ByHand) {
  EXPECT_EQ(flops("torch.ones(2, 3) @ torch.ones(3, 5)"), 2 * 2 * 3 * 5);
  EXPECT_EQ(flops("F.linear(torch.ones(7, 3), torch.ones(5, 3), torch.ones(5))"), 2 * 7 * 3 * 5 + 7 * 5);
  EXPECT_EQ(flops("torch.einsum('bij,bjk->bik', torch.ones(2, 3, 4), torch.ones(2, 4, 5))"), 2 * 2 * 3 * 4 * 5);
  EXPECT_EQ(flops("torch.einsum('...i,i->...', torch.ones(2, 3, 4), torch.ones(4))"), 2 * 2 * 3 * 4);
  EXPECT_EQ(flops("torch.bmm(torch.ones(2, 3, 4), torch.ones(2, 4, 5))"), 2 * 2 * 3 * 4 * 5);
  // Depthwise: 4 channels, 3 taps, 8 places kept of 10.
  EXPECT_EQ(flops("F.conv1d(torch.ones(1, 4, 10), torch.ones(4, 1, 3), groups=4)"), 2 * 4 * 8 * 3);
  EXPECT_EQ(flops("torch.ones(6).exp()"), 6);
  EXPECT_EQ(flops("torch.ones(2, 3).view(6).unsqueeze(0).T"), 0);
  EXPECT_EQ(flops("F.scaled_dot_product_attention(*[torch.ones(1, 2, 4, 8)] * 3)"), 2 * 4 * 4 * (2 * 8 + 2 * 8 + 5));
}

TEST_F(CountsTest, ModulesHaveTheirShare) {
  run("m = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))");
  Value m = name("m");
  Counter c(in);
  in.invoke(m, {from_tensor(at::empty({3, 4}, at::kFloat).fill_(1))});
  EXPECT_EQ(c.by_module().at("Sequential").flops, c.total().flops);
  EXPECT_EQ(c.by_module().at("Sequential/Linear").calls, 2);
  EXPECT_EQ(c.total().flops, 3.0 * (2 * 4 * 8 + 8 + 2 * 8 * 2 + 2));
}

// 1,024 floats are 4,096 bytes; a number in an expression is a tensor of its own for a moment.
TEST_F(CountsTest, PeaksOfLiveMemory) {
  run("class M(nn.Module):\n"
      "  def forward(self, x):\n"
      "    with torch.no_grad():\n"
      "      y = x + 1\n"     // 1 live
      "      y = y * 2\n"     // 2 while it is made
      "      z = y - 1\n"     // 2
      "      return y + z\n"  // 3
      "class Twice(nn.Module):\n"
      "  def __init__(self):\n"
      "    super().__init__()\n"
      "    self.m = M()\n"
      "  def forward(self, x):\n"
      "    return self.m(x) + self.m(x)\n"
      "m = Twice()");
  const at::Tensor x = at::empty({1024}, at::kFloat).fill_(1);
  const Counter c(in);
  const Value y = in.invoke(name("m"), {from_tensor(x)});
  EXPECT_NEAR(double(c.by_module().at("Twice/M").peak_bytes), 3 * 4096, 64);
  EXPECT_NEAR(double(c.by_module().at("Twice").peak_bytes), 4 * 4096, 64);
  EXPECT_NEAR(double(c.by_operator().at("add").peak_bytes), 4096, 64);
  EXPECT_NEAR(double(c.memory().live()), 4096, 64);
  EXPECT_NEAR(double(c.memory().peak()), 4 * 4096, 64);
}

}  // namespace
}  // namespace gradus
