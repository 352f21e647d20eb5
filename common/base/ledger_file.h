/// One job's file of the ledger, for whoever asks when its work was done: the file's name ends in the time at which the
/// job began, and the lines are in order.
#pragma once

#include <vector>

#include "base/ledger.h"

namespace gradus {

/// Its lines; one that is no ledger line is named in a warning and left out.
std::vector<LedgerLine> read_ledger_file(const Path& file);

}  // namespace gradus
