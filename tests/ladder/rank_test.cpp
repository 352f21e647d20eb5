#include "ladder/rank.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"
#include "ladder/promote.h"

namespace gradus {
namespace {

constexpr double kLow = 1.0 / 3;

RunScore run(int64_t seed, double multiplier, double bits, double confirmation = 0) {
  RunScore r{RunName{"nano", seed, multiplier}};
  r.validation = bits, r.confirmation = confirmation == 0 ? bits : confirmation, r.untrained = 8,
  r.parameters = 330'000, r.tokens = 512'000;
  return r;
}
RunScore diverged(int64_t seed, double multiplier) {
  RunScore r{RunName{"nano", seed, multiplier}, true};
  return r;
}

const DesignName kBase{0, 0}, kGood{1, 0}, kSame{1, 1}, kWild{1, 2}, kUntrained{1, 3};

Arms example() {
  Arms arms;
  arms[kBase] = {
      kBase, {run(0, kLow, 2.60), run(0, 1, 2.50), run(0, 3, 2.55), run(1, 1, 2.51), run(2, 1, 2.49), run(3, 1, 2.50)}};
  arms[kGood] = {kGood, {run(0, kLow, 2.45), run(0, 1, 2.42), run(0, 3, 2.30), run(1, 3, 2.31)}};
  arms[kSame] = {kSame, {run(0, kLow, 2.60), run(0, 1, 2.50), run(0, 3, 2.60), run(1, 1, 2.50)}};
  arms[kWild] = {kWild, {diverged(0, kLow), diverged(0, 1), diverged(0, 3)}};
  return arms;
}

TEST(Rank, EachArmCountsAtItsOwnBestRate) {
  const Arms arms = example();
  EXPECT_EQ(arms.at(kBase).best_multiplier(), 1);
  EXPECT_EQ(arms.at(kGood).best_multiplier(), 3);
  const Standings s = rank_arms("nano", arms, {kBase}, {}, 0.9, std::nullopt);
  const Standing& good = *s.find(kGood);
  // Seed 0: 2.50 - 2.30, seed 1: 2.51 - 2.31.
  EXPECT_NEAR(good.difference, 0.20, 1e-12);
  EXPECT_EQ(good.pairs, 2);
  EXPECT_EQ(good.rates_tried, 3);
  EXPECT_NEAR(s.reference_bits_per_byte, 2.50, 1e-12);
}

TEST(Rank, NoiseComesFromTheRepeatedBaseline) {
  const Standings s = rank_arms("nano", example(), {kBase}, {}, 0.9, std::nullopt);
  // 2.50 2.51 2.49 2.50: variance 2e-4/3. Designs: spreads 5e-5 and 0, whose middle is below the baseline's.
  EXPECT_NEAR(s.noise.deviation, std::sqrt(2e-4 / 3), 1e-9);
  EXPECT_EQ(s.noise.degrees, 3);
  const Standing& good = *s.find(kGood);
  // Prior 3 degrees at 2 σ² = 1.333e-4, own 1 degree at variance 0: (3·1.333e-4)/4 = 1e-4; of the mean of two: 5e-5.
  EXPECT_NEAR(good.standard_error, std::sqrt(5e-5), 1e-9);
  EXPECT_EQ(good.degrees, 4);
  EXPECT_NEAR(good.lower, 0.2 - 2.1318 * std::sqrt(5e-5), 1e-5);  // t(0.95, 4) = 2.1318
}

TEST(Rank, HowAlikeTheDesignsNoiseIsIsLearned) {
  // True variances s² d / χ²_d and sample variances of three seeds each.
  const auto fitted = [](double d, uint64_t key) {
    Stream draws("variances", {key});
    const auto chi_squared = [&](int n) {
      double sum = 0;
      for (int i = 0; i < n; ++i) sum += std::pow(draws.next_normal(), 2);
      return sum;
    };
    std::vector<double> variances, degrees;
    for (int i = 0; i < 2000; ++i) {
      const double truth = d > 0 ? 4e-4 * d / chi_squared(int(d)) : 4e-4;
      variances.push_back(truth * chi_squared(2) / 2), degrees.push_back(2);
    }
    return fit_prior_degrees(variances, degrees);
  };
  EXPECT_NEAR(fitted(2, 1), 2, 0.3);
  EXPECT_NEAR(fitted(5, 2), 5, 1.2);
  EXPECT_GT(fitted(0, 3), 9);  // all alike
  // A design's own spread counts for more where designs differ in theirs.
  const std::vector<double> wild{0.5, 0.1, 0.3};
  const Noise differ{0.01, 20, "", 1}, alike{0.01, 20, "", 12};
  EXPECT_GT(moderate(wild, differ).standard_error, 1.5 * moderate(wild, alike).standard_error);
}

TEST(Rank, DivergedAndAuditStandLast) {
  Arms arms = example();
  Standings s = rank_arms("nano", arms, {kBase}, {}, 0.9, std::nullopt);
  EXPECT_EQ(s.rows.front().design, kGood);
  EXPECT_EQ(s.rows.back().design, kWild);
  EXPECT_TRUE(s.rows.back().diverged);
  s = rank_arms("nano", arms, {kBase}, {kGood}, 0.9, std::nullopt);
  EXPECT_NE(s.rows.front().design, kGood);
  EXPECT_FALSE(s.find(kGood)->confirmed);
}

TEST(Rank, AClaimNeedsAFreshSeedAndTheConfirmationShard) {
  Arms arms = example();
  Standings s = rank_arms("nano", arms, {kBase}, {}, 0.9, std::nullopt);
  EXPECT_EQ(s.find(kGood)->fresh_pairs, 1);  // seed 0 chose the rate
  EXPECT_TRUE(s.find(kGood)->confirmed);
  EXPECT_FALSE(s.find(kSame)->confirmed);
  // Good on validation, no better on the confirmation shard: no claim.
  arms[kGood].runs.back().confirmation = 2.51;
  s = rank_arms("nano", arms, {kBase}, {}, 0.9, std::nullopt);
  EXPECT_GT(s.find(kGood)->lower, 0);
  EXPECT_FALSE(s.find(kGood)->confirmed);
}

TEST(Rank, WithoutRepeatsTheNoiseIsCarriedUpOrAssumed) {
  Arms arms;
  arms[kBase] = {kBase, {run(0, 1, 2.5)}};
  arms[kGood] = {kGood, {run(0, 1, 2.3)}};
  EXPECT_EQ(rank_arms("micro", arms, {kBase}, {}, 0.9, std::nullopt).noise.deviation, kAssumedDeviation);
  const Standings s = rank_arms("micro", arms, {kBase}, {}, 0.9, Noise{0.01, 3, "nano"});
  EXPECT_EQ(s.noise.deviation, 0.01);
  EXPECT_EQ(s.noise.degrees, 1);
  EXPECT_NEAR(s.find(kGood)->standard_error, 0.01 * std::sqrt(2), 1e-12);
}

TEST(Rank, NoBetterThanUntrainedIsNeverACompetitor) {
  Arms arms = example();
  arms[kUntrained] = {kUntrained, {run(0, 1, 8.1), run(1, 1, 8.1)}};
  const Standings s = rank_arms("nano", arms, {kBase}, {}, 0.9, std::nullopt);
  EXPECT_TRUE(s.find(kUntrained)->untrained_no_worse);
}

TEST(Rank, AFigureOfManyEqualDesignsIsShrunk) {
  Arms arms;
  arms[kBase] = {kBase, {run(0, 1, 2.50), run(1, 1, 2.52), run(2, 1, 2.48), run(3, 1, 2.50)}};
  for (int slot = 0; slot < 8; ++slot) {
    const double off = 0.01 * (slot % 3 - 1);
    arms[{1, slot}] = {{1, slot}, {run(0, 1, 2.50 + off), run(1, 1, 2.52 - off)}};
  }
  const Standings s = rank_arms("nano", arms, {kBase}, {}, 0.9, std::nullopt);
  for (const Standing& row : s.rows) EXPECT_LE(std::abs(row.posterior), std::abs(row.difference) + 1e-12);
}

TEST(Promote, ShareRoundsUpAndLeastHolds) {
  Rules rules;
  rules.promote_share = 0.25, rules.promote_least = 1;
  EXPECT_EQ(promoted_count(rules, 0), 0);
  EXPECT_EQ(promoted_count(rules, 1), 1);
  EXPECT_EQ(promoted_count(rules, 4), 1);
  EXPECT_EQ(promoted_count(rules, 5), 2);
  rules.promote_least = 3;
  EXPECT_EQ(promoted_count(rules, 2), 2);
}

TEST(Promote, ParentsAreDrawnByTheirPosteriors) {
  // Two designs: N(0.1, 0.1²) against the baseline at 0 and N(0, 0.1²). The first is best of three with probability
  // P(X > max(0, Y)), X = 0.1 + 0.1 a, Y = 0.1 b: by integration 0.6747.
  Standing good, same;
  good.design = kGood, good.posterior = 0.1, good.posterior_deviation = 0.1;
  same.design = kSame, same.posterior_deviation = 0.1;
  int first = 0, baseline = 0;
  const int n = 20'000;
  for (int key = 0; key < n; ++key) {
    const auto drawn = draw_parents({good, same}, {kBase}, 2, uint64_t(key));
    ASSERT_EQ(drawn.size(), 2u);
    EXPECT_NE(drawn[0], drawn[1]);
    first += drawn[0] == kGood;
    baseline += drawn[0] == kBase;
  }
  double expected = 0;
  for (double a = -6; a < 6; a += 0.001) {
    const double x = 1 + a;
    if (x > 0) expected += 0.001 * std::exp(-a * a / 2) / std::sqrt(2 * M_PI) * 0.5 * std::erfc(-x / std::sqrt(2.0));
  }
  EXPECT_NEAR(double(first) / n, expected, 0.011);
  EXPECT_GT(baseline, 0);
}

TEST(Rank, ARunTooGoodToBeTrueIsQuarantined) {
  Arms arms = example();
  // The baseline's mean is 2.50: the floor at 0.3 is 1.75.
  const DesignName honest{1, 4}, leaky{1, 5};
  arms[honest] = {honest, {run(0, kLow, 2.45), run(0, 1, 1.76), run(0, 3, 2.30), run(1, 1, 1.77)}};
  arms[leaky] = {leaky, {run(0, kLow, 2.45), run(0, 1, 2.30), run(0, 3, 2.40), run(1, 1, 1.74)}};
  const Standings s = rank_arms("nano", arms, {kBase}, {}, 0.9, std::nullopt, 0.3);
  EXPECT_FALSE(s.find(honest)->quarantined());
  ASSERT_TRUE(s.find(leaky)->quarantined());
  EXPECT_NEAR(s.find(leaky)->plausible_floor, 1.75, 1e-12);
  EXPECT_EQ(s.rows.front().design, honest);
  EXPECT_FALSE(s.find(leaky)->confirmed);
  EXPECT_NE(describe(*s.find(leaky)).find("1.7500"), std::string::npos) << describe(*s.find(leaky));
  EXPECT_FALSE(rank_arms("nano", arms, {kBase}, {}, 0.9, std::nullopt, 0.5).find(leaky)->quarantined());
}

}  // namespace
}  // namespace gradus
