#include "ladder/multiple.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.h"

namespace gradus {
namespace {

TEST(Multiple, HolmByHand) {
  // .05/4 = .0125, .05/3 = .0167, .05/2 = .025: the third fails, so the fourth is not asked.
  EXPECT_EQ(holm(std::vector<double>{0.04, 0.01, 0.03, 0.015}, 0.05), (std::vector<bool>{false, true, false, true}));
  EXPECT_EQ(holm(std::vector<double>{}, 0.05), std::vector<bool>{});
}

TEST(Multiple, BenjaminiHochbergByHand) {
  // The 15 values of Benjamini and Hochberg 1995, section 3.2, at .05: the first four; Holm takes three.
  const std::vector<double> p{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                              0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
  const auto found = benjamini_hochberg(p, 0.05), sure = holm(p, 0.05);
  EXPECT_EQ(std::count(found.begin(), found.end(), true), 4);
  EXPECT_EQ(std::count(sure.begin(), sure.end(), true), 3);
  // A later one may lift an earlier: .03 > .05/2, but .049 ≤ .05.
  EXPECT_EQ(benjamini_hochberg(std::vector<double>{0.049, 0.03}, 0.05), (std::vector<bool>{true, true}));
}

double tail(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

/// `real` of 20 tests have an effect of 3 deviations; they share half of their noise, as comparisons with one baseline
/// do.
struct Tally {
  double any_false = 0, false_share = 0, found = 0;
};
template <class Rule>
Tally tally(Rule rule, int real, double level) {
  constexpr int kTrials = 20000, kTests = 20;
  Tally out;
  for (int t = 0; t < kTrials; ++t) {
    Stream draws("multiple", {uint64_t(t)});
    const double shared = draws.next_normal();
    std::vector<double> p;
    for (int i = 0; i < kTests; ++i)
      p.push_back(tail((shared + draws.next_normal()) / std::sqrt(2.0) + (i < real ? 3 : 0)));
    const auto yes = rule(p, level);
    int wrong = 0, all = 0;
    for (int i = 0; i < kTests; ++i) all += yes[size_t(i)], wrong += yes[size_t(i)] && i >= real;
    out.any_false += (wrong > 0) / double(kTrials);
    out.false_share += all == 0 ? 0 : double(wrong) / all / kTrials;
    out.found += double(all - wrong) / kTrials;
  }
  return out;
}

TEST(Multiple, ErrorsAreWhatIsPromised) {
  for (int real : {0, 5, 15}) {
    const Tally h = tally(holm, real, 0.05), b = tally(benjamini_hochberg, real, 0.1);
    EXPECT_LE(h.any_false, 0.05 + 0.006) << real;  // four standard errors
    EXPECT_LE(b.false_share, 0.1 + 0.008) << real;
    if (real == 15) {
      EXPECT_GT(b.found, h.found + 1);
    }  // what the cheap rungs gain by it
  }
}

TEST(Multiple, BenjaminiHochbergFindsAllThatHolmDoes) {
  for (uint64_t t = 0; t < 2000; ++t) {
    Stream draws("both", {t});
    std::vector<double> p;
    for (int i = 0; i < 12; ++i) p.push_back(std::pow(draws.next_uniform(), 3));
    const auto h = holm(p, 0.1), b = benjamini_hochberg(p, 0.1);
    for (size_t i = 0; i < p.size(); ++i) EXPECT_TRUE(b[i] || !h[i]);
  }
}

}  // namespace
}  // namespace gradus
