// The prelude's modules as text, embedded at build: torch, torch.nn, einops as the unit language sees them.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace gradus {

/// Every .py file under common/unit/prelude, by name relative to it ("torch/nn/functional.py"), in the order of names.
const std::vector<std::pair<std::string_view, std::string_view>>& prelude_sources();

}  // namespace gradus
