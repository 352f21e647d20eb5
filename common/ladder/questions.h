/// What `select` answers beside its stages, as the lines it prints: calibration, outlook, confirmation, ablation,
/// population; and a decision as records.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/record.h"
#include "base/tool.h"
#include "design/experiment.h"

namespace gradus {

/// The answer to --calibration, --outlook, --confirm, --ablate or --population; none of them: nullopt.
std::optional<std::string> select_question(const Experiment& experiment, const Args& args);
/// --calibration of a table of runs (run_table.h), where the path is a file.
std::optional<std::string> table_question(const Path& path, const Args& args);

/// One a run asked for, one a design that needs none or was passed over. Error naming a design or run that is none.
std::vector<Record> selection_records(const Experiment& experiment, const Selection& selection);

/// Without --generation: the newest that has parents drawn or designs; for `parents` the one after the newest closed.
int newest_generation(const Experiment& experiment, const std::string& stage);

}  // namespace gradus
