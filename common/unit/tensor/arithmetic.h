/// Operators of the language on tensors: + - * …, comparisons, and their in-place forms.
#pragma once

#include "unit/tensor/tensor.h"

namespace gradus {

Value tensor_binary(Interpreter&, syntax::Op, const Value& left, const Value& right);
Value tensor_in_place(Interpreter&, syntax::Op, const Value& self, const Value& right);
Value tensor_unary(Interpreter&, syntax::Op, const Value& self);
Value tensor_compare(Interpreter&, syntax::Op, const Value& left, const Value& right);

}  // namespace gradus
