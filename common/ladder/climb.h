/// What it is worth to train a design on a rung: the rule `worth` of rules.budget.counts, which the simulator plays as
/// `ours` run by run.
#pragma once

#include <map>
#include <optional>

#include "design/experiment.h"
#include "ladder/rank.h"
#include "ladder/target.h"

namespace gradus {

/// Runs of a design at a rung as the target model reads them; nothing where it has no pair or diverged.
Shows shows_of(const Standing& standing, const Noise& noise);

struct ClimbValues {
  std::map<DesignName, double> worth;  // expected improvement at the target, for what the runs settle, a FLOP
  std::map<DesignName, TargetLead> lead;
  double fresh = 0;  // the same of a new design's runs at the lowest rung
};
/// Of the designs with a comparable run at the rung below `level`, from all standings there are; the best known is at
/// least the baseline, at 0.
ClimbValues value_climbs(const Experiment& experiment, size_t level);

}  // namespace gradus
