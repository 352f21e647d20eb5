// Shares and fits against values worked by hand.
#include "page/correlation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace gradus {
namespace {

using Values = std::vector<double>;

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
