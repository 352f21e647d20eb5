#include "unit/tensor/module.h"

#include <algorithm>

#include "unit/tensor/convert.h"
#include "unit/tensor/dispatch.h"
#include "unit/tensor/result.h"
#include "unit/tensor/tensor_class.h"
#include "unit/tensor/types.h"

namespace gradus {

namespace {

using Names = std::vector<Ref<Str>>;

bool is_parameter(const Value& v) { return is_tensor(v) && v.as<TensorObject>().is_parameter; }
bool has(const Names& names, const Ref<Str>& name) {
  return std::any_of(names.begin(), names.end(), [&](const Ref<Str>& n) { return n.get() == name.get(); });
}
void drop(Names& names, const Ref<Str>& name) {
  std::erase_if(names, [&](const Ref<Str>& n) { return n.get() == name.get(); });
}
Instance& instance(const Value& v) { return v.as<Instance>(); }
ModuleData* data_of(const Value& v) { return static_cast<ModuleData*>(instance(v).extra.get()); }
Ref<Str> name_argument(Interpreter& in, const Value& v) {
  if (!v.is(Kind::kStr))
    in.raise("TypeError", "the name of a parameter, buffer or module must be a str, not " + in.type_name(v));
  return in.intern(v.as<Str>().text);
}

/// Puts the value under the name in one role; in another role or as a plain attribute it is forgotten, so that the
/// order is that of registration.
void register_as(Interpreter& in, const Value& self, Names ModuleData::*role, const Ref<Str>& name, const Value& v) {
  ModuleData& d = module_data(in, self);
  if (!has(d.*role, name)) {
    for (auto other : {&ModuleData::parameters, &ModuleData::buffers, &ModuleData::modules}) drop(d.*other, name);
    instance(self).attributes->erase(in, Value(name));
    (d.*role).push_back(name);
  }
  instance(self).attributes->set(name, v);
}

void check_name(Interpreter& in, const Value& self, const Ref<Str>& name, const char* what) {
  if (name->text.empty()) in.raise("KeyError", std::string(what) + " name can't be empty string \"\"");
  if (name->text.find('.') != std::string::npos) in.raise("KeyError", std::string(what) + " name can't contain \".\"");
  ModuleData& d = module_data(in, self);
  bool registered = has(d.parameters, name) || has(d.buffers, name) || has(d.modules, name);
  if (!registered && instance(self).attributes->find(name.get()))
    in.raise("KeyError", "attribute '" + name->text + "' already exists");
}

Value module_init(Interpreter& in, const Arguments& a) {
  const Value& self = a.positional[0];
  if (!self.is(Kind::kInstance)) in.raise("TypeError", "Module.__init__ wants a Module");
  instance(self).extra = std::make_shared<ModuleData>();
  instance(self).attributes->set(in.intern("training"), Value(true));
  return Value();
}

Value module_call(Interpreter& in, const Arguments& a) {
  const Value& self = a.positional[0];
  TensorState& s = tensor_state(in);
  if (!data_of(self))
    in.raise("AttributeError",
             "'" + in.type_name(self) + "' object was called before Module.__init__(): call super().__init__() first");
  Value forward = in.get_attribute(self, in.intern("forward"));
  if (!s.module_observer) return in.call(forward, a.positional.subspan(1), a.keywords);
  s.module_observer({self, true, &a, nullptr});
  struct Leave {
    TensorState& s;
    const Value& self;
    Value result = Value::undefined();
    ~Leave() {
      if (s.module_observer) s.module_observer({self, false, nullptr, result.defined() ? &result : nullptr});
    }
  } leave{s, self};
  return leave.result = in.call(forward, a.positional.subspan(1), a.keywords);
}

/// `persistent` of what nn.Buffer made, null of any other value.
const Value* buffer_flag(Interpreter& in, const Value& v) {
  const Ref<Dict> attributes = is_tensor(v) ? v.as<TensorObject>().attributes : nullptr;
  if (!attributes || !attributes->find(in.intern("_is_buffer").get())) return nullptr;
  return attributes->find(in.intern("persistent").get());
}

/// Class::on_set_attribute: true when the attribute is a parameter, buffer or child and was put where it belongs.
bool on_set_attribute(Interpreter& in, Instance& object, const Ref<Str>& name, const Value& v) {
  const Value self(&object);
  ModuleData* d = data_of(self);
  auto refuse = [&](const char* kind, const char* wanted) {
    in.raise("TypeError", "cannot assign '" + in.type_name(v) + "' as " + kind + " '" + name->text + "' (" + wanted +
                              " or None expected)");
  };
  if (is_parameter(v)) {
    if (!d) in.raise("AttributeError", "cannot assign parameters before Module.__init__() call");
    register_as(in, self, &ModuleData::parameters, name, v);
    return true;
  }
  if (is_module(v)) {
    if (!d) in.raise("AttributeError", "cannot assign module before Module.__init__() call");
    if (has(d->parameters, name)) refuse("parameter", "torch.nn.Parameter");
    register_as(in, self, &ModuleData::modules, name, v);
    return true;
  }
  if (const Value* persistent = buffer_flag(in, v)) {
    if (!d) in.raise("AttributeError", "cannot assign buffers before Module.__init__() call");
    register_as(in, self, &ModuleData::buffers, name, v);
    in.truth(*persistent) ? void(d->not_persistent.erase(name.get())) : void(d->not_persistent.insert(name.get()));
    return true;
  }
  if (!d) return false;
  if (has(d->parameters, name) && !v.is_none()) refuse("parameter", "torch.nn.Parameter");
  if (has(d->modules, name) && !v.is_none()) refuse("child module", "torch.nn.Module");
  if (has(d->buffers, name) && !v.is_none() && !is_tensor(v)) refuse("buffer", "torch.Tensor");
  return false;
}

Value module_delattr(Interpreter& in, const Arguments& a) {
  const Value& self = a.positional[0];
  if (a.positional.size() != 2) in.raise("TypeError", "__delattr__() takes a name");
  Ref<Str> name = name_argument(in, a.positional[1]);
  if (ModuleData* d = data_of(self))
    for (auto role : {&ModuleData::parameters, &ModuleData::buffers, &ModuleData::modules}) drop(d->*role, name);
  if (!instance(self).attributes->erase(in, Value(name)))
    in.raise("AttributeError", "'" + in.type_name(self) + "' object has no attribute '" + name->text + "'");
  return Value();
}

Value register_buffer(Interpreter& in, const Arguments& a) {
  static const Signature signature("register_buffer", "self, name, tensor, persistent=True");
  auto v = signature.bind(in, a);
  Ref<Str> name = name_argument(in, v[1]);
  check_name(in, v[0], name, "buffer");
  if (!v[2].is_none() && !is_tensor(v[2]))
    in.raise("TypeError", "cannot assign '" + in.type_name(v[2]) + "' object to buffer '" + name->text +
                              "' (torch Tensor or None required)");
  register_as(in, v[0], &ModuleData::buffers, name, v[2]);
  auto& hidden = module_data(in, v[0]).not_persistent;
  if (in.truth(v[3]))
    hidden.erase(name.get());
  else
    hidden.insert(name.get());
  return Value();
}

Value register_parameter(Interpreter& in, const Arguments& a) {
  static const Signature signature("register_parameter", "self, name, param");
  auto v = signature.bind(in, a);
  Ref<Str> name = name_argument(in, v[1]);
  check_name(in, v[0], name, "parameter");
  if (!v[2].is_none() && !is_parameter(v[2]))
    in.raise("TypeError", "cannot assign '" + in.type_name(v[2]) + "' object to parameter '" + name->text +
                              "' (torch.nn.Parameter or None required)");
  register_as(in, v[0], &ModuleData::parameters, name, v[2]);
  return Value();
}

Value add_module(Interpreter& in, const Arguments& a) {
  static const Signature signature("add_module", "self, name, module");
  auto v = signature.bind(in, a);
  Ref<Str> name = name_argument(in, v[1]);
  check_name(in, v[0], name, "module");
  if (!v[2].is_none() && !is_module(v[2])) in.raise("TypeError", in.type_name(v[2]) + " is not a Module subclass");
  register_as(in, v[0], &ModuleData::modules, name, v[2]);
  return Value();
}

/// module_names(self, "parameters"): a dict of what is registered in this module itself, None included.
Value registered(Interpreter& in, const Arguments& a) {
  const Value& self = a.positional[0];
  if (a.positional.size() < 2 || !a.positional[1].is(Kind::kStr))
    in.raise("TypeError", "module_registered() wants a role");
  const std::string& role = a.positional[1].as<Str>().text;
  auto dict = make<Dict>();
  ModuleData& d = module_data(in, self);
  const Names& names = role == "parameters" ? d.parameters : role == "buffers" ? d.buffers : d.modules;
  for (const auto& n : names)
    if (Value* v = instance(self).attributes->find(n.get())) dict->set(n, *v);
  return dict;
}

Value walk_to_list(Interpreter& in, const Arguments& a) {
  static const Signature signature("module_walk", "self, prefix=''");
  auto v = signature.bind(in, a);
  std::vector<Value> items;
  if (!v[1].is(Kind::kStr)) in.raise("TypeError", "the prefix must be a str");
  walk_modules(in, v[0], v[1].as<Str>().text, [&](const std::string& name, const Value& m) {
    items.push_back(make_tuple({in.make_str(name), m}));
  });
  return make_list(std::move(items));
}

Value is_persistent(Interpreter& in, const Arguments& a) {
  if (a.positional.size() != 2) in.raise("TypeError", "module_is_persistent() takes a module and a name");
  Ref<Str> name = name_argument(in, a.positional[1]);
  return Value(!module_data(in, a.positional[0]).not_persistent.contains(name.get()));
}

/// module_become(module, cls): the class of a module to one derived from it, or back: parametrizations.
Value become(Interpreter& in, const Arguments& a) {
  if (a.positional.size() != 2 || !a.positional[1].is(Kind::kClass) || !a.positional[1].as<Class>().is_nn_module)
    in.raise("TypeError", "module_become() takes a module and a class of modules");
  Ref<Class> wanted = a.positional[1].ref<Class>();
  Ref<Class>& type = instance(a.positional[0]).type;
  if (!in.is_subclass(wanted.get(), type.get()) && !in.is_subclass(type.get(), wanted.get()))
    in.raise("TypeError", "module_become(): one class must be derived from the other");
  type = wanted;
  return a.positional[0];
}

/// module_swap(module, name, tensor): what is registered under the name becomes the tensor; returns what was there.
Value swap_tensor(Interpreter& in, const Arguments& a) {
  if (a.positional.size() != 3) in.raise("TypeError", "module_swap() takes a module, a name and a tensor");
  const Ref<Str> name = name_argument(in, a.positional[1]);
  const ModuleData& d = module_data(in, a.positional[0]);
  if (!has(d.parameters, name) && !has(d.buffers, name))
    in.raise("KeyError", "'" + name->text + "' is no parameter or buffer");
  if (!is_tensor(a.positional[2]) && !a.positional[2].is_none()) in.raise("TypeError", "module_swap() wants a tensor");
  Value* held = instance(a.positional[0]).attributes->find(name.get());
  return held ? std::exchange(*held, a.positional[2]) : Value();
}

/// module_apply(self, fn): what is registered in this module itself becomes fn of it; a parameter stays the same
/// object.
Value apply_own(Interpreter& in, const Arguments& a) {
  if (a.positional.size() != 2) in.raise("TypeError", "module_apply() takes a module and a function");
  const Value &self = a.positional[0], &fn = a.positional[1];
  const auto applied = [&](const at::Tensor& t) {
    const Value given = from_tensor(t);
    const Value made = in.call(fn, std::span(&given, 1));
    if (!is_tensor(made)) in.raise("TypeError", "module_apply(): the function must give a tensor");
    return to_tensor(made);
  };
  const Names parameters = module_data(in, self).parameters, buffers = module_data(in, self).buffers;
  for (const auto& n : parameters) {
    const Value* v = instance(self).attributes->find(n.get());
    if (!v || !is_tensor(*v)) continue;
    at::Tensor t = to_tensor(*v);
    const at::Tensor made = applied(t.detach());
    const at::Tensor grad = t.grad().defined() ? applied(t.grad().detach()) : at::Tensor();
    guarded(in, [&] {
      t.set_data(made.detach());
      if (grad.defined()) t.mutable_grad() = grad;
      return 0;
    });
  }
  for (const auto& n : buffers) {
    const Value* v = instance(self).attributes->find(n.get());
    if (!v || !is_tensor(*v)) continue;
    const Value made = from_tensor(applied(to_tensor(*v)));
    instance(self).attributes->set(n, made);
  }
  return self;
}

Value mark_module_class(Interpreter& in, const Arguments& a) {
  if (tensor_state(in).module_class || !a.positional[0].is(Kind::kClass))
    in.raise("TypeError", "there is one Module class");
  Ref<Class> c = a.positional[0].ref<Class>();
  c->is_nn_module = true;
  c->on_set_attribute = on_set_attribute;
  tensor_state(in).module_class = c;
  return Value(c);
}

std::string joined(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

template <class F>
void each_tensor(Interpreter& in, const Value& module, Names ModuleData::*role, F&& f) {
  std::unordered_set<const void*> seen;
  walk_modules(in, module, "", [&](const std::string& prefix, const Value& m) {
    for (const auto& n : module_data(in, m).*role) {
      Value* v = instance(m).attributes->find(n.get());
      if (!v || !is_tensor(*v) || !seen.insert(to_tensor(*v).unsafeGetTensorImpl()).second) continue;
      f(joined(prefix, n->text), *v);
    }
  });
}

std::vector<NamedTensor> named_tensors(Interpreter& in, const Value& module, Names ModuleData::*role) {
  std::vector<NamedTensor> result;
  each_tensor(in, module, role, [&](const std::string& name, const Value& v) {
    result.push_back({name, to_tensor(v)});
  });
  return result;
}

}  // namespace

bool is_module(const Value& v) { return v.is(Kind::kInstance) && v.as<Instance>().type->is_nn_module; }

ModuleData& module_data(Interpreter& in, const Value& module) {
  if (!is_module(module)) in.raise("TypeError", "expected a torch.nn.Module, not " + in.type_name(module));
  auto* d = data_of(module);
  if (!d)
    in.raise("AttributeError",
             "'" + in.type_name(module) + "' was used before Module.__init__(): call super().__init__() first");
  return *d;
}

void walk_modules(Interpreter& in, const Value& module, const std::string& prefix,
                  const std::function<void(const std::string&, const Value&)>& visit) {
  std::unordered_set<const void*> seen;
  std::function<void(const Value&, const std::string&)> walk = [&](const Value& m, const std::string& name) {
    if (!seen.insert(m.object()).second) return;
    in.count_step();
    visit(name, m);
    Names children = module_data(in, m).modules;
    for (const auto& child : children) {
      Value* v = instance(m).attributes->find(child.get());
      if (v && is_module(*v)) walk(Value(*v), joined(name, child->text));
    }
  };
  walk(module, prefix);
}

std::vector<NamedTensor> named_parameters(Interpreter& in, const Value& module) {
  return named_tensors(in, module, &ModuleData::parameters);
}
std::vector<NamedTensor> named_buffers(Interpreter& in, const Value& module) {
  return named_tensors(in, module, &ModuleData::buffers);
}

/// By the modules' own train() and to(), which they may override.
void set_training(Interpreter& in, const Value& module, bool training) {
  const Value mode(training);
  in.guard([&] { return in.call(in.get_attribute(module, in.intern("train")), std::span(&mode, 1)); });
}

void convert_module(Interpreter& in, const Value& module, at::ScalarType dtype) {
  const Value type = from_dtype(in, dtype);
  in.guard([&] { return in.call(in.get_attribute(module, in.intern("to")), std::span(&type, 1)); });
}

void add_module_functions(Interpreter& in, ModuleObject& m) {
  auto set_function = [&](Interpreter&, ModuleObject&, const char* name, NativeFunction f) {
    auto native = make<Native>(name, [f = std::move(f), name](Interpreter& i, const Arguments& a) {
      if (a.positional.empty() || !is_module(a.positional[0]))
        i.raise("TypeError", std::string(name) + "() wants a Module first");
      return f(i, a);
    });
    native->is_method = true;
    set_name(in, m, name, native);
  };
  set_function(in, m, "module_init", module_init);
  set_function(in, m, "module_call", module_call);
  set_function(in, m, "module_delattr", module_delattr);
  set_function(in, m, "module_register_buffer", register_buffer);
  set_function(in, m, "module_register_parameter", register_parameter);
  set_function(in, m, "module_add_module", add_module);
  set_function(in, m, "module_registered", registered);
  set_function(in, m, "module_walk", walk_to_list);
  set_function(in, m, "module_is_persistent", is_persistent);
  set_function(in, m, "module_become", become);
  set_function(in, m, "module_swap", swap_tensor);
  set_function(in, m, "module_apply", apply_own);
  gradus::set_function(in, m, "mark_module_class", mark_module_class);
}

}  // namespace gradus
