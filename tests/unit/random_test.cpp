#include "tensor_fixture.h"

namespace gradus {
namespace {

TEST_F(TensorTest, DrawsAreAFunctionOfScopeAndNumber) {
  run("pass");
  exchange_random_scope(in, {42, 0});
  std::string one = text("out = [torch.randn(3).tolist(), nn.Linear(3, 2).weight.tolist()]");
  RandomScope left = exchange_random_scope(in, {42, 0});
  EXPECT_EQ(left.key, 42u);
  EXPECT_GT(left.draws, 1u);
  EXPECT_EQ(text("out = [torch.randn(3).tolist(), nn.Linear(3, 2).weight.tolist()]"), one);
  exchange_random_scope(in, {43, 0});
  EXPECT_NE(text("out = [torch.randn(3).tolist(), nn.Linear(3, 2).weight.tolist()]"), one);
  // Draw 1 is the same whatever draw 0 was.
  exchange_random_scope(in, {42, 0});
  std::string second = text("torch.rand(1000)\nout = torch.randn(3).tolist()");
  exchange_random_scope(in, {42, 0});
  EXPECT_EQ(text("torch.bernoulli(torch.ones(2) / 2)\nout = torch.randn(3).tolist()"), second);
}

TEST_F(TensorTest, SeedingDoesNotReachTheStream) {
  run("pass");
  exchange_random_scope(in, {7, 0});
  std::string one = text("torch.manual_seed(1)\nout = torch.rand(2).tolist()");
  exchange_random_scope(in, {7, 0});
  EXPECT_EQ(text("torch.manual_seed(2)\nout = torch.rand(2).tolist()"), one);
}

TEST_F(TensorTest, OwnGeneratorsAreTheUnitsAffair) {
  EXPECT_EQ(text("g = torch.Generator().manual_seed(7)\na = torch.rand(2, generator=g)\nh = "
                 "torch.Generator()\nh.manual_seed(7)\nout = bool((a == torch.rand(2, generator=h)).all())"),
            "True");
}

TEST_F(TensorTest, DropoutDrawsInTraining) {
  EXPECT_EQ(text("d = nn.Dropout(0.5)\nx = torch.ones(1000)\nout = [d.eval()(x).sum().item(), 300 < (d.train()(x) == "
                 "0).sum().item() < 700]"),
            "[1000.0, True]");
}

}  // namespace
}  // namespace gradus
