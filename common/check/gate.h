/// The gate's fast tier on one design (README.md of this folder). check_design runs in the calling process; tools call
/// check_in_child, which survives whatever the units do.
#pragma once

#include <string>
#include <vector>

#include "base/child.h"
#include "design/files.h"
#include "design/store.h"
#include "design/tree.h"

namespace gradus {

struct GateSettings {
  CheckSettings check;
  std::map<std::string, Scale> scales;  // the design is fitted to each
  std::string shape_scale;              // the lowest rung: the checks run on the model of this scale
};
GateSettings gate_settings(const Settings& settings);

/// All checks of the fast tier; stops at the first refusal and reports everything known by then. Never throws for what
/// a unit does wrong.
CheckResult check_design(const Design& design, const UnitStore& units, const GateSettings& settings);

/// One job for the child: the design's YAML text and where its units are.
struct GateJob {
  std::string design_yaml;
  std::string units_directory;
};
/// Runs the jobs one after another in a child (kGateChild must be registered by the tool's main). A crash, a timeout or
/// a memory bomb is a refusal with that reason.
std::vector<CheckResult> check_in_child(const std::vector<GateJob>& jobs, const GateSettings& settings);
void register_gate_child();

}  // namespace gradus
