#include "unit/tensor/overload.h"

#include <ATen/core/function_schema.h>
#include <ATen/core/jit_type.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "unit/tensor/attention.h"
#include "unit/tensor/convolution.h"
#include "unit/tensor/result.h"

namespace gradus {

namespace {

using Names = std::unordered_map<std::string, std::vector<std::string>>;

/// Overload names by operator, of everything registered under aten::. Built once a process: schemas do not change.
const Names& overload_names() {
  static const Names names = [] {
    Names all;
    for (const auto& n : c10::Dispatcher::singleton().getAllOpNames())
      if (n.name.starts_with("aten::")) all[n.name.substr(6)].push_back(n.overload_name);
    for (auto& [name, overloads] : all) std::sort(overloads.begin(), overloads.end());
    return all;
  }();
  return names;
}

ParameterKind list_kind(const c10::TypePtr& element) {
  switch (element->kind()) {
    case c10::TypeKind::TensorType:
      return ParameterKind::kTensorList;
    case c10::TypeKind::OptionalType:
      return ParameterKind::kOptionalTensorList;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      return ParameterKind::kIntList;
    case c10::TypeKind::FloatType:
      return ParameterKind::kFloatList;
    case c10::TypeKind::BoolType:
      return ParameterKind::kBoolList;
    case c10::TypeKind::NumberType:
      return ParameterKind::kScalarList;
    default:
      return ParameterKind::kOther;
  }
}

/// `real` tells a ScalarType, Layout or MemoryFormat from the int that stands for it.
ParameterKind kind_of(const c10::TypePtr& real) {
  switch (real->kind()) {
    case c10::TypeKind::TensorType:
      return ParameterKind::kTensor;
    case c10::TypeKind::NumberType:
      return ParameterKind::kScalar;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      return ParameterKind::kInt;
    case c10::TypeKind::FloatType:
      return ParameterKind::kFloat;
    case c10::TypeKind::BoolType:
      return ParameterKind::kBool;
    case c10::TypeKind::StringType:
      return ParameterKind::kStr;
    case c10::TypeKind::ScalarTypeType:
      return ParameterKind::kDtype;
    case c10::TypeKind::LayoutType:
      return ParameterKind::kLayout;
    case c10::TypeKind::MemoryFormatType:
      return ParameterKind::kMemoryFormat;
    case c10::TypeKind::DeviceObjType:
      return ParameterKind::kDevice;
    case c10::TypeKind::GeneratorType:
      return ParameterKind::kGenerator;
    case c10::TypeKind::ListType:
      return list_kind(real->castRaw<c10::ListType>()->getElementType());
    default:
      return ParameterKind::kOther;
  }
}

OverloadParameter parameter_of(Interpreter& in, const c10::Argument& a) {
  OverloadParameter p;
  p.name = in.intern(a.name());
  c10::TypePtr real = a.real_type();
  if (auto* o = real->castRaw<c10::OptionalType>()) {
    p.optional = true;
    real = o->getElementType();
  }
  p.kind = kind_of(real);
  p.keyword_only = a.kwarg_only();
  p.has_default = a.default_value().has_value();
  if (p.has_default) p.default_value = *a.default_value();
  if (a.N()) p.fixed_size = *a.N();
  return p;
}

/// Python's own list (python_arg_parser.cpp, should_allow_numbers_as_tensors).
bool numbers_stand_for_tensors(std::string_view name) {
  static const std::unordered_set<std::string_view> names = {
      "add",         "add_",         "sub",          "sub_",          "subtract", "subtract_", "mul",
      "mul_",        "multiply",     "multiply_",    "div",           "div_",     "divide",    "divide_",
      "true_divide", "true_divide_", "floor_divide", "floor_divide_", "copy_"};
  return names.contains(name);
}

/// The parameter of x.view(2, 3): an int list that is the only positional one beside self.
int varargs_index(const std::vector<OverloadParameter>& parameters) {
  int first = 0, positional = 0;
  for (const auto& p : parameters) positional += !p.keyword_only;
  if (!parameters.empty() && parameters[0].kind == ParameterKind::kTensor) first = 1;
  bool only = positional == first + 1 && parameters[first].kind == ParameterKind::kIntList;
  return only ? first : -1;
}

bool is_public(const c10::FunctionSchema& schema) {
  if (schema.overload_name().find("Dimname") != std::string::npos ||
      schema.overload_name().find("dimname") != std::string::npos)
    return false;
  for (const auto& a : schema.arguments()) {
    if (a.is_out()) return false;
    std::string type = a.real_type()->str();
    if (type.find("Storage") != std::string::npos || type.find("Stream") != std::string::npos) return false;
    if (a.name() == "names" || a.name().starts_with("_")) return false;
  }
  return true;
}

Overload make_overload(Interpreter& in, const std::string& name, const c10::OperatorHandle& handle) {
  Overload o(handle);
  const auto& schema = handle.schema();
  for (const auto& a : schema.arguments()) o.parameters.push_back(parameter_of(in, a));
  bool dtype = false, layout = false;
  for (const auto& p : o.parameters) {
    dtype |= p.kind == ParameterKind::kDtype;
    layout |= p.kind == ParameterKind::kLayout;
  }
  o.numbers_as_tensors = numbers_stand_for_tensors(name);
  o.random = handle.hasTag(at::Tag::nondeterministic_seeded);
  for (size_t i = 0; i < schema.arguments().size(); ++i) {
    const std::string& argument = schema.arguments()[i].name();
    const bool says = argument == "train" && name.find("dropout") != std::string::npos;
    if (says || argument == "dropout_p" || argument == "dropout") o.dropout = static_cast<int>(i);
  }
  o.fills_nan = name == "empty" || name == "empty_like" || name == "new_empty";
  o.takes_requires_grad = dtype && layout && name != "to";
  o.varargs = varargs_index(o.parameters);
  if (name == "scaled_dot_product_attention") o.instead = plain_attention;
  if (name == "conv1d") o.instead = depthwise_convolution;
  if (schema.returns().size() > 1 && !schema.returns()[0].name().empty() && schema.returns()[0].name() != "out0") {
    std::vector<std::string> fields;
    for (const auto& r : schema.returns()) fields.push_back(r.name());
    o.named = return_type(in, name, fields);
  }
  return o;
}

/// add.Scalar and its like: Python binds only the Tensor twin and wraps the number.
bool has_tensor_twin(const c10::FunctionSchema& schema, const std::string& name) {
  return numbers_stand_for_tensors(name) && schema.overload_name().starts_with("Scalar");
}

}  // namespace

std::vector<Overload> find_overloads(Interpreter& in, const std::string& name) {
  std::vector<Overload> result;
  auto found = overload_names().find(name);
  if (found == overload_names().end()) return result;
  for (const auto& overload : found->second) {
    auto handle = c10::Dispatcher::singleton().findSchema({"aten::" + name, overload});
    if (!handle || !is_public(handle->schema()) || has_tensor_twin(handle->schema(), name)) continue;
    result.push_back(make_overload(in, name, *handle));
  }
  return result;
}

Overload find_overload(Interpreter& in, const std::string& name, const std::string& overload) {
  auto handle = c10::Dispatcher::singleton().findSchema({"aten::" + name, overload});
  if (!handle) throw std::logic_error("no operator aten::" + name + "." + overload);
  return make_overload(in, name, *handle);
}

std::string describe(const std::string& name, const Overload& o) {
  std::ostringstream s;
  s << name << "(";
  bool star = false, first = true;
  for (const auto& a : o.op.schema().arguments()) {
    if (a.name() == "layout" || a.name() == "pin_memory") continue;
    if (!first) s << ", ";
    first = false;
    if (a.kwarg_only() && !star) s << "*, ", star = true;
    std::string type = a.real_type()->str();
    for (size_t at; (at = type.find("SymInt")) != std::string::npos;) type.replace(at, 6, "int");
    s << type << " " << a.name();
    if (a.default_value()) {
      if (a.default_value()->isNone())
        s << "=None";
      else
        s << "=" << *a.default_value();
    }
  }
  s << ")";
  return s.str();
}

}  // namespace gradus
