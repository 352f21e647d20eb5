/// einops: rearrange, reduce, repeat, einsum, pack, unpack. The whole pattern grammar; a pattern is parsed once a
/// process.
#pragma once

#include "unit/tensor/tensor.h"

namespace gradus {

/// _torch.einops_rearrange, einops_reduce, einops_repeat, einops_einsum, einops_pack, einops_unpack, einops_parse_shape
void add_einops(Interpreter&, ModuleObject&);

}  // namespace gradus
