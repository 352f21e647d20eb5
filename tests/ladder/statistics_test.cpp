#include "ladder/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "ladder/duel.h"

namespace gradus {
namespace {

TEST(Statistics, MomentsByHand) {
  const std::vector<double> v{1, 2, 4};  // mean 7/3; deviations² 16/9 + 1/9 + 25/9 = 42/9; /2 = 7/3
  const Moments m = moments(v);
  EXPECT_EQ(m.n, 3);
  EXPECT_NEAR(m.mean, 7.0 / 3, 1e-15);
  EXPECT_NEAR(m.variance, 7.0 / 3, 1e-15);
  EXPECT_EQ(moments(std::vector<double>{5}).variance, 0);
}

TEST(Statistics, StudentAgainstTables) {
  EXPECT_NEAR(student_quantile(0.95, 1), 6.3138, 1e-4);
  EXPECT_NEAR(student_quantile(0.95, 3), 2.3534, 1e-4);
  EXPECT_NEAR(student_quantile(0.975, 10), 2.2281, 1e-4);
  EXPECT_NEAR(student_tail(2.3534, 3), 0.05, 1e-5);
}

// E(t, n) as the ratio of the two marginal likelihoods of the t-statistic, by integrating the noncentral effect.
double evidence_by_integration(double t, int n) {
  const double nu = n - 1, mean_root = std::sqrt(n);
  auto density = [&](double effect) {  // of t given the effect, up to a constant: ∫ s^ν exp(-s²/2 - ...) form
    const double shift = effect * mean_root;
    double sum = 0;
    const double h = 0.002;
    for (double w = h / 2; w < 12; w += h)  // w = s/σ·√ν ~ χ_ν; t·w/√ν ~ N(shift, 1)
      sum += h * std::pow(w, nu) * std::exp(-w * w / 2 - std::pow(t * w / std::sqrt(nu) - shift, 2) / 2);
    return sum;
  };
  double marginal = 0;
  const double h = 0.02;
  for (double d = -25; d < 25; d += h)
    marginal +=
        h * density(d + h / 2) * std::exp(-std::pow((d + h / 2) / kEffect, 2) / 2) / (kEffect * std::sqrt(2 * M_PI));
  return marginal / density(0);
}

TEST(Statistics, EvidenceIsTheBayesFactor) {
  for (const auto& [t, n] : {std::pair{2.0, 4}, {5.0, 4}, {0.0, 3}})
    EXPECT_NEAR(sequential_evidence(t, n) / evidence_by_integration(t, n), 1, 1e-3) << t << " " << n;
}

TEST(Statistics, CriticalValueIsWhereTheEvidenceIs) {
  for (int n : {3, 4, 6, 12}) EXPECT_NEAR(sequential_evidence(sequential_critical_t(n, 10), n), 10, 1e-9);
  EXPECT_TRUE(std::isinf(sequential_critical_t(2, 10)));
}

TEST(Duel, NamesTheWinnerAndStopsThere) {
  const Duel better = judge_duel(std::vector<double>{0.10, 0.11, 0.105, 0.10, -5});
  EXPECT_EQ(better.outcome, Outcome::kBeats);
  EXPECT_EQ(better.pairs, 3);
  EXPECT_NEAR(better.difference, 0.105, 1e-12);
  EXPECT_LE(better.p, 0.05);
  EXPECT_GT(better.difference, better.half_width);
  EXPECT_EQ(judge_duel(std::vector<double>{-0.10, -0.11, -0.105}).outcome, Outcome::kLoses);
}

TEST(Duel, TwoPairsAreNotEnough) {
  EXPECT_EQ(judge_duel(std::vector<double>{0.1, 0.1}).outcome, Outcome::kUndecided);
  EXPECT_EQ(judge_duel({}).outcome, Outcome::kUndecided);
  EXPECT_EQ(judge_duel(std::vector<double>{0, 0, 0, 0}).outcome, Outcome::kUndecided);
}

// The A/A property at every look: 20,000 plays of up to 12 pairs each; the rate must not exceed 5 % by 3 SE.
TEST(Duel, EqualArmsSayBeatsInAtMostFivePercent) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal(0, 0.01);
  const int plays = 20'000;
  int beats = 0, loses = 0;
  for (int play = 0; play < plays; ++play) {
    std::vector<double> differences(12);
    for (double& d : differences) d = normal(random) - normal(random);
    const Outcome outcome = judge_duel(differences).outcome;
    beats += outcome == Outcome::kBeats, loses += outcome == Outcome::kLoses;
  }
  const double allowance = 3 * std::sqrt(0.05 * 0.95 / plays);
  EXPECT_LE(double(beats) / plays, 0.05 + allowance);
  EXPECT_LE(double(loses) / plays, 0.05 + allowance);
}

TEST(Duel, FindsADifferenceOfThreeDeviations) {
  std::mt19937_64 random(2);
  std::normal_distribution<double> normal(0.03 * std::sqrt(2), 0.01 * std::sqrt(2));
  int beats = 0;
  for (int play = 0; play < 1000; ++play) {
    std::vector<double> differences(8);
    for (double& d : differences) d = normal(random);
    beats += judge_duel(differences).outcome == Outcome::kBeats;
  }
  EXPECT_GE(beats, 900);
}

}  // namespace
}  // namespace gradus
