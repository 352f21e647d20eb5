#include "unit/tensor/vectors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace gradus {
namespace {

TEST(Vectors, ExponentialsAreExactToTwoUnits) {
  std::vector<float> s;
  for (double x = -86.9; x <= 0; x += 0.00137) s.push_back(static_cast<float>(x));
  s.push_back(0);
  const std::vector<float> x = s;
  float most = 1, sum = 0;
  exponentiate_row(s.data(), static_cast<int64_t>(s.size()), &most, &sum);
  EXPECT_EQ(most, 0);
  double exact = 0;
  for (size_t i = 0; i < s.size(); ++i) {
    const double e = std::exp(static_cast<double>(x[i]));
    exact += e;
    ASSERT_NEAR(s[i] / e, 1, 2.5e-7) << x[i];
  }
  EXPECT_NEAR(sum / exact, 1, 1e-5);
}

TEST(Vectors, EveryLengthEqualsTheFormula) {
  for (int64_t n = 1; n < 70; ++n) {
    std::vector<float> s, x;
    for (int64_t j = 0; j < n; ++j) s.push_back(static_cast<float>(200 + 3 * std::sin(7.0 * static_cast<double>(j))));
    x = s;
    float most = 0, sum = 0;
    exponentiate_row(s.data(), n, &most, &sum);
    double high = x[0], total = 0;
    for (float value : x) high = std::max<double>(high, value);
    for (float value : x) total += std::exp(value - high);
    EXPECT_EQ(most, static_cast<float>(high));
    EXPECT_NEAR(sum / total, 1, 1e-6);
    for (size_t j = 0; j < x.size(); ++j) EXPECT_NEAR(s[j], std::exp(x[j] - high), 1e-6);
  }
}

TEST(Vectors, WhatIsMaskedIsZeroAndWhatIsNoNumberStaysNone) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> s(40, -kInfinity);
  s[33] = 5;
  float most = 0, sum = 0;
  exponentiate_row(s.data(), 40, &most, &sum);
  EXPECT_EQ(sum, 1);
  EXPECT_EQ(s[33], 1);
  EXPECT_EQ(s[0], 0);
  for (size_t at : {0, 17, 39}) {
    std::vector<float> t(40, 1.0f);
    t[at] = std::numeric_limits<float>::quiet_NaN();
    exponentiate_row(t.data(), 40, &most, &sum);
    EXPECT_TRUE(std::isnan(sum)) << at;
  }
}

}  // namespace
}  // namespace gradus
