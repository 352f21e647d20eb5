#include "page/correlation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ladder/statistics.h"

namespace gradus {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
}  // namespace

Interval wilson(int k, int n, double confidence) {
  if (n <= 0) return {kUnknown, kUnknown, kUnknown};
  const double z = student_quantile(0.5 + confidence / 2, 1e6), share = double(k) / n, scale = 1 + z * z / n;
  const double middle = (share + z * z / (2 * n)) / scale;
  const double half = z / scale * std::sqrt(share * (1 - share) / n + z * z / (4.0 * n * n));
  return {share, std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

PowerFit fit_power(std::span<const double> compute, std::span<const double> bits, double deviation) {
  const double n = double(compute.size());
  double mean_x = 0, mean_y = 0, xx = 0, xy = 0, squares = 0;
  for (size_t i = 0; i < compute.size(); ++i) mean_x += std::log(compute[i]) / n, mean_y += std::log(bits[i]) / n;
  for (size_t i = 0; i < compute.size(); ++i) {
    const double dx = std::log(compute[i]) - mean_x;
    xx += dx * dx, xy += dx * (std::log(bits[i]) - mean_y);
  }
  if (compute.size() < 2 || xx == 0) return {kUnknown, kUnknown, kUnknown, kUnknown};
  const double slope = xy / xx;
  for (size_t i = 0; i < compute.size(); ++i) {
    const double gap = std::log(bits[i]) - mean_y - slope * (std::log(compute[i]) - mean_x);
    squares += gap * gap;
  }
  const double spread = n > 2 ? std::max(squares / (n - 2), deviation * deviation) : deviation * deviation;
  return {std::exp(mean_y - slope * mean_x), -slope, spread > 0 ? std::sqrt(spread / xx) : kUnknown,
          std::sqrt(squares / n)};
}

}  // namespace gradus
