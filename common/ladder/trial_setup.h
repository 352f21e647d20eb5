/// The small experiment of a trial: its settings, and designs let in by the gate.
#pragma once

#include <string>

#include "design/experiment.h"
#include "design/fit.h"

namespace gradus {

/// One rung, the default rules, and a parameter tolerance as coarse as a plain file's depth makes it.
Settings trial_settings(const std::string& scale_name, double tolerance);

/// Writes a design's tree and the gate's verdict on it (in a child; register_gate_child). `match`: the fit whose
/// parameters it must follow. A verdict that is there is kept, unless there is something to match.
CheckResult admit(const Experiment& experiment, const DesignName& name, const Design& design, const Fit* match);

/// "causality: output 7 changes by … (mask …)".
std::string refusal(const CheckResult& check);

}  // namespace gradus
