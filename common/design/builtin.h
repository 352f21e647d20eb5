// What ships inside the binaries: the units, designs and configurations of the source tree, embedded at build, so that
// a tool copied to a compute node needs no data folder beside it.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace gradus {

/// data/units/**/*.py, by name relative to that folder ("swiglu.py"), in the order of names.
const std::vector<std::pair<std::string_view, std::string_view>>& builtin_units();

/// data/canaries/**/*.py: known cheats and honest blocks ("cheat/batch_mean.py", "honest/token_shift.py").
const std::vector<std::pair<std::string_view, std::string_view>>& builtin_canaries();

/// data/designs/**/*.yaml: complete trees ("gpt2.yaml").
const std::vector<std::pair<std::string_view, std::string_view>>& builtin_designs();

/// configs/**/*.yaml ("scales.yaml", "demo.yaml").
const std::vector<std::pair<std::string_view, std::string_view>>& builtin_configs();

/// common/design/hub/*.py: the model class and the tokenizer that an export for transformers is written with.
const std::vector<std::pair<std::string_view, std::string_view>>& builtin_hub();

}  // namespace gradus
