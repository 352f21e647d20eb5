/// The gate on one design, in three tiers (README.md of this folder). check_design runs in the calling process; tools
/// call check_in_child, which survives whatever the units do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/child.h"
#include "design/files.h"
#include "design/store.h"
#include "design/tree.h"

namespace gradus {

enum class Tier { kFast, kFull, kLearning };
const char* to_string(Tier tier);
/// UsageError naming the three.
Tier tier_of(const std::string& name);

struct GateSettings {
  CheckSettings check;
  std::map<std::string, Scale> scales;  // the design is fitted to each
  std::string shape_scale;              // the lowest rung: the checks run on the model of this scale
  Path corpus;                          // what the learning tier reads (learning_corpus); empty: made-up tokens
  Path cache;                           // where the seed's learning curves are kept; empty: nowhere
  std::optional<Learning> seed;         // those curves, where they are known; check_in_child sees to it
  bool exhaustive = false;              // the full tier's causality check without a budget, every product
};
GateSettings gate_settings(const Settings& settings);

/// The checks of all tiers up to settings.check.tier; a tier that refuses is the last, but reports everything it found.
/// Never throws for what a unit does wrong.
CheckResult check_design(const Design& design, const UnitStore& units, const GateSettings& settings);

/// One job for the child: the design's YAML text and where its units are.
struct GateJob {
  std::string design_yaml;
  std::string units_directory;
};
/// Runs the jobs one after another in a child (kGateChild must be registered by the tool's main). A crash, a timeout or
/// a memory bomb is a refusal with that reason.
std::vector<CheckResult> check_in_child(const std::vector<GateJob>& jobs, const GateSettings& settings);
void register_gate_child();  // and that of the learning tier

}  // namespace gradus
