/// Weights for others: the safetensors format (8 bytes of header length, a JSON header, the data in order), which stock
/// PyTorch reads without any package of ours.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"

namespace gradus {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Written whole or not at all; `metadata` is text by name.
void write_safetensors(const Path& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// In the order of the data. Throws Error naming the file for anything that is not such a file.
NamedTensors read_safetensors(const Path& path);

}  // namespace gradus
