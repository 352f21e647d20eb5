/// One overload of an ATen operator as the binder sees it: its schema turned into parameters that can be matched
/// against the arguments of a Python call.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>

#include <cstdint>
#include <string>
#include <vector>

#include "unit/run/interpreter.h"

namespace gradus {

enum class ParameterKind : uint8_t {
  kTensor,
  kTensorList,
  kOptionalTensorList,
  kScalar,
  kScalarList,
  kInt,
  kIntList,
  kFloat,
  kFloatList,
  kBool,
  kBoolList,
  kStr,
  kDtype,
  kLayout,
  kDevice,
  kMemoryFormat,
  kGenerator,
  kOther,
};

struct OverloadParameter {
  Ref<Str> name;  // interned
  ParameterKind kind{};
  bool optional = false;  // None is allowed
  bool keyword_only = false;
  bool has_default = false;
  int fixed_size = 0;  // int[2]: one int stands for two
  c10::IValue default_value;
};

struct Overload {
  explicit Overload(c10::OperatorHandle h) : op(h) {}
  c10::OperatorHandle op;
  std::vector<OverloadParameter> parameters;
  bool numbers_as_tensors = false;         // add(x, 2): the number becomes a wrapped tensor, as in Python
  bool random = false;                     // draws: the generator is reseeded from the random scope first
  bool fills_nan = false;                  // empty and friends
  int dropout = -1;                        // of an operator that may drop: the argument that says whether, or how much
  bool takes_requires_grad = false;        // a factory
  int varargs = -1;                        // x.view(2, 3): the parameter that takes the rest
  bool (*instead)(c10::Stack&) = nullptr;  // tried before the operator; true: it has put the result on the stack
  Ref<Class> named;                        // class of a named result, or null
};

/// The public overloads of `aten::name`, best first: no `out=`, no named dimensions, no Scalar twin of a Tensor
/// overload.
std::vector<Overload> find_overloads(Interpreter&, const std::string& name);

/// The one overload, by its full name ("add", "Tensor"); a bug if it is absent.
Overload find_overload(Interpreter&, const std::string& name, const std::string& overload);

/// "add(Tensor self, Tensor other, *, Scalar alpha=1)", for error messages.
std::string describe(const std::string& name, const Overload&);

}  // namespace gradus
