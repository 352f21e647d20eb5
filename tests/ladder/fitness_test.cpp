#include "ladder/fitness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <sstream>

#include "base/file.h"
#include "base/rng.h"

namespace gradus {
namespace {

const std::vector<Budget> kBudgets{
    {"nano at half", 0, false}, {"nano", 0, true}, {"micro at half", 1, false}, {"micro", 1, true}};

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string field; std::getline(stream, field, by);) out.push_back(field);
  return out;
}
std::vector<std::vector<std::string>> cases(const std::string& kind) {
  std::vector<std::vector<std::string>> out;
  for (const std::string& line : read_lines(Path(std::getenv("GRADUS_SOURCE")) / "tests/ladder/agreement.tsv"))
    if (line.rfind(kind + "\t", 0) == 0) out.push_back(split(line, '\t'));
  EXPECT_FALSE(out.empty());
  return out;
}

TEST(Fitness, ProbabilityOfBeingBestIsThatOfScipy) {
  for (const auto& f : cases("best")) {
    const auto mean = split(f[2], ','), deviation = split(f[3], ','), wanted = split(f[4], ',');
    std::vector<Belief> beliefs;
    for (size_t i = 0; i < mean.size(); ++i) beliefs.push_back({std::stod(mean[i]), std::stod(deviation[i])});
    const auto p = probability_best(beliefs);
    for (size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], std::stod(wanted[i]), 2e-5) << f[1] << " " << i;
  }
}

TEST(Fitness, ExpectedImprovementIsThatOfScipy) {
  for (const auto& f : cases("improvement"))
    EXPECT_NEAR(expected_improvement(std::stod(f[2]), std::stod(f[3]), std::stod(f[4])), std::stod(f[5]), 1e-9);
  EXPECT_EQ(expected_improvement(1, 0, 0.5), 0.5);
}

TEST(Fitness, AKnownReferenceCompetesToo) {
  const std::vector<Belief> beliefs{{0, 1e-6}, {0, 0.1}, {-1, 0.1}};
  const auto p = probability_best(beliefs);
  EXPECT_NEAR(p[0], 0.5, 0.01);
  EXPECT_NEAR(p[1], 0.5, 0.01);
  EXPECT_NEAR(p[2], 0, 1e-9);
  EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-12);
}

/// Two numbers by hand: θ ~ N(0, [[1, .8], [.8, 1]]), y_1 = 2 with error 1: V = 2; mean .8 · 2/2, variance 1 - .64/2.
TEST(Fitness, ABeliefIsTheConditionalNormal) {
  Population p{2, {}, {}, independent_noise(), {}};
  p.covariance[0][0] = p.covariance[1][1] = 1, p.covariance[0][1] = p.covariance[1][0] = 0.8;
  Looks d;
  d.lead[0] = 2, d.error[0] = 1;
  const Belief b = believe(p, d, 1);
  EXPECT_NEAR(b.mean, 0.8, 1e-12);
  EXPECT_NEAR(b.deviation, std::sqrt(0.68), 1e-12);
  EXPECT_NEAR(believe(p, Looks{}, 1).deviation, 1, 1e-12);
  // A look at the target itself with error 1: variance .68 falls to .68 · 1/(1.68), so the mean moves by √(.68²/1.68).
  EXPECT_NEAR(movement(p, d, 1, 1, 1), 0.68 / std::sqrt(1.68), 1e-12);
  Looks both = d;
  both.lead[1] = 0, both.error[1] = 1;
  const double left = believe(p, both, 1).deviation;
  EXPECT_NEAR(0.68 - left * left, 0.68 * 0.68 / 1.68, 1e-12);
}

struct World {
  std::vector<Looks> designs;
  std::vector<double> truth;  // at micro
};

/// True leads at nano N(-.1, .1²) and at micro with correlation `rho` and 0.6 of the spread; half the tokens show the
/// same with a scatter of their own; only the best quarter at nano is seen at micro.
World make_world(int n, double rho, double noise, uint64_t key) {
  Stream draws("world", {key});
  World w;
  std::vector<std::pair<double, size_t>> order;
  for (int i = 0; i < n; ++i) {
    const double a = draws.next_normal(), b = rho * a + std::sqrt(1 - rho * rho) * draws.next_normal();
    const double nano = -0.1 + 0.1 * a, micro = -0.06 + 0.06 * b;
    Looks d;
    const double leads[4] = {nano + 0.03 * draws.next_normal(), nano, micro + 0.02 * draws.next_normal(), micro};
    for (size_t k = 0; k < 4; ++k) d.lead[k] = leads[k] + noise * draws.next_normal(), d.error[k] = noise;
    w.truth.push_back(micro);
    order.emplace_back(d.lead[1], w.designs.size());
    w.designs.push_back(d);
  }
  std::sort(order.begin(), order.end());
  for (size_t i = 0; i < order.size() * 3 / 4; ++i)
    w.designs[order[i].second].error[2] = w.designs[order[i].second].error[3] = 0;
  return w;
}

TEST(Fitness, RungsCorrelationIsLearnedThroughSelectionAndNoise) {
  for (double rho : {0.3, 0.9}) {
    double mean = 0, spread = 0, correlation = 0;
    const int worlds = 10;
    for (int w = 0; w < worlds; ++w) {
      const Population p =
          learn_population(make_world(600, rho, 0.03, uint64_t(w)).designs, kBudgets, independent_noise(), 200);
      correlation += p.correlation(1, 3) / worlds, mean += p.mean[3] / worlds;
      spread += std::sqrt(p.covariance[3][3]) / worlds;
    }
    EXPECT_NEAR(correlation, rho, 0.05);
    EXPECT_NEAR(mean, -0.06, 0.009);
    EXPECT_NEAR(spread, 0.06, 0.006);
  }
}

TEST(Fitness, BeliefsHoldTheTruthAsOftenAsTheySay) {
  int held = 0, all = 0;
  double shrunk = 0, plain = 0;
  for (int w = 0; w < 40; ++w) {
    const World world = make_world(60, 0.7, 0.03, uint64_t(100 + w));
    const Population p = learn_population(world.designs, kBudgets, independent_noise());
    for (size_t i = 0; i < world.designs.size(); ++i) {
      const Belief b = believe(p, world.designs[i], 3);
      held += std::abs(b.mean - world.truth[i]) < 1.645 * b.deviation, ++all;
      if (!world.designs[i].seen(3)) continue;
      shrunk += std::pow(b.mean - world.truth[i], 2), plain += std::pow(world.designs[i].lead[3] - world.truth[i], 2);
    }
  }
  EXPECT_NEAR(double(held) / all, 0.9, 0.03);
  EXPECT_LT(shrunk, 0.75 * plain);  // what the other looks and the population are worth
}

TEST(Fitness, AFewDesignsLeaveThePriorItsSay) {
  const Population p = learn_population({}, kBudgets, independent_noise());
  EXPECT_NEAR(p.correlation(1, 3), kRungCorrelation * kHalfCorrelation, 1e-6);
  const World w = make_world(3, 0.9, 0.01, 5);
  const Population few = learn_population(w.designs, kBudgets, independent_noise());
  EXPECT_GT(few.correlation(1, 3), 0.4);
  EXPECT_GT(few.mean_error[3],
            learn_population(make_world(200, 0.9, 0.01, 5).designs, kBudgets, independent_noise()).mean_error[3]);
  EXPECT_LT(few.correlation(1, 3), 1);
}

TEST(Fitness, ADesignThatStandsForManyCountsSo) {
  World w = make_world(40, 0.7, 0.03, 9);
  std::vector<Looks> twice = w.designs;
  twice.insert(twice.end(), w.designs.begin(), w.designs.end());
  for (Looks& d : w.designs) d.weight = 2;
  const Population a = learn_population(w.designs, kBudgets, independent_noise()),
                   b = learn_population(twice, kBudgets, independent_noise());
  EXPECT_NEAR(a.correlation(1, 3), b.correlation(1, 3), 2e-3);
  EXPECT_NEAR(a.mean[3], b.mean[3], 1e-4);
}

TEST(Fitness, ManyDesignsTakeNoTime) {
  std::vector<Belief> beliefs;
  Stream draws("many", {1});
  for (int i = 0; i < 100'000; ++i) beliefs.push_back({0.05 * draws.next_normal(), 0.03});
  const auto p = probability_best(beliefs);
  EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-9);
  const size_t best = size_t(std::max_element(p.begin(), p.end()) - p.begin());
  const auto highest = std::max_element(beliefs.begin(), beliefs.end(),
                                        [](const Belief& a, const Belief& b) { return a.mean < b.mean; });
  EXPECT_EQ(best, size_t(highest - beliefs.begin()));
}

}  // namespace
}  // namespace gradus
