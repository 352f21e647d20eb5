/// Do two scores order the same designs alike? The measures a cheap rung is judged by, with bootstrap intervals, and
/// what they would be without seed noise and without the selection that sent only the best up.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gradus {

double pearson(std::span<const double> x, std::span<const double> y);   // NaN where a side does not vary
double spearman(std::span<const double> x, std::span<const double> y);  // Pearson of mid-ranks
std::vector<double> mid_ranks(std::span<const double> x);               // 1 … n, equals share the mean of theirs

/// What all pairs of designs say; a pair equal in the target says nothing, one equal in the proxy alone is half right.
struct PairCounts {
  double alike = 0, opposed = 0;             // neither side equal
  double equal_proxy = 0, equal_target = 0;  // equal on that side only
  double accuracy() const;                   // NaN without a pair
  double tau_b() const;                      // Kendall 1945: (P - Q) / √((P + Q + X)(P + Q + Y))
};

/// One value a design on either side, both with the standard error of its noise; higher is better.
struct Paired {
  std::vector<double> proxy, proxy_error, target, target_error;
  /// Variance of the proxy over all designs that have it, those that did not climb among them; 0: all climbed.
  double unrestricted_variance = 0;
  size_t size() const { return proxy.size(); }
};
PairCounts count_pairs(const Paired& paired);
/// Only pairs whose difference is beyond z standard errors on both sides: where noise is no excuse.
PairCounts count_separated(const Paired& paired, double z);

/// Share of the target's best k among the proxy's best k; equals are taken in the order given.
double top_recall(const Paired& paired, size_t k);
/// The target's best value less that of the proxy's pick.
double regret(const Paired& paired);
/// 1 - mean error² / variance, in [0, 1]: the share of a side's variance that is no noise.
double reliability(std::span<const double> values, std::span<const double> errors);
/// Pearson's r as it would be among all designs: Thorndike's case 2 (1949), r u / √(1 + r²(u² - 1)), u the ratio of
/// the proxy's deviations without and with selection; then over √(reliabilities) (Spearman 1904). Within [-1, 1]; NaN
/// where a side is all noise. `range`, `noise`: which of the two is done.
double corrected_correlation(const Paired& paired, bool range, bool noise);

struct Statistic {
  std::string name;
  double value = 0, lower = 0, upper = 0;  // NaN: not defined here
  double pairs = 0;                        // that it is made of, for those made of pairs
};

/// All of the above by name; intervals at `confidence` by the percentiles of resampled designs. Of more than
/// kMostDesigns, that many drawn ones are judged.
std::vector<Statistic> measure_agreement(const Paired& paired, double confidence, uint64_t key, int resamples = 1000);
inline constexpr size_t kMostDesigns = 1000;

/// Exact interval of a share, k of n (Clopper and Pearson 1934).
struct Share {
  double value = 0, lower = 0, upper = 1;
};
Share exact_share(int k, int n, double confidence);

}  // namespace gradus
