/// Shares and power laws with their errors, for the page. Rank correlations are ladder/agreement's.
#pragma once

#include <span>
#include <vector>

namespace gradus {

struct Interval {
  double value = 0, lower = 0, upper = 0;  // NaN: not told by so few
};
/// A share k of n with Wilson's score interval (1927): it stays within 0 and 1, and holds for few.
Interval wilson(int k, int n, double confidence);

/// Bits per byte over compute, log b = log a − α log C by least squares: b = a C^−α.
struct PowerFit {
  double coefficient = 0, exponent = 0;  // a; α, positive where more compute helps
  double error = 0;                      // standard error of α; NaN for two points without noise
  double residual = 0;                   // root mean square of log b
};
/// `deviation`: of log b, for two points, which leave no residual; 0: not known.
PowerFit fit_power(std::span<const double> compute, std::span<const double> bits, double deviation = 0);

}  // namespace gradus
