#include "unit/tensor/result.h"

#include "unit/run/object.h"
#include "unit/tensor/state.h"

namespace gradus {

Value make_tuple(std::vector<Value> items) { return make<Tuple>(std::move(items)); }
Value make_list(std::vector<Value> items) { return make<List>(std::move(items)); }

Value make_size(at::IntArrayRef sizes) {
  std::vector<Value> items;
  items.reserve(sizes.size());
  for (int64_t s : sizes) items.emplace_back(s);
  return make<Tuple>(std::move(items), Kind::kSize);
}

Ref<Class> return_type(Interpreter& in, const std::string& name, const std::vector<std::string>& fields) {
  std::string key = name;
  for (const auto& f : fields) key += " " + f;
  Ref<Class>& c = tensor_state(in).return_types[key];
  if (c) return c;
  c = in.native_class(name, "torch.return_types", Kind::kTuple, {in.builtin("tuple").ref<Class>()});
  for (size_t i = 0; i < fields.size(); ++i)
    in.getter(c, fields[i], [i](Interpreter&, const Arguments& a) { return a.positional[0].as<Tuple>().items[i]; });
  return c;
}

Value from_scalar(const c10::Scalar& s) {
  if (s.isBoolean()) return Value(s.toBool());
  if (s.isIntegral(false)) return Value(s.toLong());
  if (s.isFloatingPoint()) return Value(s.toDouble());
  auto z = s.toComplexDouble();
  return make<Complex>(z.real(), z.imag());
}

Value from_ivalue(Interpreter& in, const c10::IValue& v) {
  if (v.isTensor()) return v.toTensor().defined() ? from_tensor(v.toTensor()) : Value();
  if (v.isNone()) return Value();
  if (v.isBool()) return Value(v.toBool());
  if (v.isInt()) return Value(v.toInt());
  if (v.isDouble()) return Value(v.toDouble());
  if (v.isScalar()) return from_scalar(v.toScalar());
  if (v.isString()) return in.make_str(std::string(v.toStringRef()));
  std::vector<Value> items;
  if (v.isTensorList())
    for (const at::Tensor& t : v.toTensorVector()) items.push_back(from_tensor(t));
  else if (v.isIntList())
    for (int64_t i : v.toIntVector()) items.emplace_back(i);
  else if (v.isDoubleList())
    for (double d : v.toDoubleVector()) items.emplace_back(d);
  else
    in.raise("NotImplementedError", "a result of type " + v.tagKind() + " has no value in this language");
  return make_tuple(std::move(items));
}

Value from_results(Interpreter& in, const Overload& o, const c10::IValue* results, size_t n, const Value* self) {
  if (n == 0) return Value();
  if (n == 1) {
    const c10::IValue& r = results[0];
    if (r.isTensor() && self && is_tensor(*self) && to_tensor(*self).is_same(r.toTensor())) return *self;
    return from_ivalue(in, r);
  }
  std::vector<Value> items;
  items.reserve(n);
  for (size_t i = 0; i < n; ++i) items.push_back(from_ivalue(in, results[i]));
  auto tuple = make<Tuple>(std::move(items));
  tuple->named = o.named;
  return tuple;
}

}  // namespace gradus
