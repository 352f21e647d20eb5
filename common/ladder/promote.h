/// Who is trained next, and why: the decisions of `select`, each written once to selected/gNNN-STAGE.yaml. A decision
/// is a function of a generation's complete set (design.md §7, `barrier`), so a replay decides the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "design/experiment.h"
#include "ladder/rank.h"

namespace gradus {

/// The stages of a generation in order, for rungs nano and micro:
///   parents, nano, nano-seeds, micro, close
/// nano: every admitted design and the baselines, all learning rates on seed 0. nano-seeds: further seeds, each arm at
/// its own best rate. micro: the promoted, the audited and the baselines at the rate found below.
std::vector<std::string> selection_stages(const Settings& settings);
bool is_selection_stage(const Settings& settings, const std::string& stage);

/// Makes a decision without writing it. Throws Error naming what is missing where an earlier stage is not complete;
/// with `without_unfinished` such designs are passed over by name instead (never the reference baseline).
Selection decide(const Experiment& experiment, int generation, const std::string& stage,
                 bool without_unfinished = false);

/// With rules.promotion async: the same rules on whoever is ready. A rung takes the best of those finished so far, as
/// many as the rule gives so many, less those chosen before; who is not taken waits until the stage below is complete,
/// when the counts are the barrier's.
struct ReadyDecision {
  Selection selection;    // what is new
  bool complete = false;  // nobody is left to decide on
};
ReadyDecision decide_ready(const Experiment& experiment, int generation, const std::string& stage,
                           const Selection& before, bool without_unfinished = false);

/// Generation 0; the first is the reference. Error where there is none.
std::vector<DesignName> read_baselines(const Experiment& experiment);
inline constexpr const char* kSeeds = "-seeds";  // suffix of the lowest rung's second stage

/// The standings of a rung over all designs with runs there; audit marks come from the decision files.
Standings read_standings(const Experiment& experiment, const std::string& scale);

/// How many of n finished designs climb.
int promoted_count(const Rules& rules, int finished);

/// Thompson on standings: draws of the posteriors, best first, all different. The baseline stands at 0.
std::vector<DesignName> draw_parents(const std::vector<Standing>& candidates, const std::vector<DesignName>& baselines,
                                     int n, uint64_t key);

}  // namespace gradus
