// Policies on synthetic pools: they keep to their budgets and rules, and find what is easily found.
#include "ladder/policy.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "ladder/fitness.h"
#include "ladder/simulate.h"
#include "ladder/target.h"

namespace gradus {
namespace {

World easy() {  // rungs agree and runs do not err
  World w;
  w.designs = 64, w.top = 4;
  w.cost = {1, 4, 16}, w.spread = {0.3, 0.2, 0.1}, w.noise = {1e-6, 1e-6, 1e-6};
  w.correlation = 1;
  return w;
}

TEST(Policy, CountsOfTheQuarterRuleAndOfEqualSpending) {
  EXPECT_EQ(quarter_counts(5, 1, 1000), (std::vector<int>{256, 64, 16, 4, 1}));  // Genesys: 14M to 350M
  EXPECT_EQ(quarter_counts(3, 4, 50), (std::vector<int>{50, 16, 4}));
  EXPECT_EQ(cost_of({64, 16, 4}, {1, 4, 16}), 64 + 64 + 64);
  EXPECT_EQ(equal_counts({1, 4, 16}, 1000, 192), (std::vector<int>{64, 16, 4}));
  EXPECT_EQ(equal_counts({1, 4, 16}, 32, 192), (std::vector<int>{32, 16, 4}));
  EXPECT_TRUE(equal_counts({1, 4, 16}, 32, 20).empty());
  // A target that takes more than its share is paid first, the rest is shared below.
  EXPECT_EQ(equal_counts({1, 4, 100}, 1000, 140), (std::vector<int>{20, 5, 1}));
}

TEST(Policy, NoneSpendsMoreThanItsBudgetNorNamesWhatItCouldNotTrain) {
  for (const auto& [name, world] : read_worlds("")) {
    std::vector<double> budgets;
    for (double b : {0.05, 0.3, 1.0})
      budgets.push_back(b * cost_of(quarter_counts(world.rungs(), world.top, world.designs), world.cost));
    for (const Policy& policy : policies()) {
      if (policy.name == "reference") continue;
      const Pool pool(world, 3);
      const auto picks = policy.play(pool, budgets, 3);
      ASSERT_EQ(picks.size(), budgets.size());
      for (size_t i = 0; i < picks.size(); ++i) {
        EXPECT_LE(picks[i].cost, budgets[i] + 1e-9) << name << " " << policy.name;
        if (budgets[i] < world.cost.back()) {
          EXPECT_EQ(picks[i].design, -1) << name << " " << policy.name;
        }
      }
    }
  }
}

TEST(Policy, TheLadderPoliciesFindTheBestWhereRunsTellTheTruth) {
  const World w = easy();
  const double budget = cost_of(quarter_counts(3, 4, 64), w.cost);
  for (const Policy& policy : policies()) {
    int found = 0;
    for (uint64_t key = 0; key < 20; ++key) {
      const Pool pool(w, key);
      found += policy.play(pool, {budget}, key)[0].design == pool.best();
    }
    if (policy.name == "random")
      EXPECT_LT(found, 10);  // of 20
    else
      EXPECT_GE(found, policy.name == "asha" ? 12 : 18) << policy.name << " " << found;
  }
}

TEST(Policy, TheReferenceSpendsWhatItsCountsSay) {
  const World w = easy();
  EXPECT_NEAR(play_reference(Pool(w, 5), 5).cost, 192, 1e-9);
}

TEST(Policy, OursNeedsLessThanHalvingWhereSeedsDiffer) {
  World w = read_worlds("").at("wild");
  const auto curves = simulate("wild", w, 40, {"halving", "ours"});
  ASSERT_EQ(curves.size(), 2u);
  const auto at = [](const Curve& c, double budget) {
    for (const CurvePoint& p : c.points)
      if (std::abs(p.budget - budget) < 0.05) return p.regret.value;
    return -1.0;
  };
  EXPECT_LT(at(curves[1], 1), 0.7 * at(curves[0], 1));
  EXPECT_LT(curves[1].reach.value, 0.5);
  EXPECT_LE(curves[1].reach.low, curves[1].reach.value);
  EXPECT_GE(curves[1].reach.high, curves[1].reach.value);
}

TEST(Policy, SimulationsRepeatExactly) {
  World w = easy();
  w.noise = {0.1, 0.1, 0.05};
  const auto a = simulate("a", w, 10, {}), b = simulate("a", w, 10, {});
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < a[i].points.size(); ++j) {
      EXPECT_EQ(a[i].points[j].regret.value, b[i].points[j].regret.value);
      EXPECT_EQ(a[i].points[j].regret.low, b[i].points[j].regret.low);
    }
}

TEST(Policy, SummaryTakesTheMiddleAndTheWorst) {
  std::vector<Curve> curves;
  for (double reach : {0.5, 2.0, 0.7, 0.9})
    curves.push_back({"w" + std::to_string(curves.size()), "ours", {}, {reach, 0, 0}});
  const Summary s = summarize(curves, "ours");
  EXPECT_DOUBLE_EQ(s.median, 0.8);
  EXPECT_DOUBLE_EQ(s.worst, 2);
  EXPECT_EQ(s.losses, std::vector<std::string>{"w1"});
}

TEST(Policy, AHundredThousandDesignsArePlayed) {
  World w = read_worlds("").at("ladder");
  w.designs = 100000, w.top = 400;
  const Pool pool(w, 1);
  const double budget = cost_of(quarter_counts(w.rungs(), w.top, w.designs), w.cost);
  const auto picks = play_ours(pool, {budget}, 1);
  EXPECT_LT(pool.regret(picks[0].design), w.spread.back());  // the best stands 4.3 spreads above the middle
}

// Target model -------------------------------------------------------------------------------------------------------

std::vector<Climb> climbs_of(const World& w, const Pool& pool, int seeds, int upper) {
  std::vector<Climb> climbs;
  for (int i = 0; i < pool.size(); ++i) {
    Climb c(size_t(w.rungs()));
    for (int s = 0; s < seeds; ++s) {
      const Shown shown = pool.run(i, 0, s);
      c[0].add(shown.lead, shown.half_lead);
    }
    climbs.push_back(c);
  }
  // Only the best climb, as on a ladder.
  std::vector<int> order(climbs.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = int(i);
  for (int k = 1; k < w.rungs(); ++k, upper /= 3) {
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return climbs[size_t(a)][size_t(k) - 1].lead > climbs[size_t(b)][size_t(k) - 1].lead;
    });
    order.resize(size_t(upper));
    for (int i : order) {
      const Shown shown = pool.run(i, k, 0);
      climbs[size_t(i)][size_t(k)].add(shown.lead, shown.half_lead);
    }
  }
  return climbs;
}

TEST(Target, LearnsNoiseAndAgreementFromASelectedFew) {
  World w;
  w.designs = 2000, w.top = 1;
  w.cost = {1, 4, 16}, w.spread = {0.3, 0.2, 0.1}, w.noise = {0.1, 0.05, 0.02};
  for (double agreement : {0.36, 0.81}) {  // .6 and .9 from rung to rung
    w.correlation = agreement;
    const Pool pool(w, 11);
    TargetModel model(3);
    model.fit(climbs_of(w, pool, 2, 600));
    EXPECT_NEAR(model.noise(0), 0.1, 0.01);
    EXPECT_NEAR(model.correlation(0), std::sqrt(agreement), 0.1);
    EXPECT_NEAR(model.correlation(1), std::sqrt(agreement), 0.15);
  }
}

TEST(Target, OutlooksAreCalibrated) {
  World w;
  w.designs = 2000, w.top = 1;
  w.cost = {1, 4, 16}, w.spread = {0.3, 0.2, 0.1}, w.noise = {0.1, 0.05, 0.02};
  w.correlation = 0.6;
  const Pool pool(w, 12);
  TargetModel model(3);
  const auto climbs = climbs_of(w, pool, 2, 600);
  model.fit(climbs);
  int inside = 0;
  for (int i = 0; i < pool.size(); ++i) {
    const TargetLead o = model.lead(climbs[size_t(i)]);
    inside += std::abs(pool.truth(i) - o.mean) < 1.645 * o.deviation;
  }
  EXPECT_NEAR(inside / 2000.0, 0.9, 0.06);  // of intervals of 90 %
}

TEST(Target, FastLearnersAreSeenThrough) {
  World w = easy();
  w.designs = 2000, w.correlation = 0.8, w.fast = 0.5, w.fast_lead = 2;
  const Pool pool(w, 13);
  TargetModel model(3);
  const auto climbs = climbs_of(w, pool, 1, 900);
  model.fit(climbs);
  Climb slow(3), fast(3);
  slow[0].add(0.3, 0.3), fast[0].add(0.3, 0.45);  // the same lead at the end; one is shrinking
  EXPECT_GT(model.lead(slow).mean, model.lead(fast).mean + 0.005);
}

TEST(Target, ARunSettlesWhatItsNoiseLeaves) {
  // One rung: prior variance V, noise s²; a run leaves V s² / (V + s²), so it settles V / (V + s²) of V.
  World w = easy();
  w.designs = 500, w.noise = {0.3, 0.2, 0.1};
  const Pool pool(w, 14);
  TargetModel model(3);
  model.fit(climbs_of(w, pool, 3, 100));
  const std::vector<double> cost{1, 4, 16};
  Climb none(3), once(3);
  once[0].add(0.1, 0.1);
  const Step first = model.next_step(none, cost);
  EXPECT_EQ(first.rung, 0);
  EXPECT_GT(first.worth, 0);
  const double before = model.lead(none).deviation, after = model.lead(once).deviation;
  EXPECT_NEAR(first.worth, 1 - after * after / (before * before), 1e-9);
  Climb full(3);
  for (auto& s : full)
    for (int i = 0; i < kMostSeeds; ++i) s.add(0.1, 0.1);
  EXPECT_EQ(model.next_step(full, cost).rung, -1);
}

TEST(Target, ExpectedImprovementAgainstItsIntegral) {
  // E max(0, N(m, s²) - b) by the trapezoid rule
  const double m = 0.2, s = 0.5, b = 0.6;
  double sum = 0;
  for (double z = -8; z < 8; z += 1e-4)
    sum += 1e-4 * std::max(0.0, m + s * z - b) * std::exp(-z * z / 2) / std::sqrt(2 * M_PI);
  EXPECT_NEAR(expected_improvement(m, s, b), sum, 1e-6);
  EXPECT_EQ(expected_improvement(0.7, 0, 0.6), 0.7 - 0.6);
}

}  // namespace
}  // namespace gradus
