#include "ladder/scaling.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"

namespace gradus {
namespace {

double law(double a, double b, double n, double d) {
  return 1.2 + a * std::pow(n / 3e5, -0.3) + b * std::pow(d / 5e5, -0.25);
}

std::vector<LossPoint> curve(double a, double b, double noise, uint64_t key) {
  Stream draws("scaling", {key});
  std::vector<LossPoint> out;
  for (const auto& [n, d] : {std::pair(3e5, 5e5), std::pair(2e6, 2e6), std::pair(14e6, 6e6)}) {
    out.push_back({n, d, law(a, b, n, d) * std::exp(noise * draws.next_normal())});
    out.push_back({n, d / 2, (law(a, b, n, d / 2) + 0.03) * std::exp(noise * draws.next_normal()), true});
  }
  return out;
}

TEST(Scaling, FindsAPlantedLaw) {
  std::vector<std::vector<LossPoint>> curves;
  for (int i = 0; i < 6; ++i) curves.push_back(curve(0.4 + 0.1 * i, 0.9 - 0.1 * i, 0, uint64_t(i)));
  const auto fit = fit_scaling(curves);
  ASSERT_TRUE(fit);
  EXPECT_LT(fit->residual, 2e-4);
  for (size_t i = 0; i < curves.size(); ++i)
    EXPECT_NEAR(fit->predict(i, 56e6, 24e6), law(0.4 + 0.1 * double(i), 0.9 - 0.1 * double(i), 56e6, 24e6), 0.01) << i;
}

TEST(Scaling, ACrossingIsSeenComing) {
  // The first learns fast and has the higher wall of size: ahead at the first rung, behind at the third and beyond.
  const std::vector<std::vector<LossPoint>> curves{curve(0.9, 0.4, 0.001, 1), curve(0.4, 1.0, 0.001, 2),
                                                   curve(0.6, 0.7, 0.001, 3)};
  const auto fit = fit_scaling(curves);
  ASSERT_TRUE(fit);
  const double now = law(0.9, 0.4, 3e5, 5e5) - law(0.4, 1.0, 3e5, 5e5);
  const double later = fit->predict(0, 3e5, 5e7) - fit->predict(1, 3e5, 5e7);
  EXPECT_LT(now, 0);
  EXPECT_GT(later, 0);
}

TEST(Scaling, TwoRungsAreNoLaw) {
  auto short_curve = curve(0.4, 0.9, 0, 1);
  short_curve.resize(4);
  EXPECT_FALSE(fit_scaling({short_curve, short_curve}));
  EXPECT_FALSE(fit_scaling({curve(0.4, 0.9, 0, 1)}));
  EXPECT_FALSE(fit_scaling({}));
}

TEST(Scaling, TheSearchFindsTheLowestPoint) {
  const auto rosenbrock = [](std::span<const double> x) {
    return 100 * std::pow(x[1] - x[0] * x[0], 2) + std::pow(1 - x[0], 2);
  };
  const auto x = minimise(rosenbrock, {-1.2, 1}, {0.5, 0.5});
  EXPECT_NEAR(x[0], 1, 1e-4);
  EXPECT_NEAR(x[1], 1, 1e-4);
}

}  // namespace
}  // namespace gradus
