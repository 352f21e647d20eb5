// Rank correlations, shares and fits against values worked by hand.
#include "page/correlation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/rng.h"

namespace gradus {
namespace {

using Values = std::vector<double>;

TEST(Correlation, OfAPermutationWorkedByHand) {
  // Squares of differences of ranks: 4 + 1 + 1 + 1 + 1 = 8, ρ = 1 - 6·8/(5·24). Of ten pairs three are out of order.
  const Values x{1, 2, 3, 4, 5}, y{3, 1, 2, 5, 4};
  EXPECT_NEAR(spearman(x, y), 0.6, 1e-12);
  EXPECT_NEAR(kendall(x, y), 0.4, 1e-12);
  EXPECT_NEAR(pairwise_accuracy(x, y), 0.7, 1e-12);
}

TEST(Correlation, TiesShareRanksAndLeaveTheScale) {
  const Values x{1, 2, 2, 3}, y{1, 2, 3, 3};
  EXPECT_EQ(ranks(x), (Values{1, 2.5, 2.5, 4}));
  EXPECT_NEAR(spearman(x, y), 3.75 / 4.5, 1e-12);
  EXPECT_NEAR(kendall(x, y), 4.0 / 5.0, 1e-12);  // four pairs alike, none unlike, one tied on each side of six
  EXPECT_NEAR(pairwise_accuracy(x, y), 1, 1e-12);
}

TEST(Correlation, IsNoneWhereNothingCanBeTold) {
  EXPECT_TRUE(std::isnan(spearman(Values{1, 2}, Values{1, 2})));
  EXPECT_TRUE(std::isnan(spearman(Values{1, 2, 3}, Values{5, 5, 5})));
  EXPECT_TRUE(std::isnan(kendall(Values{}, Values{})));
  const Agreement none = agreement(Values{}, Values{}, 0.9);
  EXPECT_EQ(none.n, 0);
  EXPECT_TRUE(std::isnan(none.spearman.value) && std::isnan(none.pairwise.lower));
}

TEST(Correlation, IntervalHoldsTheTruthAndShrinksWithN) {
  // A bivariate normal of r = 0.8: ρ = 6/π asin(r/2) = 0.786, τ = 2/π asin(r) = 0.590, pairs (1 + τ)/2 = 0.795.
  const auto drawn = [](size_t n) {
    Stream stream("test-agreement", {7});
    Values x, y;
    for (size_t i = 0; i < n; ++i) {
      const double a = stream.next_normal(), b = stream.next_normal();
      x.push_back(a), y.push_back(0.8 * a + 0.6 * b);
    }
    return agreement(x, y, 0.9);
  };
  const Agreement few = drawn(30), many = drawn(300);
  EXPECT_LT(many.spearman.lower, 0.786);
  EXPECT_GT(many.spearman.upper, 0.786);
  EXPECT_LT(many.kendall.lower, 0.590);
  EXPECT_GT(many.kendall.upper, 0.590);
  EXPECT_LT(many.pairwise.lower, 0.795);
  EXPECT_GT(many.pairwise.upper, 0.795);
  EXPECT_GT(few.spearman.upper - few.spearman.lower, 2 * (many.spearman.upper - many.spearman.lower));
  const Agreement thousands = drawn(5000);
  EXPECT_NEAR(thousands.spearman.value, 0.786, 0.02);
  EXPECT_NEAR(thousands.kendall.value, 0.590, 0.08);  // of a random 400
}

TEST(Correlation, WilsonsIntervalByHand) {
  // z = 1.6449: middle (0.9375 + 0.08455)/1.16909, half 1.40697 √(0.0036621 + 0.0026421).
  const Interval i = wilson(15, 16, 0.9);
  EXPECT_NEAR(i.value, 0.9375, 1e-12);
  EXPECT_NEAR(i.lower, 0.7625, 1e-3);
  EXPECT_NEAR(i.upper, 0.9859, 1e-3);
  EXPECT_EQ(wilson(0, 8, 0.9).lower, 0);
  EXPECT_GT(wilson(0, 8, 0.9).upper, 0.2);
  EXPECT_NEAR(wilson(8, 8, 0.9).upper, 1, 1e-12);
  EXPECT_TRUE(std::isnan(wilson(0, 0, 0.9).value));
}

TEST(Correlation, PowerLawsAreFoundWithTheirErrors) {
  const Values compute{1e9, 1e10, 1e12};
  Values bits;
  for (double c : compute) bits.push_back(5 * std::pow(c, -0.1));
  const PowerFit exact = fit_power(compute, bits);
  EXPECT_NEAR(exact.exponent, 0.1, 1e-12);
  EXPECT_NEAR(exact.coefficient, 5, 1e-9);
  EXPECT_NEAR(exact.residual, 0, 1e-12);
  // log C = 0, 1, 2 and log b = 0, -1, -1: slope -1/2; gaps 1/6, -1/3, 1/6; s² = 1/6 with one degree, error √(s²/2).
  const PowerFit rough = fit_power(Values{1, std::exp(1), std::exp(2)}, Values{1, std::exp(-1), std::exp(-1)});
  EXPECT_NEAR(rough.exponent, 0.5, 1e-12);
  EXPECT_NEAR(rough.coefficient, std::exp(-1.0 / 6), 1e-12);
  EXPECT_NEAR(rough.error, std::sqrt(1.0 / 12), 1e-12);
  EXPECT_NEAR(rough.residual, std::sqrt(1.0 / 18), 1e-12);
  // Two points leave no residual: the error is that of the noise, or none.
  EXPECT_TRUE(std::isnan(fit_power(Values{1, std::exp(2)}, Values{2, 1}).error));
  EXPECT_NEAR(fit_power(Values{1, std::exp(2)}, Values{2, 1}, 0.01).error, 0.01 / std::sqrt(2), 1e-12);
  EXPECT_TRUE(std::isnan(fit_power(Values{5}, Values{1}).exponent));
}

}  // namespace
}  // namespace gradus
