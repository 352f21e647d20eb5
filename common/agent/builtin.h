// What ships inside the binaries for the agents, embedded at build (compare design/builtin.h).
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace gradus {

/// configs/prompts/*.md: the templates of the roles ("proposer.md").
const std::vector<std::pair<std::string_view, std::string_view>>& builtin_prompts();

/// data/library/*.tsv: the papers and what they say.
const std::vector<std::pair<std::string_view, std::string_view>>& builtin_library();

}  // namespace gradus
