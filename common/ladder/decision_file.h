/// Decisions on disk. Each file is written once, whole: of any number of jobs that decide at the same time one is
/// first, and the others read what it wrote.
#pragma once

#include <string>

#include "design/experiment.h"

namespace gradus {

struct DecisionRequest {
  int generation = 0;
  std::string stage;
  bool without_unfinished = false;  // pass over designs whose files or runs are missing
  bool force = false;               // make a decision again that is there (barrier alone)
};
struct TakenDecision {
  Selection selection;  // the whole stage as far as it is decided
  bool written = false, complete = true;
};

/// barrier: what is there, else the decision of the complete set. async: all parts so far, after adding one for whoever
/// is ready and not yet decided on; with nobody ready nothing is written. `parents` and `close` are always whole.
TakenDecision take_decision(const Experiment& experiment, const DecisionRequest& request);

}  // namespace gradus
