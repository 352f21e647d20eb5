/// Which unit did it? A design beside itself with one unit left out, or with one subtree swapped back to its parent's,
/// as an experiment of its own: EXP/ablations/gNNN-SSS, whose reference is the design. All trees are lawful.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "design/experiment.h"
#include "ladder/rank.h"

namespace gradus {

struct Ablation {
  Design design;
  std::string operation;  // leave-out, swap-with-parent
  SlotPath where;         // "" the root
  std::string unit;       // class name of what is gone
  std::string what;       // "Gate is gone from 'mixer', its 'inner' stands there"
};

/// Leave-out: a unit's own filler takes its place where it fits, or what the GPT2 seed has there does.
/// Swap: the parent's subtree at the same place, where it differs. No two trees are equal, none is the design itself.
std::vector<Ablation> ablations(const Design& design, const Design& parent, const UnitStore& units);

/// The lowest rung at which the design's interval lies on one side of the baseline; none does: nullopt.
std::optional<std::string> separating_rung(const std::vector<Standings>& rungs, const DesignName& design);

/// The experiment, made where it is missing: rungs: [scale], generation 0 the design, generation 1 its ablations, the
/// corpus shared. `scale` "": the cheapest rung that separates. Error where there is nothing to leave out.
Path open_ablation(const Experiment& experiment, const DesignName& design, const std::string& scale);

struct AblationEffect {
  DesignName design;  // in the ablation's experiment
  Origin origin;
  bool known = false, named = false;        // evaluated; beyond 0 after Holm's correction over all ablations
  double effect = 0, lower = 0, upper = 0;  // what the unit is worth: design better than its ablation, bits per byte
  std::string text;
};
/// The largest worth first.
std::vector<AblationEffect> ablation_effects(const Experiment& ablation);

}  // namespace gradus
