#include "ladder/noise.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>
#include <map>

#include "ladder/statistics.h"

namespace gradus {
namespace {

/// Of the arm's runs at its own learning rate; diverged runs are no noise but a verdict.
Moments spread(const Arm& arm) {
  std::vector<double> values;
  if (const auto multiplier = arm.best_multiplier())
    for (const RunScore& r : arm.at(*multiplier))
      if (!r.diverged) values.push_back(r.validation);
  return moments(values);
}

struct Pooled {
  double variance = 0;
  int degrees = 0;
};

Pooled pool(const Arms& arms, const std::vector<DesignName>& designs) {
  Pooled pooled;
  double sum = 0;
  for (const DesignName& d : designs) {
    const auto found = arms.find(d);
    if (found == arms.end()) continue;
    const Moments m = spread(found->second);
    if (m.n < 2) continue;
    sum += (m.n - 1) * m.variance;
    pooled.degrees += m.n - 1;
  }
  if (pooled.degrees > 0) pooled.variance = sum / pooled.degrees;
  return pooled;
}

/// Median of the designs' variances, each over the median of χ²_ν/ν: not moved by one wild design. 0 below three
/// designs.
double middle_variance(const Arms& arms, const std::vector<DesignName>& baselines) {
  std::vector<double> variances;
  std::map<int, double> medians;  // of χ², by degrees: a population has few
  for (const auto& [design, arm] : arms) {
    const Moments m = spread(arm);
    if (m.n < 2 || std::find(baselines.begin(), baselines.end(), design) != baselines.end()) continue;
    const double nu = m.n - 1;
    double& median = medians[m.n];
    if (median == 0) median = boost::math::quantile(boost::math::chi_squared(nu), 0.5);
    variances.push_back(m.variance * nu / median);
  }
  if (variances.size() < 3) return 0;
  std::nth_element(variances.begin(), variances.begin() + long(variances.size() / 2), variances.end());
  return variances[variances.size() / 2];
}

/// kPriorDegrees, or fitted where enough designs were repeated.
double prior_degrees(const Arms& arms) {
  std::vector<double> variances, degrees;
  for (const auto& [design, arm] : arms)
    if (const Moments m = spread(arm); m.n >= 2 && m.variance > 0)
      variances.push_back(m.variance), degrees.push_back(m.n - 1);
  return variances.size() < kFewDesigns ? kPriorDegrees : fit_prior_degrees(variances, degrees);
}

}  // namespace

double fit_prior_degrees(std::span<const double> variances, std::span<const double> degrees) {
  std::vector<double> centred;
  double own = 0;
  for (size_t i = 0; i < variances.size(); ++i) {
    const double half = degrees[i] / 2;
    centred.push_back(std::log(variances[i]) - boost::math::digamma(half) + std::log(half));
    own += boost::math::trigamma(half) / double(variances.size());
  }
  const double left = moments(centred).variance - own;
  if (left <= boost::math::trigamma(kMostDegrees / 2)) return kMostDegrees;
  double low = 1, high = kMostDegrees;  // trigamma falls
  if (left >= boost::math::trigamma(low / 2)) return low;
  for (int i = 0; i < 50; ++i) {
    const double middle = (low + high) / 2;
    (boost::math::trigamma(middle / 2) > left ? low : high) = middle;
  }
  return (low + high) / 2;
}

Noise estimate_noise(const Arms& arms, const std::vector<DesignName>& baselines, const std::optional<Noise>& below) {
  std::vector<DesignName> all;
  for (const auto& [design, arm] : arms) all.push_back(design);
  const Pooled repeats = pool(arms, baselines), everyone = pool(arms, all);
  const double middle = middle_variance(arms, baselines), alike = prior_degrees(arms);
  if (everyone.degrees > 0 && std::max(repeats.variance, middle) > 0) {
    if (middle > repeats.variance)
      return {std::sqrt(middle), double(everyone.degrees), "middle spread of the repeated designs", alike};
    return {std::sqrt(repeats.variance), double(repeats.degrees),
            "spread of " + std::to_string(repeats.degrees + 1) + " runs of the baseline over seeds", alike};
  }
  if (everyone.degrees > 0 && everyone.variance > 0)
    return {std::sqrt(everyone.variance), double(everyone.degrees), "spread of the designs over seeds", alike};
  if (below) return {below->deviation, 1, "carried up from the rung below, no run was repeated here"};
  return {kAssumedDeviation, 1, "assumed, no run was repeated"};
}

Moderated moderate(std::span<const double> differences, const Noise& noise) {
  const Moments m = moments(differences);
  const double prior = std::min(std::max(noise.degrees, 1.0), noise.prior_degrees), own = std::max(m.n - 1, 0);
  const double variance = (prior * 2 * noise.deviation * noise.deviation + own * m.variance) / (prior + own);
  return {std::sqrt(variance / std::max(m.n, 1)), prior + own};
}

}  // namespace gradus
