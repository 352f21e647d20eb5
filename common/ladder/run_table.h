/// Runs in a table instead of an experiment, as tests/pilot/measure.sh prints them: tab-separated, a run a line,
///   design  scale  seed  lr  bits_per_byte_half  bits_per_byte  flops  tokens        # opens a comment, `.`: not known
/// Scales stand in the order they first appear in, lowest first; the first design is the reference.
#pragma once

#include <string>
#include <vector>

#include "ladder/arm.h"
#include "ladder/rank.h"

namespace gradus {

struct RunTable {
  std::vector<std::string> scales, designs;  // design i is DesignName{0, i}
  std::vector<Arms> arms;                    // by scale
};

/// Error naming file, line and column. A table says nothing of confirmation: validation stands for it.
RunTable read_run_table(const Path& path);
std::vector<Standings> standings_of(const RunTable& table, double confidence);

}  // namespace gradus
