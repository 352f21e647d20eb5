/// Why a change might help, in words: from the unit's own docstring and a table of what its family is known for.
#pragma once

#include <string>
#include <vector>

#include "design/store.h"

namespace gradus {

struct Change;

/// "state of fixed size instead of all earlier keys": follows "because".
std::string why_unit(const UnitInterface& unit);
std::string why_argument(const std::string& name, bool larger);
/// One or two sentences: parents, slot, what, why.
std::string rationale(const Change& change, const std::vector<std::string>& parents);

}  // namespace gradus
