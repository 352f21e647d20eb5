/// Policies on worlds: what each costs and how far from the best it ends, with intervals.
#pragma once

#include <string>
#include <vector>

#include "ladder/policy.h"

namespace gradus {

/// Percentile bootstrap over plays, 95 %.
struct Estimate {
  double value = 0, low = 0, high = 0;
};

/// A policy at one budget.
struct CurvePoint {
  double budget = 0;  // over the reference ladder's cost
  double spent = 0;   // mean, in the same unit
  Estimate regret;    // of the design named, bits per byte at the target
  Estimate best;      // share of plays that name the pool's best
};
struct Curve {
  std::string world, policy;
  std::vector<CurvePoint> points;
  /// Compute over the reference's at which the curve reaches the reference's mean regret, between points by their
  /// logarithms; infinite: not within the budgets.
  Estimate reach;
};

/// Budgets over the reference ladder's cost that curves are drawn at.
std::vector<double> simulation_budgets();
/// Every policy in `names` (all: empty) on `plays` pools of a world; the same pools for all. The reference has one
/// point.
std::vector<Curve> simulate(const std::string& name, const World& world, int plays,
                            const std::vector<std::string>& names);

/// Median and largest over worlds of a policy's reach.
struct Summary {
  std::string policy, worst_world;
  double median = 0, worst = 0;
  std::vector<std::string> losses;  // worlds where it needs more than the reference
};
Summary summarize(const std::vector<Curve>& curves, const std::string& policy);

}  // namespace gradus
