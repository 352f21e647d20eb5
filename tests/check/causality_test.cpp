#include "check/causality.h"

#include "block_fixture.h"
#include "check/batch.h"
#include "check/blame.h"
#include "check/plan.h"

namespace gradus {
namespace {

constexpr double kTolerance = 1e-9;

/// The largest severity over the passes of the plan that cost little at this shape; above 1: refused.
Leak worst_of(const std::string& forward, const std::string& init = "", const std::string& head = "") {
  const BlockFixture block(block_source(forward, init, head));
  Subject opened(*block.recipe, Subject::Weights::kOpened), initial(*block.recipe, Subject::Weights::kInitial),
      scrambled(*block.recipe, Subject::Weights::kScrambled);
  const CallCost cost(cost_at(opened, 32), cost_at(opened, 64));
  Leak worst;
  for (const Pass& pass :
       causality_passes({opened, initial, scrambled}, cost, 64, source_literals(block.design, *block.units, 128),
                        kTolerance, block.recipe->key, 1e11, false)) {
    worst.take(pass.run());
    if (worst.severity > 1) break;
  }
  return worst;
}

void expect_honest(const std::string& forward, const std::string& init = "") {
  const Leak leak = worst_of(forward, init);
  EXPECT_LE(leak.severity, 1) << forward << leak.how << " " << leak.size;
}
void expect_leak(const std::string& forward, const std::string& init = "", const std::string& head = "") {
  EXPECT_GT(worst_of(forward, init, head).severity, 1) << forward;
}

TEST(Causality, HonestBlocksAreBelowTheTolerance) {
  expect_honest("        return x + self.mlp(x)\n");
  expect_honest("        return x + self.mlp(x).cumsum(1) / torch.arange(1, T + 1).view(1, T, 1)\n");
  expect_honest("        return x + self.gate * torch.logcumsumexp(self.mlp(x), 1)\n");
  expect_honest("        return x + self.gate * F.pad(self.mlp(x), (0, 0, 1, -1)) + x.cummax(1).values * self.gate\n");
  expect_honest(
      "        f = torch.fft.rfft(self.mlp(x), n=2 * T, dim=1) * torch.fft.rfft(torch.ones(T, 1), n=2 * T, dim=0)\n"
      "        return x + self.gate * torch.fft.irfft(f, n=2 * T, dim=1)[:, :T]\n");
  expect_honest("        return x + F.dropout(self.mlp(x), 0.5, self.training).float()\n");
  expect_honest(
      "        keep = torch.rand(B, 1, 1) < 0.5 if self.training else 1\n        return x + keep * self.mlp(x)\n");
}

TEST(Causality, LeaksOfStrengthOneThousandthAreFound) {
  for (const char* cheat : {"h.mean(1, True)", "h.pow(2).mean(1, True)", "h.abs().amax(1, True)", "h.flip(1)",
                            "h.sort(1).values", "torch.fft.irfft(torch.fft.rfft(h, dim=1) * 2, n=T, dim=1).roll(-1, 1)",
                            "F.pad(h, (0, 0, 0, 1))[:, 1:]", "h / T", "h.flip(1).cumsum(1).flip(1)"})
    expect_leak(std::string("        h = self.mlp(x)\n        return x + h + 1e-3 * self.gate * ") + cheat + "\n");
}

TEST(Causality, ALeakThatOpensOnlySomewhereIsFound) {
  const std::string next = "F.pad(x, (0, 0, 0, 1))[:, 1:]", y = "        y = x + self.mlp(x) + self.gate * x\n";
  auto only = [&](const std::string& where) {
    expect_leak(y + "        if " + where + ":\n            y = y + 1e-3 * " + next + "\n        return y\n");
  };
  only("self.training");
  only("not self.training");
  only("torch.is_grad_enabled()");
  only("not torch.is_grad_enabled()");
  only("x.dtype == torch.float32");
  only("B == 1");
  only("T > 100");
  only("T == self.context");
  only("self.layer == self.n_layers - 1");
  only("x.abs().max() > 60");
  only("x.abs().max() < 1");
  only("(x[:, 1:] == x[:, :-1]).all(-1).any()");
  expect_leak(
      y + "        return torch.cat((y[:, :40], y[:, 40:41] + 1e-3 * x[:, 41:42], y[:, 41:]), 1) if T > 41 else y\n");
  expect_leak(y + "        return y + 1e-3 * (x.sum((1, 2), True) > 0)\n");
}

TEST(Causality, AnOverflowHidesNoLeak) {
  // Futures x100 turn the past into NaN, which is a warning; what the others show must be seen all the same.
  expect_leak(
      "        y = x + self.mlp(x) + self.gate * x\n        h = x.abs().amax((1, 2), True)\n"
      "        return y + 1e-3 * torch.where(h > 50, h * float('nan'), h)\n");
}

TEST(Causality, AGradientThatSeesTheFutureIsFound) {
  const std::string head =
      "\n\nclass Peek(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x, w):\n"
      "        ctx.save_for_backward(x, w)\n        return x * w\n\n    @staticmethod\n    def backward(ctx, g):\n"
      "        x, w = ctx.saved_tensors\n        return g * w, (g * x).sum((0, 1)) + 1e-3 * x.mean((0, 1))\n";
  const Leak leak = worst_of("        return x + self.mlp(x) + Peek.apply(x, self.gate)\n", "", head);
  EXPECT_GT(leak.severity, 1);
  EXPECT_NE(leak.how.find("gate learns"), std::string::npos) << leak.how;
}

TEST(Batch, RowsAreIndependent) {
  auto worst = [](const std::string& forward, Mode mode) {
    const BlockFixture block(block_source(forward));
    Subject subject(*block.recipe, Subject::Weights::kOpened);
    return try_batch(subject, mode, 12, kTolerance, 1).severity;
  };
  EXPECT_LE(worst("        return x + self.mlp(x) + self.gate * x.cumsum(1)\n", {}), 1);
  EXPECT_GT(worst("        return x + self.mlp(x) + 1e-3 * x.mean(0, True)\n", {}), 1);
  EXPECT_GT(worst("        return x + self.mlp(x) * (1 + 1e-3 * (B > 2))\n", {}), 1);
  const std::string in_training =
      "        y = x + self.mlp(x)\n        return y - 1e-3 * y.mean((0, 1)) if self.training else y\n";
  EXPECT_LE(worst(in_training, {}), 1);
  EXPECT_GT(worst(in_training, {true, true}), 1);
}

TEST(Cuts, EdgesOfChunksAndLiteralsAreAmongThem) {
  const auto cuts = edge_cuts(128, {100}, 40, 3);
  EXPECT_EQ(cuts.size(), 40u);
  EXPECT_TRUE(std::is_sorted(cuts.begin(), cuts.end()));
  EXPECT_GE(cuts.front(), 1);
  EXPECT_LT(cuts.back(), 128);
  for (int64_t wanted : {32, 64, 100, 127}) EXPECT_TRUE(std::count(cuts.begin(), cuts.end(), wanted)) << wanted;
}

TEST(Blame, TheUnitIsNamedFromInsideTheModel) {
  UnitStore units;
  Design design = gpt2_seed();
  const BlockFixture block(
      "import torch\nimport torch.nn as nn\n\n\nclass Turn(nn.Module):\n    KIND = \"function\"\n    OUT = [\"q\", "
      "\"k\"]\n\n"
      "    def __init__(self, dim):\n        super().__init__()\n\n"
      "    def forward(self, q, k):\n        return q + 1e-3 * k.flip(-2), k\n");
  design.root.slots.at("mixer").slots.at("rotary") = block.design.root;
  const Recipe recipe{design, *block.units, Shape{16, 2, 32, 64}, 1, 5};
  Subject subject(recipe, Subject::Weights::kOpened);
  const Leak leak = try_cuts(subject, {.cuts = {5, 20, 60}}, 1);
  ASSERT_GT(leak.severity, 1);
  const Blame found = blame_leak(subject, leak);
  EXPECT_EQ(found.slot, "mixer.rotary");
  EXPECT_NE(found.where.find("block 0, Turn"), std::string::npos) << found.where;
}

}  // namespace
}  // namespace gradus
