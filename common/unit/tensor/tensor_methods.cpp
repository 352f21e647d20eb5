#include <torch/csrc/autograd/autograd.h>

#include <functional>

#include "unit/run/object.h"
#include "unit/tensor/convert.h"
#include "unit/tensor/display.h"
#include "unit/tensor/fast.h"
#include "unit/tensor/index.h"
#include "unit/tensor/operators.h"
#include "unit/tensor/result.h"
#include "unit/tensor/tensor_class.h"
#include "unit/tensor/types.h"

namespace gradus {

namespace {

const at::Tensor& self_of(const Arguments& a) {
  if (a.positional.empty()) raise_not_a_tensor();
  return to_tensor(a.positional[0]);
}

Value same_or(const Value& self, at::Tensor t) { return to_tensor(self).is_same(t) ? self : from_tensor(std::move(t)); }

Value converted(Interpreter& in, const Value& self, at::ScalarType type) {
  return same_or(self, apply_tensor(in, fast(in).to_dtype, {to_tensor(self), static_cast<int64_t>(type)}));
}

Value size_of(Interpreter& in, const Arguments& a) {
  static const Signature signature("size", "self, dim=None");
  auto v = signature.bind(in, a);
  if (v[1].is_none()) return make_size(self_of(a).sizes());
  return guarded(in, [&]() -> Value { return to_tensor(v[0]).size(to_int(in, v[1])); });
}

Value stride_of(Interpreter& in, const Arguments& a) {
  static const Signature signature("stride", "self, dim=None");
  auto v = signature.bind(in, a);
  if (!v[1].is_none()) return guarded(in, [&]() -> Value { return to_tensor(v[0]).stride(to_int(in, v[1])); });
  std::vector<Value> items;
  for (int64_t s : self_of(a).strides()) items.emplace_back(s);
  return make_tuple(std::move(items));
}

/// Of a contiguous tensor, and within it: never of what lies behind a view.
Value as_strided(Interpreter& in, const Arguments& a) {
  static const Signature signature("as_strided", "self, size, stride, storage_offset=None");
  auto v = signature.bind(in, a);
  const at::Tensor& t = to_tensor(v[0]);
  const std::vector<int64_t> sizes = to_ints(in, v[1]), strides = to_ints(in, v[2]);
  const int64_t offset = v[3].is_none() ? 0 : to_int(in, v[3]);
  if (!t.is_contiguous() || t.storage_offset() != 0)
    in.raise("RuntimeError", "as_strided() of a view reaches the memory behind it: call clone() first");
  double last = static_cast<double>(offset);
  bool fits = sizes.size() == strides.size() && offset >= 0;
  for (size_t k = 0; fits && k < sizes.size(); ++k) {
    fits = sizes[k] >= 0 && strides[k] >= 0;
    last += static_cast<double>(std::max<int64_t>(sizes[k] - 1, 0)) * static_cast<double>(strides[k]);
  }
  if (!fits || last >= static_cast<double>(t.numel()))
    in.raise("RuntimeError", "as_strided(): sizes and strides are out of bounds for a tensor of " +
                                 std::to_string(t.numel()) + " elements");
  return call_named(in, "as_strided", {v[0], make_size(sizes), make_size(strides), Value(offset)});
}

Value to_list(Interpreter& in, const at::Tensor& t) {
  in.count_step();
  if (t.dim() == 0) return from_scalar(t.item());
  std::vector<Value> items;
  for (int64_t i = 0; i < t.size(0); ++i) items.push_back(to_list(in, t.select(0, i)));
  return make_list(std::move(items));
}

Value item_of(Interpreter& in, const Arguments& a) {
  const at::Tensor& t = self_of(a);
  if (t.numel() != 1)
    in.raise("RuntimeError", "a Tensor with " + std::to_string(t.numel()) + " elements cannot be converted to Scalar");
  return from_scalar(t.item());
}

Value only_item(Interpreter& in, const Arguments& a) {
  if (self_of(a).numel() != 1) in.raise("ValueError", "only one element tensors can be converted to Python scalars");
  return item_of(in, a);
}
Value as_float(Interpreter& in, const Arguments& a) { return float_of(in, only_item(in, a)); }
Value as_int(Interpreter& in, const Arguments& a) {
  Value v = only_item(in, a);
  return v.is_float() ? Value(static_cast<int64_t>(v.as_float())) : Value(to_int(in, v));
}
Value as_index(Interpreter& in, const Arguments& a) {
  if (!at::isIntegralType(self_of(a).scalar_type(), true) || self_of(a).numel() != 1)
    in.raise("TypeError", "only integer tensors of a single element can be converted to an index");
  return to_int(in, item_of(in, a));
}

Value backward(Interpreter& in, const Arguments& a) {
  static const Signature signature("backward",
                                   "self, gradient=None, retain_graph=None, create_graph=False, inputs=None");
  auto v = signature.bind(in, a);
  std::vector<at::Tensor> gradients;
  if (is_tensor(v[1])) gradients.push_back(to_tensor(v[1]));
  bool create = in.truth(v[3]);
  run_backward(in, {to_tensor(v[0])}, gradients, v[2].is_none() ? create : in.truth(v[2]), create);
  return Value();
}

Value requires_grad_(Interpreter& in, const Arguments& a) {
  static const Signature signature("requires_grad_", "self, requires_grad=True");
  auto v = signature.bind(in, a);
  const bool wanted = in.truth(v[1]);
  check_requires_grad(in, to_tensor(v[0]), wanted, !wanted);
  return guarded(in, [&] {
    to_tensor(v[0]).set_requires_grad(wanted);
    return v[0];
  });
}

Value new_tensor(Interpreter& in, const Arguments& a) {
  static const Signature signature("new_tensor", "self, data, dtype=None, device=None, requires_grad=False");
  auto v = signature.bind(in, a);
  auto type = v[2].is_none() ? to_tensor(v[0]).scalar_type() : to_dtype(in, v[2]);
  Value t = from_tensor(tensor_from_data(in, v[1], type));
  if (in.truth(v[4])) to_tensor(t).set_requires_grad(true);
  return t;
}

Value unflatten(Interpreter& in, const Arguments& a) {
  static const Signature signature("unflatten", "self, dim, *sizes");
  std::vector<std::pair<Ref<Str>, Value>> rest;
  Value by_name = Value::undefined();
  for (const auto& k : a.keywords) k.first->text == "sizes" ? void(by_name = k.second) : rest.push_back(k);
  auto v = signature.bind(in, Arguments{a.positional, rest});
  Value sizes = v[2];
  if (by_name.defined())
    sizes = by_name;
  else if (const auto* items = items_of(sizes); items && items->size() == 1 && items_of((*items)[0]))
    sizes = (*items)[0];
  return call_bound(in, bound_operator(in, "unflatten"),
                    Arguments{std::array<Value, 3>{v[0], v[1], make_size(to_ints(in, sizes))}, {}});
}

Value deep_copied(Interpreter& in, const Arguments& a) {
  auto& o = a.positional[0].as<TensorObject>();
  if (!o.tensor.is_leaf())
    in.raise("RuntimeError",
             "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment");
  at::Tensor copy = o.tensor.detach().clone();
  if (o.is_parameter) return make_parameter(in, copy, o.tensor.requires_grad());
  copy.set_requires_grad(o.tensor.requires_grad());
  return from_tensor(copy);
}

NativeFunction refused(std::string name, std::string why) {
  return [name, why](Interpreter& in, const Arguments&) -> Value {
    in.raise("NotImplementedError", "Tensor." + name + " is not part of this language: " + why);
  };
}

Value type_of_tensor(Interpreter& in, const Arguments& a) {
  static const Signature signature("type", "self, dtype=None, non_blocking=False");
  auto v = signature.bind(in, a);
  if (v[1].is_none()) {
    static const std::unordered_map<int, const char*> names = {
        {int(at::kFloat), "Float"},       {int(at::kDouble), "Double"}, {int(at::kHalf), "Half"},
        {int(at::kBFloat16), "BFloat16"}, {int(at::kLong), "Long"},     {int(at::kInt), "Int"},
        {int(at::kShort), "Short"},       {int(at::kChar), "Char"},     {int(at::kByte), "Byte"},
        {int(at::kBool), "Bool"}};
    auto n = names.find(static_cast<int>(shown_type(in, to_tensor(v[0]).scalar_type())));
    return in.make_str(std::string("torch.") + (n == names.end() ? "" : n->second) + "Tensor");
  }
  return converted(in, v[0], to_dtype(in, v[1]));
}

void add_conversions(Interpreter& in, const Ref<Class>& c) {
  const std::vector<std::pair<const char*, at::ScalarType>> conversions = {
      {"float", at::kFloat}, {"double", at::kDouble}, {"half", at::kHalf},           {"bfloat16", at::kBFloat16},
      {"long", at::kLong},   {"int", at::kInt},       {"short", at::kShort},         {"char", at::kChar},
      {"byte", at::kByte},   {"bool", at::kBool},     {"cfloat", at::kComplexFloat}, {"cdouble", at::kComplexDouble}};
  for (const auto& [name, type] : conversions)
    in.method(c, name, [type = type](Interpreter& i, const Arguments& a) {
      self_of(a);
      return converted(i, a.positional[0], true_type(i, type));
    });
}

void add_refusals(Interpreter& in, const Ref<Class>& c) {
  in.method(c, "__array__", refused("__array__", "use numpy()"));
  for (const char* name :
       {"data_ptr", "untyped_storage", "storage", "as_strided_", "set_", "resize_", "storage_offset"})
    in.method(c, name, refused(name, "it reaches the memory behind a tensor; use view, reshape, unfold or copy_"));
  for (const char* name : {"cuda", "xpu"}) in.method(c, name, refused(name, "units run on the device they are given"));
  for (const char* name : {"register_hook", "register_post_accumulate_grad_hook"})
    in.method(c, name, refused(name, "hooks would run outside the unit; use torch.autograd.Function"));
  for (const char* name : {"apply_", "map_", "map2_"})
    in.method(c, name, refused(name, "use operators on whole tensors"));
}

/// The named operators of the class, each bound at its first call.
void add_operators(Interpreter& in, const Ref<Class>& c) {
  for (auto name : method_names()) {
    BoundOperator* b = &bound_operator(in, std::string(name));
    in.method(c, name, [b](Interpreter& i, const Arguments& a) { return call_bound(i, *b, a); });
  }
}

void add_dunders(Interpreter& in, const Ref<Class>& c) {
  in.method(c, "__float__", as_float);
  in.method(c, "__int__", as_int);
  in.method(c, "__index__", as_index);
  in.method(c, "__abs__", [](Interpreter& i, const Arguments& a) { return call_named(i, "abs", {a.positional[0]}); });
  in.method(c, "__deepcopy__", deep_copied);
  in.method(c, "__complex__", [](Interpreter& i, const Arguments& a) -> Value {
    auto z = to_scalar(i, a.positional[0]).toComplexDouble();
    return make<Complex>(z.real(), z.imag());
  });
}

}  // namespace

void check_requires_grad(Interpreter& in, const at::Tensor& t, bool wanted, bool only_leaves) {
  if (only_leaves && !t.is_leaf())
    in.raise("RuntimeError", std::string("you can only change requires_grad flags of leaf variables.") +
                                 (wanted ? ""
                                         : " If you want to use a computed variable in a subgraph that doesn't require "
                                           "differentiation use var_no_grad = var.detach()."));
  if (wanted && !at::isFloatingType(t.scalar_type()) && !at::isComplexType(t.scalar_type()))
    in.raise("RuntimeError", "only Tensors of floating point and complex dtype can require gradients");
}

void run_backward(Interpreter& in, const std::vector<at::Tensor>& roots, const std::vector<at::Tensor>& gradients,
                  bool retain_graph, bool create_graph) {
  TensorState& s = tensor_state(in);
  s.pending = nullptr;
  try {
    torch::autograd::backward(roots, gradients, retain_graph, create_graph);
  } catch (const std::exception& e) {
    if (s.pending) std::rethrow_exception(std::exchange(s.pending, nullptr));
    translate_errors(in, nullptr, nullptr, e);
  }
}

/// to(dtype), to(device), to(device, dtype), to(other), with keywords of the same names.
Value tensor_to(Interpreter& in, const Arguments& a) {
  Value self = a.positional[0];
  std::optional<at::ScalarType> type;
  bool copy = false;
  auto one = [&](const Value& v) {
    if (is_dtype(v))
      type = to_dtype(in, v);
    else if (is_tensor(v))
      type = to_tensor(v).scalar_type();
    else if (is_device(v) || v.is(Kind::kStr))
      check_device(in, v);
    else if (v.is_int())
      in.raise("RuntimeError", "device " + std::to_string(v.as_int()) +
                                   " is not available: units run on the CPU device they are given");
    else if (!v.is_none() && !v.is_bool() && !v.is(Kind::kInstance))
      in.raise("TypeError", "to() received an invalid combination of arguments - got (" + in.type_name(v) + ")");
  };
  for (size_t i = 1; i < a.positional.size(); ++i) one(a.positional[i]);
  for (const auto& [name, v] : a.keywords) {
    if (name->text == "copy")
      copy = in.truth(v);
    else if (name->text == "dtype" || name->text == "device" || name->text == "other" || name->text == "tensor")
      one(v);
    else if (name->text != "non_blocking" && name->text != "memory_format")
      in.raise("TypeError", "to() got an unexpected keyword argument '" + name->text + "'");
  }
  if (!type && !copy) return self;
  auto target = type.value_or(to_tensor(self).scalar_type());
  return same_or(self,
                 apply_tensor(in, fast(in).to_dtype, {to_tensor(self), static_cast<int64_t>(target), false, copy}));
}

void add_tensor_methods(Interpreter& in) {
  const Ref<Class>& c = tensor_state(in).tensor_class;
  add_operators(in, c);
  add_conversions(in, c);
  add_refusals(in, c);
  add_dunders(in, c);
  in.method(c, "to", tensor_to);
  in.method(c, "type", type_of_tensor);
  in.method(c, "cpu", [](Interpreter&, const Arguments& a) { return a.positional[0]; });
  in.method(c, "size", size_of);
  in.method(c, "stride", stride_of);
  in.method(c, "as_strided", as_strided);
  in.method(c, "item", item_of);
  in.method(c, "tolist", [](Interpreter& i, const Arguments& a) { return to_list(i, self_of(a)); });
  in.method(c, "backward", backward);
  in.method(c, "requires_grad_", requires_grad_);
  in.method(c, "numpy", [](Interpreter& i, const Arguments& a) {
    const at::Tensor& t = to_tensor(a.positional[0]);
    if (t.requires_grad())
      i.raise("RuntimeError", "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.");
    const Value array = i.get_attribute(i.import("numpy._array"), i.intern("ndarray"));
    return i.call(array, std::span(&a.positional[0], 1));
  });
  in.method(c, "retain_grad", [](Interpreter&, const Arguments& a) {
    self_of(a).retain_grad();
    return Value();
  });
  in.method(c, "new_tensor", new_tensor);
  in.method(c, "unflatten", unflatten);
  in.method(c, "split", tensor_split);
  in.method(c, "norm", tensor_norm);
  in.method(c, "unique", tensor_unique);
  in.method(c, "unique_consecutive", tensor_unique_consecutive);
  in.method(c, "nonzero", tensor_nonzero);
  in.method(c, "where", tensor_where_method);
  in.method(c, "nelement", [](Interpreter&, const Arguments& a) -> Value { return self_of(a).numel(); });
  in.method(c, "numel", [](Interpreter&, const Arguments& a) -> Value { return self_of(a).numel(); });
  in.method(c, "dim", [](Interpreter&, const Arguments& a) -> Value { return self_of(a).dim(); });
  in.method(c, "ndimension", [](Interpreter&, const Arguments& a) -> Value { return self_of(a).dim(); });
  in.method(c, "element_size",
            [](Interpreter&, const Arguments& a) -> Value { return static_cast<int64_t>(self_of(a).element_size()); });
  in.method(c, "is_contiguous", [](Interpreter&, const Arguments& a) -> Value { return self_of(a).is_contiguous(); });
  in.method(c, "is_floating_point",
            [](Interpreter&, const Arguments& a) -> Value { return self_of(a).is_floating_point(); });
  in.method(c, "is_complex", [](Interpreter&, const Arguments& a) -> Value { return self_of(a).is_complex(); });
  in.method(c, "get_device", [](Interpreter&, const Arguments&) -> Value { return -1; });
}

}  // namespace gradus
