/// What a design costs, operator by operator and unit by unit: one block on one sequence of a scale.
#pragma once

#include <string>

#include "check/gate.h"

namespace gradus {

/// A table: `step|unit|operator`, name, calls, FLOPs, bytes moved, bytes made, peak live bytes; `.` where not counted.
/// `step`: forward, what it keeps for backward, backward. Runs in the calling process; UnitError when a unit fails.
std::string profile_design(const Design& design, const UnitStore& units, const Scale& scale,
                           const CheckSettings& settings);

/// The same in a child (register_profile_child); Error with what happened where it fails.
std::string profile_in_child(const GateJob& job, const Scale& scale, const CheckSettings& settings);
void register_profile_child();

}  // namespace gradus
