#include "unit/tensor/tensor_class.h"

#include <torch/csrc/autograd/function.h>

#include "unit/run/object.h"
#include "unit/tensor/arithmetic.h"
#include "unit/tensor/convert.h"
#include "unit/tensor/display.h"
#include "unit/tensor/fast.h"
#include "unit/tensor/index.h"
#include "unit/tensor/result.h"
#include "unit/tensor/types.h"

namespace gradus {

namespace {

const at::Tensor& self_of(const Arguments& a) {
  if (a.positional.empty()) raise_not_a_tensor();
  return to_tensor(a.positional[0]);
}

Value transposed(Interpreter& in, const Arguments& a) {
  const at::Tensor& t = self_of(a);
  if (t.dim() == 2) return from_tensor(apply_tensor(in, fast(in).t, {t}));
  c10::List<int64_t> order;
  for (int64_t i = t.dim(); i-- > 0;) order.push_back(i);
  return from_tensor(apply_tensor(in, fast(in).permute, {t, order}));
}

Value matrix_transposed(Interpreter& in, const Arguments& a) {
  if (self_of(a).dim() < 2)
    in.raise("RuntimeError", "tensor.mT is only supported on matrices or batches of matrices. Got " +
                                 std::to_string(self_of(a).dim()) + "-D tensor.");
  return from_tensor(apply_tensor(in, fast(in).transpose, {self_of(a), -2, -1}));
}

void add_properties(Interpreter& in, const Ref<Class>& c) {
  auto property = [&](const char* name, NativeFunction f) { in.getter(c, name, std::move(f)); };
  property("shape", [](Interpreter&, const Arguments& a) { return make_size(self_of(a).sizes()); });
  property("dtype",
           [](Interpreter& i, const Arguments& a) { return from_dtype(i, shown_type(i, self_of(a).scalar_type())); });
  property("device", [](Interpreter& i, const Arguments&) { return tensor_state(i).cpu; });
  property("layout", [](Interpreter& i, const Arguments&) { return tensor_state(i).strided; });
  property("ndim", [](Interpreter&, const Arguments& a) -> Value { return self_of(a).dim(); });
  property("T", transposed);
  property("mT", matrix_transposed);
  property("H", [](Interpreter& i, const Arguments& a) {
    return from_tensor(apply_tensor(i, fast(i).adjoint, {self_of(a)}));
  });
  property("mH", [](Interpreter& i, const Arguments& a) {
    return from_tensor(apply_tensor(i, fast(i).adjoint, {self_of(a)}));
  });
  property("real", [](Interpreter& i, const Arguments& a) {
    return self_of(a).is_complex() ? from_tensor(apply_tensor(i, fast(i).real, {self_of(a)})) : a.positional[0];
  });
  property("imag",
           [](Interpreter& i, const Arguments& a) { return from_tensor(apply_tensor(i, fast(i).imag, {self_of(a)})); });
  property("is_cuda", [](Interpreter&, const Arguments&) -> Value { return false; });
  property("is_meta", [](Interpreter&, const Arguments&) -> Value { return false; });
  property("is_cpu", [](Interpreter&, const Arguments&) -> Value { return true; });
  for (const char* name :
       {"is_sparse", "is_sparse_csr", "is_quantized", "is_nested", "is_mkldnn", "is_mps", "is_xpu", "is_xla"})
    property(name, [](Interpreter&, const Arguments&) -> Value { return false; });
  property("is_leaf", [](Interpreter&, const Arguments& a) -> Value { return self_of(a).is_leaf(); });
  property("itemsize",
           [](Interpreter&, const Arguments& a) -> Value { return static_cast<int64_t>(self_of(a).element_size()); });
  property("nbytes",
           [](Interpreter&, const Arguments& a) -> Value { return static_cast<int64_t>(self_of(a).nbytes()); });
  property("data", [](Interpreter&, const Arguments& a) { return from_tensor(self_of(a).variable_data()); });
  property("grad", [](Interpreter&, const Arguments& a) {
    const at::Tensor& g = self_of(a).grad();
    return g.defined() ? from_tensor(g) : Value();
  });
  property("grad_fn", [](Interpreter& i, const Arguments& a) {
    return self_of(a).grad_fn() ? i.make_str("<" + self_of(a).grad_fn()->name() + ">") : Value();
  });
  property("requires_grad", [](Interpreter&, const Arguments& a) -> Value { return self_of(a).requires_grad(); });
}

Value get_attribute(Interpreter&, const Value& self, const Ref<Str>& name) {
  auto& t = self.as<TensorObject>();
  if (!t.attributes) return Value::undefined();
  Value* v = t.attributes->find(name.get());
  return v ? *v : Value::undefined();
}

bool set_attribute(Interpreter& in, const Value& self, const Ref<Str>& name, const Value& value) {
  at::Tensor& t = to_tensor(self);
  return guarded(in, [&] {
    if (name->text == "requires_grad") {
      if (!value.is_bool()) in.raise("RuntimeError", "requires_grad must be a bool");
      check_requires_grad(in, t, value.as_bool(), true);
      t.set_requires_grad(value.as_bool());
    } else if (name->text == "data") {
      if (!is_tensor(value)) in.raise("TypeError", "Variable data has to be a tensor, but got " + in.type_name(value));
      t.set_data(to_tensor(value).detach());
    } else if (name->text == "grad") {
      t.mutable_grad() = value.is_none() ? at::Tensor() : to_tensor(value);
    } else {
      auto& o = self.as<TensorObject>();
      if (!o.attributes) o.attributes = make<Dict>();
      o.attributes->set(name, value);
    }
    return true;
  });
}

std::optional<bool> truth(Interpreter& in, const Value& self) {
  const at::Tensor& t = to_tensor(self);
  if (t.numel() != 1)
    in.raise("RuntimeError", t.numel() == 0 ? "Boolean value of Tensor with no values is ambiguous"
                                            : "Boolean value of Tensor with more than one value is ambiguous");
  return t.item().toComplexDouble() != c10::complex<double>(0);
}

int64_t length(Interpreter& in, const Value& self) {
  if (to_tensor(self).dim() == 0) in.raise("TypeError", "len() of a 0-d tensor");
  return to_tensor(self).size(0);
}

Value iterate(Interpreter& in, const Value& self) {
  const at::Tensor& t = to_tensor(self);
  if (t.dim() == 0) in.raise("TypeError", "iteration over a 0-d tensor");
  Value parts = call_named(in, "unbind", {self, Value(0)});
  auto position = std::make_shared<size_t>(0);
  return make<Iterator>([parts, position](Interpreter&) {
    const auto& items = parts.as<Tuple>().items;
    return *position < items.size() ? items[(*position)++] : Value::undefined();
  });
}

bool contains(Interpreter& in, const Value& self, const Value& item) {
  Value equal = tensor_compare(in, syntax::Op::kEqual, self, item);
  if (!equal.defined() || !is_tensor(equal)) return false;
  return in.truth(call_named(in, "any", {equal}));
}

std::string repr(Interpreter& in, const Value& self) {
  return guarded(in, [&] { return tensor_repr(to_tensor(self), self.as<TensorObject>().is_parameter); });
}

std::string format(Interpreter& in, const Value& self, std::string_view spec) {
  const at::Tensor& t = to_tensor(self);
  if (t.dim() == 0) return in.format(from_scalar(t.item()), spec);
  if (!spec.empty()) in.raise("TypeError", "unsupported format string passed to Tensor.__format__");
  return repr(in, self);
}

Value make_tensor(Interpreter& in, const Arguments& a) {
  // torch.Tensor(2, 3) is uninitialised float32; torch.Tensor([…]) its data in float32.
  auto rest = a.positional.subspan(1);
  if (rest.size() == 1 && !rest[0].is_int()) {
    if (is_tensor(rest[0])) return rest[0];
    return from_tensor(tensor_from_data(in, rest[0], true_type(in, at::kFloat)));
  }
  return call_bound(in, bound_operator(in, "empty"), Arguments{rest.empty() ? std::span<const Value>() : rest, {}});
}

}  // namespace

void raise_not_a_tensor() { TORCH_CHECK_TYPE(false, "expected a Tensor"); }

Value make_parameter(Interpreter& in, const at::Tensor& data, bool requires_grad) {
  return guarded(in, [&]() -> Value {
    auto p = make<TensorObject>(data.detach());
    p->is_parameter = true;
    p->tensor.set_requires_grad(requires_grad);
    return p;
  });
}

void install_tensor_class(Interpreter& in) {
  TensorState& s = tensor_state(in);
  s.tensor_class = in.native_class("Tensor", "torch", Kind::kTensor);
  s.tensor_class->construct = make_tensor;
  Hooks h;
  h.get_attribute = get_attribute;
  h.set_attribute = set_attribute;
  h.binary = tensor_binary;
  h.in_place = tensor_in_place;
  h.unary = tensor_unary;
  h.compare = tensor_compare;
  h.get_item = tensor_get_item;
  h.set_item = tensor_set_item;
  h.contains = contains;
  h.truth = truth;
  h.length = length;
  h.iterate = iterate;
  h.repr = repr;
  h.format = format;
  h.hash = [](Interpreter&, const Value& v) { return std::hash<void*>()(to_tensor(v).unsafeGetTensorImpl()); };
  in.set_hooks(Kind::kTensor, h);
  add_properties(in, s.tensor_class);
  add_tensor_methods(in);
}

}  // namespace gradus
