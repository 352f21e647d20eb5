/// Tensors as text.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace gradus {

std::string dtype_name(at::ScalarType);          // "float32"
std::string shape_and_dtype(const at::Tensor&);  // "(2, 3) float32"
std::string tensor_repr(const at::Tensor&, bool is_parameter = false);

}  // namespace gradus
