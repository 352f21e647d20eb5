/// What an experiment knows of its designs when parents are drawn.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ladder/parents.h"
#include "ladder/rank.h"

namespace gradus {

struct ParentPool {
  std::vector<ParentCandidate> candidates;
  std::map<DesignName, Standing> rows;  // at the highest rung each has reached
};
/// Designs of generations before this one with a comparable run: no audits, none that diverged, learned nothing or is
/// quarantined at whichever rung.
ParentPool read_parent_pool(const Experiment& experiment, int generation);
std::string parent_rule(const DrawSettings& draw);  // in words

}  // namespace gradus
