/// x[…] and x[…] = y, in every form PyTorch knows.
#pragma once

#include "unit/tensor/tensor.h"

namespace gradus {

Value tensor_get_item(Interpreter&, const Value& self, const Value& key);
void tensor_set_item(Interpreter&, const Value& self, const Value& key, const Value& value);

/// A tensor of nested lists and numbers, as torch.tensor makes it.
at::Tensor tensor_from_data(Interpreter&, const Value& data, std::optional<at::ScalarType> dtype);

}  // namespace gradus
