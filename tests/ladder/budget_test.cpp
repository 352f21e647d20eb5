// Spending of a made-up experiment, and what it allows.
#include "ladder/budget.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/ledger.h"
#include "design/forecast.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;

Spending designs_at(std::vector<int> designs, double cap) {
  Spending s{"designs", cap, 0, 0, 0, 0, {}};
  for (int n : designs) s.rungs.push_back({"rung", n, 0, 0, 1});
  return s;
}

TEST(Budget, QuartersAreHandedOutAsTheRungBelowIsUsed) {
  EXPECT_EQ(quarter_allowance(designs_at({3, 0, 0}, 0), 1), 0);
  EXPECT_EQ(quarter_allowance(designs_at({4, 0, 0}, 0), 1), 1);
  EXPECT_EQ(quarter_allowance(designs_at({100, 20, 0}, 0), 1), 5);
  EXPECT_EQ(quarter_allowance(designs_at({100, 30, 0}, 0), 1), 0);  // more than its share is used
  EXPECT_EQ(quarter_allowance(designs_at({100, 20, 2}, 0), 2), 3);
}

TEST(Budget, CapsOfDesignsAreTheReferences) {
  // 256 at the lowest: 64, 16, 4, 1 above.
  EXPECT_EQ(allowance(designs_at({250, 0, 0, 0, 0}, 256), 0, 1), 6);
  EXPECT_EQ(allowance(designs_at({250, 60, 0, 0, 0}, 256), 1, 1), 4);
  EXPECT_EQ(allowance(designs_at({250, 60, 16, 0, 0}, 256), 2, 1), 0);
  // The last rung opens when those below are spent.
  EXPECT_EQ(allowance(designs_at({256, 64, 15, 4, 0}, 256), 4, 1), 0);
  EXPECT_EQ(allowance(designs_at({256, 64, 16, 4, 0}, 256), 4, 1), 1);
  EXPECT_EQ(allowance(designs_at({10, 0}, 40), 1, 1), 10);  // of two rungs the upper is open
  EXPECT_EQ(allowance(designs_at({10, 0}, 0), 1, 1), std::nullopt);
}

TEST(Budget, FlopsAllowWhatIsLeft) {
  Spending s{"flops", 100, 40, 20, 0, 0, {{"low", 0, 0, 0, 1}, {"high", 0, 0, 0, 7}}};
  EXPECT_EQ(allowance(s, 1, 2), 2);  // 40 left, 14 each
  EXPECT_EQ(allowance(s, 0, 1), 40);
  s.committed = 70;
  EXPECT_EQ(allowance(s, 0, 1), 0);
  s.unit = "gpu_hours", s.committed = 20;
  EXPECT_EQ(allowance(s, 1, 2), std::nullopt);  // no rate was measured
  s.hours_per_flop = 2;
  EXPECT_EQ(allowance(s, 1, 2), 1);
}

class BudgetFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    root = fs::temp_directory_path() / ("gradus-budget-" + std::to_string(::getpid()));
    fs::remove_all(root);
    Settings settings;
    settings.rungs = {"pico", "pico2"};
    settings.scales = {{"pico", Scale{}}, {"pico2", Scale{}}};
    settings.rules.budget.unit = "flops", settings.rules.budget.cap = 1e15;
    FieldWriter writer;
    settings.fields(writer);
    write_file(root / "experiment.yaml", to_yaml(writer.node));
  }
  void TearDown() override { fs::remove_all(root); }
  void decide(int generation, const std::string& stage, const std::vector<Chosen>& chosen) {
    Selection s;
    s.generation = generation, s.stage = stage, s.chosen = chosen;
    write_yaml(Experiment(root).selection(generation, stage), s);
    for (const Chosen& c : chosen) fs::create_directories(Experiment(root).directory(*DesignName::parse(c.design)));
  }
  void train(const DesignName& d, const RunName& run, double flops) {
    RunResult result;
    result.verdict = "diverged", result.flops = flops;
    write_yaml(Experiment(root).run_directory(d, run) / "pretrain.yaml", result);
  }
  Path root;
};

TEST_F(BudgetFiles, CountsWhatIsAskedSettledAndOpen) {
  const Experiment e(root);
  decide(1, "pico",
         {{"g000-000", "baseline", {"pico-s0-lr1"}},
          {"g001-000", "candidate", {"pico-s0-lr1", "pico-s0-lr3"}},
          {"g001-001", "candidate", {"pico-s0-lr1"}}});
  decide(1, "pico-seeds", {{"g001-000", "candidate", {"pico-s1-lr1"}}});
  decide(1, "pico2", {{"g001-000", "candidate", {"pico2-s0-lr1"}}});
  train({1, 0}, {"pico", 0, 1}, 3e14), train({0, 0}, {"pico", 0, 1}, 1e14);
  append_ledger(root, {"g001-000", "pretrain", "no", "", "", 0, 0, 1800});
  append_ledger(root, {"g001-000", "review", "ok", "", "", 0, 0, 9999});
  const Spending s = read_spending(e);
  ASSERT_EQ(s.rungs.size(), 2u);
  EXPECT_EQ(s.rungs[0].designs, 2);
  EXPECT_EQ(s.rungs[0].runs, 2);
  EXPECT_EQ(s.rungs[0].open, 3);
  EXPECT_EQ(s.rungs[1].designs, 1);
  const double run = 3 * seed_forward_flops(e.scale("pico")) * double(e.scale("pico").tokens);
  EXPECT_DOUBLE_EQ(s.rungs[0].run_flops, run);
  EXPECT_DOUBLE_EQ(s.spent, 4e14);
  EXPECT_DOUBLE_EQ(s.committed, 4 * run);
  EXPECT_DOUBLE_EQ(s.left(), 1e15 - 4e14 - 4 * run);
  EXPECT_DOUBLE_EQ(s.hours_per_flop, 0.5 / 4e14);
  EXPECT_NE(describe(s).find("budget: 2 designs at pico (3 runs open), 1 at pico2 (1 runs open); 4e+14 FLOP spent, "),
            std::string::npos)
      << describe(s);
  EXPECT_NE(describe(s).find("left of 1e+15"), std::string::npos) << describe(s);
  EXPECT_DOUBLE_EQ(s.generation, forecast_generation(e.settings(), 1).flops);
  EXPECT_NE(describe(s).find("; a generation takes about "), std::string::npos) << describe(s);
  // As if the decision were not there yet.
  EXPECT_EQ(read_spending(e, {1, "pico2"}).rungs[1].designs, 0);
}

}  // namespace
}  // namespace gradus
