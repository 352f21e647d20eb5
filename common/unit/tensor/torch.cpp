#include <algorithm>
#include <array>
#include <limits>
#include <unordered_set>

#include "unit/prelude/sources.h"
#include "unit/tensor/allocator.h"
#include "unit/tensor/convert.h"
#include "unit/tensor/einops.h"
#include "unit/tensor/fast.h"
#include "unit/tensor/function.h"
#include "unit/tensor/functions.h"
#include "unit/tensor/module.h"
#include "unit/tensor/tensor_class.h"
#include "unit/tensor/types.h"

namespace gradus {

namespace {

Value parameter_of(Interpreter& in, const Arguments& a) {
  static const Signature signature("Parameter", "data=None, requires_grad=True");
  auto v = signature.bind(in, Arguments{a.positional.subspan(1), a.keywords});
  if (!v[0].is_none() && !is_tensor(v[0]))
    in.raise("TypeError", "Parameter data must be a Tensor, not " + in.type_name(v[0]));
  at::Tensor data = v[0].is_none() ? apply_tensor(in, fast(in).zeros, {c10::List<int64_t>({0})}) : to_tensor(v[0]);
  return make_parameter(in, data, in.truth(v[1]));
}

/// nn.Parameter and torch.FloatTensor, …: classes that isinstance knows by a property of the tensor.
Ref<Class> tensor_subclass(Interpreter& in, const char* name, const char* module,
                           std::function<bool(const TensorObject&)> holds) {
  auto c = in.native_class(name, module, Kind::kTensor, {tensor_state(in).tensor_class});
  auto check = [holds](Interpreter& i, const Arguments& a) -> Value {
    if (a.positional.size() != 1) i.raise("TypeError", "__instancecheck__() takes one argument");
    return is_tensor(a.positional[0]) && holds(a.positional[0].as<TensorObject>());
  };
  c->attributes->set(in.intern("__instancecheck__"), make<Native>("__instancecheck__", check));
  return c;
}

void add_tensor_types(Interpreter& in, ModuleObject& m) {
  const std::vector<std::pair<const char*, at::ScalarType>> types = {
      {"FloatTensor", at::kFloat},       {"DoubleTensor", at::kDouble}, {"HalfTensor", at::kHalf},
      {"BFloat16Tensor", at::kBFloat16}, {"LongTensor", at::kLong},     {"IntTensor", at::kInt},
      {"BoolTensor", at::kBool},         {"ByteTensor", at::kByte}};
  for (const auto& [name, type] : types) {
    auto c = tensor_subclass(in, name, "torch", [&in, type = type](const TensorObject& t) {
      return shown_type(in, t.tensor.scalar_type()) == type;
    });
    c->construct = [type = type](Interpreter& i, const Arguments& a) -> Value {
      auto rest = a.positional.subspan(1);
      if (rest.size() == 1 && !rest[0].is_int())
        return call_named(
            i, "clone",
            {tensor_to(
                i, Arguments{std::array<Value, 2>{i.call(i.get_attribute(i.import("torch"), i.intern("tensor")), rest),
                                                  from_dtype(i, type)},
                             {}})});
      Value empty = call_bound(i, bound_operator(i, "empty"), Arguments{rest, {}});
      return tensor_to(i, Arguments{std::array<Value, 2>{empty, from_dtype(i, type)}, {}});
    };
    set_name(in, m, name, c);
  }
}

/// The native half of the prelude, as module _torch.
void load_native(Interpreter& in, ModuleObject& m) {
  add_neural(in, m);
  add_module_functions(in, m);
  add_autograd_functions(in, m);
  add_einops(in, m);
  TensorState& s = tensor_state(in);
  set_name(in, m, "Parameter", s.parameter_class);
  set_name(in, m, "Tensor", s.tensor_class);
  set_function(in, m, "default_dtype", [](Interpreter& i, const Arguments&) {
    return from_dtype(i, shown_type(i, tensor_state(i).default_dtype));
  });
}

bool is_public(std::string_view name) {
  for (std::string_view known : {"_check", "_assert", "_softmax", "_log_softmax", "_safe_softmax", "_shape_as"})
    if (name.starts_with(known)) return true;
  return !name.starts_with("_");
}

/// Names of a Python module of the prelude, put into a native one: the public ones, and some that are used all the
/// same.
void take_names(Interpreter& in, ModuleObject& m, const char* source) {
  Value module = in.import(source);
  for (const auto& e : module.as<ModuleObject>().attributes->entries())
    if (e.key.defined() && is_public(e.key.as<Str>().text)) m.attributes->set(e.key.ref<Str>(), e.value);
}

void load_torch(Interpreter& in, ModuleObject& m) {
  add_functions(in, m);
  add_types(in, m);
  set_name(in, m, "Tensor", tensor_state(in).tensor_class);
  add_tensor_types(in, m);
  set_name(in, m, "pi", Value(3.141592653589793));
  set_name(in, m, "e", Value(2.718281828459045));
  set_name(in, m, "inf", Value(std::numeric_limits<double>::infinity()));
  set_name(in, m, "nan", Value(std::numeric_limits<double>::quiet_NaN()));
  set_name(in, m, "newaxis", Value());
  set_name(in, m, "__version__", in.make_str("2.15.0"));
  take_names(in, m, "torch._python");
  for (const char* part :
       {"autograd", "nn", "fft", "linalg", "special", "utils", "cuda", "backends", "jit", "amp", "functional"})
    set_name(in, m, part, in.import(std::string("torch.") + part));
}

std::string module_name(std::string_view file) {
  std::string name(file.substr(0, file.size() - 3));
  std::replace(name.begin(), name.end(), '/', '.');
  if (name.ends_with(".__init__")) name.resize(name.size() - 9);
  return name;
}

/// torch.NAME that is a module of the prelude and was not imported yet.
Value submodule(Interpreter& in, const Value& module, const Ref<Str>& name) {
  static const auto known = [] {
    std::unordered_set<std::string> names;
    for (const auto& [file, text] : prelude_sources())
      if (file.starts_with("torch/")) names.insert(module_name(file));
    return names;
  }();
  const std::string full = module.as<ModuleObject>().name + "." + name->text;
  return known.contains(full) ? in.import(full) : Value::undefined();
}

}  // namespace

void install_torch(Interpreter& in) {
  bound_allocations();
  auto state = std::make_shared<TensorState>();
  in.tensor_state = state;
  install_types(in);
  install_tensor_class(in);
  state->parameter_class =
      tensor_subclass(in, "Parameter", "torch.nn", [](const TensorObject& t) { return t.is_parameter; });
  state->parameter_class->construct = parameter_of;
  state->fast = std::make_shared<TensorState::Fast>(in);
  in.add_module("torch", load_torch);
  in.add_module("_torch", load_native);
  for (const char* prefix : {"fft", "linalg", "special"})
    in.add_module(std::string("torch.") + prefix,
                  [prefix](Interpreter& i, ModuleObject& m) { add_prefixed(i, m, std::string(prefix) + "_"); });
  for (const auto& [file, text] : prelude_sources())
    if (!file.starts_with("std/")) in.add_module(module_name(file), text);
  for (const char* name : {"GABBase", "GAUBase", "UnitDecl", "UnitSpec", "gau_test"})
    in.add_bare_name(name, "model_discovery.model.utils.modules");
  Hooks hooks;
  hooks.get_attribute = submodule;
  in.set_hooks(Kind::kModule, hooks);
}

void set_under_test(Interpreter& in, UnderTest u) {
  tensor_state(in).under_test = u;
  tensor_state(in).default_dtype = u.wide ? at::kDouble : at::kFloat;
}
UnderTest under_test(Interpreter& in) { return tensor_state(in).under_test; }

WideDefault::WideDefault(bool wide) : wide_(wide) {
  if (wide_) c10::set_default_dtype(caffe2::TypeMeta::Make<double>());
}
WideDefault::~WideDefault() {
  if (wide_) c10::set_default_dtype(caffe2::TypeMeta::Make<float>());
}

void set_observer(Interpreter& in, Observer o) { tensor_state(in).observer = std::move(o); }
void set_module_observer(Interpreter& in, ModuleObserver o) { tensor_state(in).module_observer = std::move(o); }
RandomScope exchange_random_scope(Interpreter& in, RandomScope r) { return std::exchange(tensor_state(in).random, r); }

}  // namespace gradus
