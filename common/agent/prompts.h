/// The prompts of the roles: configs/prompts/*.md, built in, or EXP/prompts/*.md in their place. A file is what the
/// system says, the line `=== user ===`, and what the user says, both rendered by base/template.h. `{{ contract }}` is
/// contract.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/file.h"

namespace gradus {

struct Prompt {
  std::string system, user;
  std::string id;  // "coder.md@0123456789abcdef": over the bytes of template and contract
};

Prompt render_prompt(const Path& experiment, const std::string& name, const nlohmann::json& values);

}  // namespace gradus
