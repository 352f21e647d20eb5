/// How far a design came before its first pretraining: through review, implementation and the gate, or where it fell.
#pragma once

#include <string>

#include "design/experiment.h"

namespace gradus {

struct Admission {
  enum class Kind { kPassed, kRefused, kUnfinished } kind = Kind::kUnfinished;
  std::string reason;  // "review: duplicate of g000-000"; unfinished: the stage that is missing
};

Admission admission(const Experiment& experiment, const DesignName& design);

}  // namespace gradus
