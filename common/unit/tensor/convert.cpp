#include "unit/tensor/convert.h"

#include <ATen/ScalarOps.h>
#include <ATen/core/List.h>
#include <ATen/ops/scalar_tensor.h>
#include <c10/core/Device.h>

#include <algorithm>

#include "unit/run/object.h"
#include "unit/tensor/state.h"
#include "unit/tensor/types.h"

namespace gradus {

namespace {

bool is_complex(const Value& v) { return v.is(Kind::kComplex); }
/// A tensor that Python lets stand for a number: of no dimension, outside autograd.
bool is_scalar_tensor(const Value& v) {
  return is_tensor(v) && to_tensor(v).dim() == 0 && !to_tensor(v).requires_grad();
}
bool is_integer_tensor(const Value& v) {
  return is_tensor(v) && to_tensor(v).numel() == 1 && !to_tensor(v).requires_grad() &&
         at::isIntegralType(to_tensor(v).scalar_type(), false);
}

template <class F>
int all_of(const Value& v, F&& f) {
  const auto* items = items_of(v);
  return items && std::all_of(items->begin(), items->end(), f) ? 0 : kNoMatch;
}

int match_ints(const Value& v, const OverloadParameter& p) {
  if (p.fixed_size > 0 && is_int_like(v)) return 1;
  return all_of(v, [](const Value& i) { return is_int_like(i); });
}

int match_number(const Value& v, ParameterKind kind) {
  if (kind == ParameterKind::kScalar) {
    if (is_plain_number(v)) return 0;
    return is_scalar_tensor(v) ? 3 : kNoMatch;
  }
  if (kind == ParameterKind::kInt) {
    if (v.is_int()) return 0;
    return is_integer_tensor(v) ? 3 : kNoMatch;
  }
  if (v.is_float()) return 0;
  if (v.is_integral()) return 1;
  return is_scalar_tensor(v) ? 3 : kNoMatch;
}

}  // namespace

const std::vector<Value>* items_of(const Value& v) {
  if (v.is(Kind::kTuple) || v.is(Kind::kSize)) return &v.as<Tuple>().items;
  if (v.is(Kind::kList)) return &v.as<List>().items;
  return nullptr;
}

bool is_plain_number(const Value& v) { return v.is_integral() || v.is_float() || is_complex(v); }
bool is_int_like(const Value& v) { return v.is_int() || is_integer_tensor(v); }

bool is_dtype(const Value& v) {
  if (v.is(Kind::kDtype)) return true;
  if (!v.is(Kind::kClass)) return false;
  const auto& n = v.as<Class>().name;
  return v.as<Class>().module == "builtins" && (n == "float" || n == "int" || n == "bool" || n == "complex");
}
bool is_device(const Value& v) { return v.is(Kind::kDevice); }

int match_cost(const Value& v, const OverloadParameter& p, bool numbers_as_tensors) {
  if (v.is_none()) return p.optional ? 0 : kNoMatch;
  switch (p.kind) {
    case ParameterKind::kTensor:
      if (is_tensor(v)) return 0;
      return numbers_as_tensors && is_plain_number(v) ? 1 : kNoMatch;
    case ParameterKind::kScalar:
    case ParameterKind::kInt:
    case ParameterKind::kFloat:
      return match_number(v, p.kind);
    case ParameterKind::kBool:
      return v.is_bool() ? 0 : kNoMatch;
    case ParameterKind::kStr:
      return v.is(Kind::kStr) ? 0 : kNoMatch;
    case ParameterKind::kIntList:
      return match_ints(v, p);
    case ParameterKind::kFloatList:
      return all_of(v, [](const Value& i) { return i.is_float() || i.is_integral(); });
    case ParameterKind::kScalarList:
      return all_of(v, is_plain_number);
    case ParameterKind::kBoolList:
      return all_of(v, [](const Value& i) { return i.is_bool(); });
    case ParameterKind::kTensorList:
      return all_of(v, is_tensor);
    case ParameterKind::kOptionalTensorList:
      return all_of(v, [](const Value& i) { return is_tensor(i) || i.is_none(); });
    case ParameterKind::kDtype:
      return is_dtype(v) ? 0 : kNoMatch;
    case ParameterKind::kDevice:
      return is_device(v) || v.is(Kind::kStr) ? 0 : kNoMatch;
    case ParameterKind::kLayout:
      return is_native(v, "layout") ? 0 : kNoMatch;
    case ParameterKind::kMemoryFormat:
      return is_native(v, "memory_format") ? 0 : kNoMatch;
    case ParameterKind::kGenerator:
      return is_native(v, "Generator") ? 0 : kNoMatch;
    case ParameterKind::kOther:
      return kNoMatch;
  }
  return kNoMatch;
}

c10::Scalar to_scalar(Interpreter& in, const Value& v) {
  if (v.is_bool()) return c10::Scalar(v.as_bool());
  if (v.is_int()) return c10::Scalar(v.as_int());
  if (v.is_float()) return c10::Scalar(v.as_float());
  if (is_complex(v)) return c10::Scalar(c10::complex<double>(v.as<Complex>().real, v.as<Complex>().imaginary));
  if (is_tensor(v)) return to_tensor(v).item();
  in.raise("TypeError", "expected a number, not " + in.type_name(v));
}

at::Tensor wrapped_number(const c10::Scalar& s) { return at::native::wrapped_scalar_tensor(s); }

int64_t to_int(Interpreter& in, const Value& v) {
  if (v.is_integral()) return v.as_int();
  if (is_tensor(v) && to_tensor(v).numel() == 1) return to_tensor(v).item().toLong();
  in.raise("TypeError", "expected an int, not " + in.type_name(v));
}

double float_of(Interpreter& in, const Value& v) {
  if (v.is_float()) return v.as_float();
  if (v.is_integral()) return static_cast<double>(v.as_int());
  if (is_tensor(v) && to_tensor(v).numel() == 1) return to_tensor(v).item().toDouble();
  in.raise("TypeError", "expected a float, not " + in.type_name(v));
}

std::vector<int64_t> to_ints(Interpreter& in, const Value& v) {
  const auto* items = items_of(v);
  if (!items) return {to_int(in, v)};
  std::vector<int64_t> result;
  result.reserve(items->size());
  for (const Value& i : *items) result.push_back(to_int(in, i));
  return result;
}

std::vector<at::Tensor> to_tensors(Interpreter& in, const Value& v) {
  std::vector<at::Tensor> result;
  for (const Value& i : in.to_vector(v)) {
    if (!is_tensor(i)) in.raise("TypeError", "expected a sequence of Tensors, found " + in.type_name(i) + " in it");
    result.push_back(to_tensor(i));
  }
  return result;
}

at::ScalarType to_dtype(Interpreter& in, const Value& v) {
  if (v.is(Kind::kDtype)) return true_type(in, v.as<DtypeObject>().type);
  if (is_dtype(v)) {
    const auto& n = v.as<Class>().name;
    return n == "float" ? at::kDouble : n == "int" ? at::kLong : n == "bool" ? at::kBool : at::kComplexDouble;
  }
  in.raise("TypeError", "expected a torch.dtype, not " + in.type_name(v));
}

void check_device(Interpreter& in, const Value& v) {
  if (v.is_none()) return;
  std::string name = v.is(Kind::kStr) ? v.as<Str>().text : is_device(v) ? v.as<DeviceObject>().name : "?";
  if (name == "cpu" || name.starts_with("cpu:")) return;
  in.raise("RuntimeError", "device '" + name + "' is not available: units run on the CPU device they are given");
}

namespace {

c10::IValue ints_ivalue(Interpreter& in, const Value& v, const OverloadParameter& p) {
  c10::List<int64_t> list;
  if (const auto* items = items_of(v)) {
    list.reserve(items->size());
    for (const Value& i : *items) list.push_back(i.is_int() ? i.as_int() : to_int(in, i));
  } else {
    int64_t i = to_int(in, v);
    for (int k = 0; k < p.fixed_size; ++k) list.push_back(i);
  }
  return list;
}

c10::IValue list_ivalue(Interpreter& in, const Value& v, const OverloadParameter& p) {
  const auto& items = *items_of(v);
  if (p.kind == ParameterKind::kTensorList) {
    c10::List<at::Tensor> list;
    list.reserve(items.size());
    for (const Value& i : items) list.push_back(to_tensor(i));
    return list;
  }
  if (p.kind == ParameterKind::kOptionalTensorList) {
    c10::List<std::optional<at::Tensor>> list;
    for (const Value& i : items) list.push_back(i.is_none() ? std::nullopt : std::make_optional(to_tensor(i)));
    return list;
  }
  if (p.kind == ParameterKind::kFloatList) {
    c10::List<double> list;
    for (const Value& i : items) list.push_back(float_of(in, i));
    return list;
  }
  if (p.kind == ParameterKind::kBoolList) {
    c10::List<bool> list;
    for (const Value& i : items) list.push_back(i.as_bool());
    return list;
  }
  c10::List<c10::IValue> list(c10::NumberType::get());
  for (const Value& i : items) list.push_back(to_scalar(in, i));
  return list;
}

}  // namespace

c10::IValue to_ivalue(Interpreter& in, const Value& v, const OverloadParameter& p) {
  if (v.is_none()) return p.kind == ParameterKind::kTensor && !p.optional ? c10::IValue(at::Tensor()) : c10::IValue();
  switch (p.kind) {
    case ParameterKind::kTensor:
      return is_tensor(v) ? to_tensor(v) : wrapped_number(to_scalar(in, v));
    case ParameterKind::kScalar:
      return to_scalar(in, v);
    case ParameterKind::kInt:
      return to_int(in, v);
    case ParameterKind::kFloat:
      return float_of(in, v);
    case ParameterKind::kBool:
      return v.as_bool();
    case ParameterKind::kStr:
      return v.as<Str>().text;
    case ParameterKind::kIntList:
      return ints_ivalue(in, v, p);
    case ParameterKind::kDtype:
      return to_dtype(in, v);
    case ParameterKind::kDevice:
      check_device(in, v);
      return tensor_state(in).device;
    case ParameterKind::kLayout:
    case ParameterKind::kMemoryFormat:
      return native_part<EnumData>(v).value;
    case ParameterKind::kGenerator:
      return native_part<at::Generator>(v);
    default:
      return list_ivalue(in, v, p);
  }
}

}  // namespace gradus
