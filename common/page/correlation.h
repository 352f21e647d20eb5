/// How well one rung's order of the designs tells another's: rank correlations and the share of pairs ordered alike,
/// each with a bootstrap interval over designs. A rung is worth its cost only as far as these are high.
#pragma once

#include <span>
#include <vector>

namespace gradus {

/// Ranks from 1; equal values share the mean of theirs.
std::vector<double> ranks(std::span<const double> values);
/// Pearson's r of the ranks; NaN where one side is constant or there are fewer than three.
double spearman(std::span<const double> x, std::span<const double> y);
/// τ-b: concordant less discordant pairs over √((pairs − ties in x)(pairs − ties in y)).
double kendall(std::span<const double> x, std::span<const double> y);
/// Share of the pairs, untied in both, that x and y order alike.
double pairwise_accuracy(std::span<const double> x, std::span<const double> y);

struct Interval {
  double value = 0, lower = 0, upper = 0;  // NaN: not told by so few
};
struct Agreement {
  int n = 0;
  Interval spearman, kendall, pairwise;
};
/// Percentile bootstrap over designs (Efron 1979), `draws` of them, two-sided at `confidence`. Above 400 designs
/// pairs are counted on a random 400 of them, so the intervals of τ and of the share are those of 400.
Agreement agreement(std::span<const double> x, std::span<const double> y, double confidence, int draws = 1000);

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
