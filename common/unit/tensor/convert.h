/// Values of the language as arguments of ATen: which value may stand for which parameter, and at what cost.
#pragma once

#include <ATen/core/ivalue.h>
#include <c10/core/Scalar.h>

#include <string>
#include <vector>

#include "unit/tensor/overload.h"
#include "unit/tensor/tensor.h"

namespace gradus {

constexpr int kNoMatch = -1;

/// 0: as it is; more: a conversion that another overload may spare; kNoMatch.
int match_cost(const Value&, const OverloadParameter&, bool numbers_as_tensors);
/// The argument; match_cost said that it fits.
c10::IValue to_ivalue(Interpreter&, const Value&, const OverloadParameter&);

bool is_plain_number(const Value&);                        // bool, int, float, complex
c10::Scalar to_scalar(Interpreter&, const Value&);         // also a tensor of one element
at::Tensor wrapped_number(const c10::Scalar&);             // takes part in type promotion as a Python number does
std::vector<int64_t> to_ints(Interpreter&, const Value&);  // of an int, a list, a tuple, a Size
bool is_int_like(const Value&);                            // an int or an integer tensor of no dimension
int64_t to_int(Interpreter&, const Value&);
double float_of(Interpreter&, const Value&);
std::vector<at::Tensor> to_tensors(Interpreter&, const Value&);
bool is_dtype(const Value&);  // torch.float32, also float, int, bool, complex
at::ScalarType to_dtype(Interpreter&, const Value&);
bool is_device(const Value&);
void check_device(Interpreter&, const Value&);     // raises unless it is the CPU
const std::vector<Value>* items_of(const Value&);  // of a list, tuple or Size; else null

}  // namespace gradus
