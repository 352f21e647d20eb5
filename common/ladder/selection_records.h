/// A decision as records, what `select` prints: one a run asked for, one a design that needs none or was passed over.
#pragma once

#include <vector>

#include "base/record.h"
#include "design/experiment.h"

namespace gradus {

/// Throws Error naming a design or run that is none.
std::vector<Record> selection_records(const Experiment& experiment, const Selection& selection);

}  // namespace gradus
