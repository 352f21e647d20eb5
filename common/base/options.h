/// Inside tool.h: the words of a command line, and the table of options in --help.
#pragma once

#include <string>
#include <vector>

#include "base/tool.h"

namespace gradus {

/// The options all tools share, --help and --version among them.
const std::vector<Option>& common_options();

/// Two columns: "  --scale NAME   the rung to train at", a tool's own first.
std::string option_table(const std::vector<Option>& own);

}  // namespace gradus
