/// Seed noise first: no score is read without it. Noise belongs to the design as much as to the rung (one design in a
/// pilot deviated by 0.001 bits per byte, another by 0.2), so a rung's figure only serves as the prior of a design's
/// own.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ladder/arm.h"

namespace gradus {

struct Noise {
  double deviation = 0;  // of one run's validation bits per byte over seeds
  double degrees = 0;    // of freedom behind it
  std::string source;    // in words
  double prior_degrees =
      3;  // how much alike the designs' own variances are: what moderate() lets this figure count for
};

/// The larger of the baselines' pooled spread and the middle spread of the designs (where three or more were repeated);
/// else the rung below's; else kAssumed, said so.
Noise estimate_noise(const Arms& arms, const std::vector<DesignName>& baselines, const std::optional<Noise>& below);
inline constexpr double kAssumedDeviation = 0.02;  // typical of nano runs

/// Variance of the mean of n paired differences, the sample's own variance moderated by the rung's noise, which counts
/// as much as its prior_degrees further pairs (the moderated t of Smyth 2004, doi:10.2202/1544-6115.1027).
struct Moderated {
  double standard_error = 0, degrees = 0;
};
Moderated moderate(std::span<const double> differences, const Noise& noise);
inline constexpr double kPriorDegrees = 3;  // where fewer than kFewDesigns were repeated

/// The degrees of freedom d of the law that designs' true variances follow, σ² ~ d s² / χ²_d, from the spread of the
/// log sample variances: trigamma(d/2) = Var(log s_g²) - mean trigamma(d_g/2) (Smyth 2004, eq. 6.2.2). Within [1,
/// kMostDegrees].
double fit_prior_degrees(std::span<const double> variances, std::span<const double> degrees);
inline constexpr size_t kFewDesigns = 8;
inline constexpr double kMostDegrees = 12;

}  // namespace gradus
