#include "unit/run/attribute.h"

#include <algorithm>

/// Attribute lookup by Python's rules: data descriptors of the class, the object's own, then the rest of the class.
namespace gradus {

namespace {

Value names_tuple(const std::vector<Class*>& classes) {
  std::vector<Value> items;
  for (Class* c : classes) items.push_back(class_ref(c));
  return make<Tuple>(std::move(items));
}

Value class_special(Interpreter& i, Class& c, const Str* name) {
  const Names& n = i.state().names();
  if (name == n.name.get()) return i.make_str(c.name);
  if (name == n.mro.get()) return names_tuple(c.mro);
  if (name == n.class_.get()) return i.state().type;
  if (name == n.bases.get()) {
    std::vector<Value> items;
    for (const auto& b : c.bases) items.push_back(b);
    return make<Tuple>(std::move(items));
  }
  if (name == n.dict.get()) return make<DictView>(c.attributes, DictView::What::kProxy);
  if (name == n.qualname.get()) {
    const Value* v = c.attributes->find(name);
    return v ? *v : Value(i.make_str(c.name));
  }
  if (name == n.module.get()) {
    const Value* v = c.attributes->find(name);
    return v ? *v : Value(i.make_str(c.module));
  }
  if (name == n.doc.get()) {
    const Value* v = c.attributes->find(name);
    return v ? *v : Value();
  }
  if (name == n.annotations.get()) {
    const Value* v = c.attributes->find(name);
    return v ? *v : Value(make<Dict>());
  }
  return Value::undefined();
}

Value class_attribute(Interpreter& i, const Value& object, const Ref<Str>& name) {
  Class& c = object.as<Class>();
  Value special = class_special(i, c, name.get());
  if (special.defined()) return special;
  Class* owner = nullptr;
  if (const Value* found = i.state().find(&c, name.get(), &owner)) {
    const Value v = *found;
    if (v.is(Kind::kStaticMethod)) return v.as<Wrapped>().function;
    if (v.is(Kind::kClassMethod)) return make<BoundMethod>(object, v.as<Wrapped>().function);
    if (v.is(Kind::kInstance)) {
      const Method get = special_method(i, v, i.state().names().get);
      if (get.function.defined()) {
        const Value arguments[2] = {Value(), object};
        return call_method(i, get, arguments);
      }
    }
    return v;
  }
  if (const Value* found = i.state().find(i.state().type.get(), name.get()))
    return bind(i, *found, i.state().type.get(), object, i.state().type.get());
  return Value::undefined();
}

Value text_or_none(Interpreter& i, const std::string& s) { return i.make_str(s); }

Value function_special(Interpreter& i, Function& f, const Str* name) {
  const Names& n = i.state().names();
  if (name == n.name.get()) return f.name ? Value(f.name) : text_or_none(i, f.code->name);
  if (name == n.qualname.get())
    return f.qualified_name ? Value(f.qualified_name) : text_or_none(i, f.code->qualified_name);
  if (name == n.doc.get()) return f.docstring;
  if (name == n.module.get()) {
    const Value* v = f.globals ? f.globals->find(n.name.get()) : nullptr;
    return v ? *v : Value();
  }
  if (name == n.defaults.get()) return f.defaults.empty() ? Value() : Value(make<Tuple>(f.defaults));
  if (name == n.kwdefaults.get()) {
    if (f.keyword_defaults.empty()) return Value();
    Ref<Dict> d = make<Dict>();
    for (const auto& [key, value] : f.keyword_defaults) d->set(key, value);
    return d;
  }
  if (name == n.annotations.get()) {
    Ref<Dict> d = make<Dict>();
    for (const auto& [key, text] : f.code->annotations) d->set(i.intern(key), i.make_str(text));
    return d;
  }
  if (name == n.dict.get()) {
    if (!f.attributes) f.attributes = make<Dict>();
    return f.attributes;
  }
  return Value::undefined();
}

Value exception_special(Interpreter& i, const Value& object, const Str* name) {
  const Names& n = i.state().names();
  ExceptionData& d = exception_data(object);
  if (name == n.args.get()) return d.arguments;
  if (name == n.cause.get()) return d.cause;
  if (name == n.context.get()) return d.context;
  if (name == n.suppress_context.get()) return d.suppress_context;
  if (name == n.traceback.get()) return Value();
  return Value::undefined();
}

// What belongs to a kind and is stored in no table.
Value special_attribute(Interpreter& i, const Value& object, const Ref<Str>& name) {
  const Names& n = i.state().names();
  if (name.get() == n.class_.get()) return class_ref(i.type_of(object));
  if (!object.is_object()) return Value::undefined();
  switch (object.object()->kind) {
    case Kind::kFunction:
      return function_special(i, object.as<Function>(), name.get());
    case Kind::kInstance:
      if (name.get() == n.dict.get()) return object.as<Instance>().attributes;
      if (object.as<Instance>().type->is_exception) return exception_special(i, object, name.get());
      return Value::undefined();
    case Kind::kModule:
      if (name.get() == n.dict.get())
        return make<DictView>(object.as<ModuleObject>().attributes, DictView::What::kProxy);
      if (name.get() == n.name.get()) return i.make_str(object.as<ModuleObject>().name);
      return Value::undefined();
    case Kind::kNative:
      if (name.get() == n.name.get() || name.get() == n.qualname.get()) return i.make_str(object.as<Native>().name);
      if (name.get() == n.doc.get()) return Value();
      return Value::undefined();
    case Kind::kBoundMethod:
      if (name->text == "__self__") return object.as<BoundMethod>().self;
      if (name->text == "__func__") return object.as<BoundMethod>().function;
      return i.find_attribute(object.as<BoundMethod>().function, name);
    case Kind::kProperty:
      if (name->text == "fget") return object.as<Property>().getter;
      if (name->text == "fset") return object.as<Property>().setter;
      return Value::undefined();
    case Kind::kStaticMethod:
    case Kind::kClassMethod:
      if (name->text == "__func__" || name->text == "__wrapped__") return object.as<Wrapped>().function;
      return Value::undefined();
    case Kind::kDict:
    case Kind::kList:
      if (name.get() == n.dict.get() && i.type_of(object)->accepts_attributes) {
        Ref<Dict>& own = *own_attributes(object);
        if (!own) own = make<Dict>();
        return own;
      }
      return Value::undefined();
    default:
      return Value::undefined();
  }
}

Value from_getattr(Interpreter& i, const Value& object, Class* type, const Ref<Str>& name) {
  const Value* getattr = i.state().find(type, i.state().names().getattr.get());
  if (!getattr) return Value::undefined();
  const Value arguments[2] = {object, name};
  const Value f = *getattr;
  try {
    return call_value(i, f, arguments, {});
  } catch (const Raised& r) {
    if (!exception_matches(i, r.value, i.exception_class("AttributeError"))) throw;
    i.state().attribute_error = r.value;
    return Value::undefined();
  }
}

// The attribute as it is found, before binding: `method` set when it is a plain function of the class.
Value lookup(Interpreter& i, const Value& object, const Ref<Str>& name, bool& method) {
  Interpreter::State& state = i.state();
  if (object.is(Kind::kClass)) return class_attribute(i, object, name);
  if (object.is(Kind::kSuper)) return super_attribute(i, object.as<Super>(), name);
  Class* type = i.type_of(object);
  Class* owner = nullptr;
  const Value* in_class = object.is(Kind::kModule) ? nullptr : state.find(type, name.get(), &owner);
  Value held = in_class ? *in_class : Value::undefined();
  if (in_class && is_data_descriptor(i, held)) return bind(i, held, owner, object, type);
  if (object.is_object()) {
    if (Ref<Dict>* own = own_attributes(object); own && *own)
      if (const Value* v = (*own)->find(name.get())) return *v;
  }
  if (in_class) {
    if (held.is(Kind::kFunction) || (held.is(Kind::kNative) && (owner->native_kind || held.as<Native>().is_method))) {
      method = true;
      return held;
    }
    return bind(i, held, owner, object, type);
  }
  Value special = special_attribute(i, object, name);
  if (special.defined()) return special;
  if (object.is_object()) {
    const Hooks& hooks = hooks_of(i, object);
    if (hooks.get_attribute) {
      Value v = hooks.get_attribute(i, object, name);
      if (v.defined()) return v;
    }
  }
  return from_getattr(i, object, type, name);
}

}  // namespace

Value bind(Interpreter& i, const Value& found, const Class* owner, const Value& self, Class* type) {
  if (!found.is_object()) return found;
  switch (found.object()->kind) {
    case Kind::kFunction:
      return make<BoundMethod>(self, found);
    case Kind::kNative:
      return owner->native_kind || found.as<Native>().is_method ? Value(make<BoundMethod>(self, found)) : found;
    case Kind::kStaticMethod:
      return found.as<Wrapped>().function;
    case Kind::kClassMethod:
      return make<BoundMethod>(class_ref(type), found.as<Wrapped>().function);
    case Kind::kProperty: {
      const Property& p = found.as<Property>();
      if (p.getter.is_none()) i.raise("AttributeError", "unreadable attribute");
      return call_value(i, p.getter, std::span(&self, 1), {});
    }
    case Kind::kInstance: {
      const Method get = special_method(i, found, i.state().names().get);
      if (!get.function.defined()) return found;
      const Value arguments[2] = {self, class_ref(type)};
      return call_method(i, get, arguments);
    }
    default:
      return found;
  }
}

Method find_method(Interpreter& i, const Value& object, const Ref<Str>& name) {
  bool method = false;
  Value v = lookup(i, object, name, method);
  if (!v.defined()) return {Value::undefined(), Value::undefined()};
  if (method) return {std::move(v), object};
  if (v.is(Kind::kBoundMethod)) return {v.as<BoundMethod>().function, v.as<BoundMethod>().self};
  return {std::move(v), Value::undefined()};
}

Method get_method(Interpreter& i, const Value& object, const Ref<Str>& name) {
  i.state().attribute_error = Value();
  Method m = find_method(i, object, name);
  if (!m.function.defined()) raise_no_attribute(i, object, name);
  return m;
}

Method special_method(Interpreter& i, const Value& object, const Ref<Str>& name) {
  Class* type = i.type_of(object);
  Class* owner = nullptr;
  const Value* v = i.state().find(type, name.get(), &owner);
  if (!v || v->is_none()) return {Value::undefined(), Value::undefined()};
  if (v->is(Kind::kFunction) || v->is(Kind::kNative)) return {*v, object};
  return {bind(i, Value(*v), owner, object, type), Value::undefined()};
}

Value call_method(Interpreter& i, const Method& m, std::span<const Value> arguments) {
  if (!m.self.defined()) return call_value(i, m.function, arguments, {});
  Value all[8];
  std::vector<Value> many;
  Value* p = all;
  if (arguments.size() + 1 > std::size(all)) many.resize(arguments.size() + 1), p = many.data();
  p[0] = m.self;
  std::copy(arguments.begin(), arguments.end(), p + 1);
  return call_value(i, m.function, {p, arguments.size() + 1}, {});
}

Value Interpreter::find_attribute(const Value& object, const Ref<Str>& name) {
  bool method = false;
  Value v = lookup(*this, object, interned(*this, name), method);
  if (method) return make<BoundMethod>(object, v);
  return v;
}

Value Interpreter::get_attribute(const Value& object, const Ref<Str>& name) {
  if (object.is(Kind::kInstance)) {  // the usual case, without a detour
    const Instance& o = object.as<Instance>();
    if (const Value* v = o.attributes->find(name.get())) {
      const Value* in_class = state_->find(o.type.get(), name.get());
      if (!in_class || !is_data_descriptor(*this, *in_class)) return *v;
    }
  }
  state_->attribute_error = Value();
  Value v = find_attribute(object, name);
  if (!v.defined()) raise_no_attribute(*this, object, name);
  return v;
}

namespace {

std::vector<std::string> attribute_names(Interpreter& i, const Value& object) {
  std::vector<std::string> known;
  const auto add = [&](const Dict* d) {
    if (!d) return;
    for (const auto& e : d->entries())
      if (e.key.is(Kind::kStr)) known.push_back(e.key.as<Str>().text);
  };
  if (object.is_object())
    if (Ref<Dict>* own = own_attributes(object)) add(own->get());
  Class* type = object.is(Kind::kClass) ? &object.as<Class>() : i.type_of(object);
  for (Class* c : type->mro) add(c->attributes.get());
  return known;
}

bool is_internal(const std::string& name) {
  static const char* const kInternals[] = {"__globals__",      "__code__",         "__closure__", "__subclasses__",
                                           "__builtins__",     "__getattribute__", "__reduce__",  "__reduce_ex__",
                                           "__loader__",       "__spec__",         "__import__",  "gi_frame",
                                           "gi_code",          "f_back",           "f_globals",   "f_locals",
                                           "tb_frame",         "__weakref__",      "__base__",    "__init_subclass__",
                                           "__subclasshook__", "__dir__",          "__sizeof__"};
  return std::find(std::begin(kInternals), std::end(kInternals), name) != std::end(kInternals);
}

}  // namespace

void raise_no_attribute(Interpreter& i, const Value& object, const Ref<Str>& name) {
  if (i.state().attribute_error.is_object()) throw Raised(std::exchange(i.state().attribute_error, Value()));
  const std::string& wanted = name->text;
  std::string subject = "'" + i.type_name(object) + "' object";
  if (object.is(Kind::kClass)) subject = "type object '" + object.as<Class>().name + "'";
  if (object.is(Kind::kModule)) subject = "module '" + object.as<ModuleObject>().name + "'";
  if (object.is(Kind::kSuper)) subject = "'super' object";
  std::string message = subject + " has no attribute '" + wanted + "'";
  if (is_internal(wanted)) i.raise("AttributeError", message + ": '" + wanted + "' is not part of the unit language");
  raise_suggesting(i, "AttributeError", message, suggestion(wanted, attribute_names(i, object)));
}

}  // namespace gradus
