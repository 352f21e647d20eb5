#include "ladder/outlook.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gradus {
namespace {

Standing row(int slot, double half, double end, double error = 0.01) {
  Standing s;
  s.design = {1, slot}, s.pairs = 2, s.bits_per_byte = 2.4 - end, s.parameters = 330'000;
  s.half_difference = half, s.half_error = error, s.difference = end, s.standard_error = error;
  return s;
}
Standings rung(const std::string& scale, std::vector<Standing> rows) {
  Standings out{scale, {0, 0}, 2.4, {0.01, 3, "test"}};
  Standing reference;
  reference.design = {0, 0}, reference.baseline = true, reference.bits_per_byte = 2.4, reference.parameters = 330'000;
  out.rows = std::move(rows);
  out.rows.push_back(reference);
  return out;
}
const Outlook& find(const OutlookTable& t, int slot) {
  for (const Outlook& o : t.rows)
    if (o.design == DesignName{1, slot}) return o;
  throw std::runtime_error("no such design");
}
OutlookTable look(const std::vector<Standings>& rungs, const RunCosts& costs = {{{"nano", 0.01}, {"micro", 0.1}}, {}}) {
  return look_ahead(rungs, costs, 0.5, {5e5, 4e5}, {3e5, 2e6});
}

TEST(Outlook, AllRungsCountForTheDearest) {
  const OutlookTable t = look({rung("nano", {row(0, 0.2, 0.2), row(1, 0.1, 0.1), row(2, -0.1, -0.1), row(3, 0, 0)}),
                               rung("micro", {row(0, 0.1, 0.1), row(1, 0.15, 0.15)})});
  EXPECT_EQ(t.target, "micro");
  EXPECT_EQ(t.rows.front().design, (DesignName{1, 1}));
  EXPECT_EQ(find(t, 1).rung, "micro");
  EXPECT_EQ(find(t, 2).rung, "nano");
  EXPECT_GT(find(t, 2).lead.deviation, find(t, 1).lead.deviation);  // not seen there
  EXPECT_LT(find(t, 2).lead.mean, 0);
  EXPECT_GT(find(t, 1).p_better, 0.99);
  double sum = 0;
  for (const Outlook& o : t.rows) sum += o.p_best;
  EXPECT_LE(sum, 1 + 1e-9);
  EXPECT_GT(find(t, 1).p_best, 0.8);
}

TEST(Outlook, WhatMayNotCompeteHasNone) {
  Standing audit = row(4, 0.5, 0.5), diverged = row(5, 0.5, 0.5), good = row(6, 0.9, 0.9), untrained = row(7, 0.5, 0.5);
  audit.audit = true, diverged.diverged = true, good.plausible_floor = 1.7, untrained.untrained_no_worse = true;
  const OutlookTable t = look({rung("nano", {row(0, 0.1, 0.1), audit, diverged, good, untrained}), rung("micro", {})});
  ASSERT_EQ(t.rows.size(), 1u);
  EXPECT_EQ(t.rows[0].design, (DesignName{1, 0}));
}

TEST(Outlook, QuarantineAtOneRungHoldsAtAll) {
  Standing good = row(6, 0.9, 0.9);
  good.plausible_floor = 1.7;
  const OutlookTable t = look({rung("nano", {row(0, 0.1, 0.1), row(6, 0.1, 0.1)}), rung("micro", {good})});
  EXPECT_EQ(t.rows.size(), 1u);
}

TEST(Outlook, ALeadThatMeltsIsACrossing) {
  const OutlookTable t =
      look({rung("nano", {row(0, 0.3, 0.1), row(1, 0.1, 0.1), row(2, 0.1, 0.1)}), rung("micro", {row(2, -0.1, -0.1)})});
  EXPECT_TRUE(find(t, 0).crossing);  // 0.3 at half, 0.1 at the end: -0.1 at twice the tokens
  EXPECT_FALSE(find(t, 1).crossing);
  EXPECT_TRUE(find(t, 2).crossing);  // ahead at nano, behind at micro, both beyond noise
}

TEST(Outlook, AnHourIsWorthMostWhereTheBestMayBe) {
  const OutlookTable t =
      look({rung("nano", {row(0, 0.2, 0.2), row(1, 0.19, 0.19), row(2, -0.3, -0.3), row(3, 0, 0)}), rung("micro", {})});
  EXPECT_GT(find(t, 1).improvement_per_hour, find(t, 2).improvement_per_hour);
  EXPECT_EQ(find(t, 1).next, "micro");
  EXPECT_EQ(find(t, 1).hours, 0.1);
  const OutlookTable dear =
      look({rung("nano", {row(0, 0.2, 0.2), row(1, 0.19, 0.19), row(2, -0.3, -0.3), row(3, 0, 0)}), rung("micro", {})},
           {{{"micro", 0.1}}, {{{1, 1}, 2.0}}});
  EXPECT_NEAR(find(dear, 1).improvement_per_hour, find(t, 1).improvement_per_hour / 2, 1e-12);
  // No run was timed: not known, said so.
  EXPECT_TRUE(
      std::isnan(find(look({rung("nano", {row(0, 0.2, 0.2)}), rung("micro", {})}, {}), 0).improvement_per_hour));
}

TEST(Outlook, ThreeRungsAreExtrapolated) {
  const auto at = [](double a, double b, double n, double d) {
    return 1.2 + a * std::pow(n / 3e5, -0.3) + b * std::pow(d / 5e5, -0.25);
  };
  const std::vector<double> tokens{5e5, 2e6, 6e6}, parameters{3e5, 2e6, 14e6};
  std::vector<Standings> rungs;
  for (size_t r = 0; r < 3; ++r) {
    const double base = at(0.6, 0.7, parameters[r], tokens[r]);
    std::vector<Standing> rows;
    for (int i = 0; i < 3; ++i) {
      const double own = at(0.4 + 0.2 * i, 0.8 - 0.2 * i, parameters[r], tokens[r]);
      rows.push_back(row(i, base - own, base - own));
      rows.back().bits_per_byte = own, rows.back().parameters = int64_t(parameters[r]);
    }
    rungs.push_back(rung(std::vector<std::string>{"nano", "micro", "mini"}[r], rows));
    rungs.back().rows.back().bits_per_byte = base, rungs.back().rows.back().parameters = int64_t(parameters[r]);
  }
  const OutlookTable t = look_ahead(rungs, {}, 0.5, tokens, parameters);
  ASSERT_TRUE(find(t, 0).beyond);
  EXPECT_NEAR(*find(t, 0).beyond, at(0.6, 0.7, 56e6, 24e6) - at(0.4, 0.8, 56e6, 24e6), 0.02);
}

TEST(Outlook, NoiseOfOneRunsTwoPointsIsCorrelated) {
  Arms arms;
  const auto run = [](int64_t seed, double half, double end) {
    RunScore r{RunName{"nano", seed, 1}};
    r.half = half, r.validation = end;
    return r;
  };
  const DesignName base{0, 0}, other{1, 0};
  arms[base] = {base, {}}, arms[other] = {other, {}};
  for (int s = 0; s < 20; ++s) {
    arms[base].runs.push_back(run(s, 3, 2.5));
    arms[other].runs.push_back(run(s, 3 + 0.01 * s, 2.5 + 0.01 * s));
  }
  EXPECT_GT(half_noise_correlation(arms, base), 0.85);
  EXPECT_EQ(half_noise_correlation({}, base), 0.5);
}

}  // namespace
}  // namespace gradus
