/// What ATen returns, as values of the language.
#pragma once

#include <ATen/core/ivalue.h>

#include <string>
#include <vector>

#include "unit/tensor/overload.h"
#include "unit/tensor/tensor.h"

namespace gradus {

/// The class of a named result, torch.return_types.NAME: a tuple whose fields are also attributes.
Ref<Class> return_type(Interpreter&, const std::string& name, const std::vector<std::string>& fields);

Value from_ivalue(Interpreter&, const c10::IValue&);
Value from_scalar(const c10::Scalar&);
/// The whole result. `self`, when it is a tensor and the result is the same one (in-place operators, no-op
/// conversions), is returned itself: identity is that of the tensor.
Value from_results(Interpreter&, const Overload&, const c10::IValue* results, size_t n, const Value* self);

Value make_tuple(std::vector<Value> items);
Value make_list(std::vector<Value> items);
/// torch.Size
Value make_size(at::IntArrayRef sizes);

}  // namespace gradus
