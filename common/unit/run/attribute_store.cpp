#include "unit/run/attribute.h"

/// Storing and deleting attributes.
namespace gradus {

bool is_data_descriptor(Interpreter& i, const Value& v) {
  if (v.is(Kind::kProperty)) return true;
  return v.is(Kind::kInstance) && i.state().find(v.as<Instance>().type.get(), i.state().names().set.get());
}

Ref<Dict>* own_attributes(const Value& v) {
  switch (v.object()->kind) {
    case Kind::kInstance:
      return &v.as<Instance>().attributes;
    case Kind::kModule:
      return &v.as<ModuleObject>().attributes;
    case Kind::kFunction:
      return &v.as<Function>().attributes;
    case Kind::kDict:
      return &v.as<Dict>().attributes;
    case Kind::kList:
      return &v.as<List>().attributes;
    default:
      return nullptr;
  }
}

Ref<Str> interned(Interpreter& i, const Ref<Str>& name) { return name->interned ? name : i.intern(name->text); }

namespace {

[[noreturn]] void raise_read_only(Interpreter& i, const Value& object, const Ref<Str>& name) {
  if (object.is(Kind::kClass))
    i.raise("TypeError",
            "cannot set '" + name->text + "' attribute of immutable type '" + object.as<Class>().name + "'");
  bool exists = i.state().find(i.type_of(object), name.get()) != nullptr;
  i.raise("AttributeError",
          "'" + i.type_name(object) + "' object " +
              (exists ? "attribute '" + name->text + "' is read-only" : "has no attribute '" + name->text + "'"));
}

bool store_in_descriptor(Interpreter& i, const Value& object, const Ref<Str>& name, const Value& value) {
  const Value* found = i.state().find(i.type_of(object), name.get());
  if (!found || !is_data_descriptor(i, *found)) return false;
  const Value descriptor = *found;
  if (descriptor.is(Kind::kProperty)) {
    const Property& p = descriptor.as<Property>();
    if (p.setter.is_none())
      i.raise("AttributeError", "property '" + name->text + "' of '" + i.type_name(object) + "' object has no setter");
    const Value arguments[2] = {object, value};
    call_value(i, p.setter, arguments, {});
  } else {
    const Value arguments[2] = {object, value};
    call_method(i, special_method(i, descriptor, i.state().names().set), arguments);
  }
  return true;
}

void store_in_class(Interpreter& i, const Value& object, const Ref<Str>& name, const Value& value) {
  Class& c = object.as<Class>();
  if (!c.accepts_attributes) raise_read_only(i, object, name);
  if (name.get() == i.state().names().name.get() && value.is(Kind::kStr))
    c.name = value.as<Str>().text;
  else
    c.attributes->set(name, value);
  i.state().touch(&c);
}

void store_in_function(Interpreter& i, Function& f, const Ref<Str>& name, const Value& value) {
  const Names& n = i.state().names();
  if (name.get() == n.name.get() && value.is(Kind::kStr))
    f.name = value.ref<Str>();
  else if (name.get() == n.qualname.get() && value.is(Kind::kStr))
    f.qualified_name = value.ref<Str>();
  else if (name.get() == n.doc.get())
    f.docstring = value;
  else if (name.get() == n.module.get() || name.get() == n.annotations.get())
    return;
  else {
    if (!f.attributes) f.attributes = make<Dict>();
    f.attributes->set(name, value);
  }
}

}  // namespace

void store_attribute(Interpreter& i, const Value& object, const Ref<Str>& given, const Value& value) {
  const Ref<Str> name = interned(i, given);
  if (object.is(Kind::kInstance)) {
    Instance& o = object.as<Instance>();
    if (o.type->on_set_attribute && o.type->on_set_attribute(i, o, name, value)) return;
    if (store_in_descriptor(i, object, name, value)) return;
    const Names& n = i.state().names();
    if (name.get() == n.class_.get()) i.raise("TypeError", "__class__ assignment is not part of the unit language");
    if (name.get() == n.dict.get()) {
      if (!value.is(Kind::kDict)) i.raise("TypeError", "__dict__ must be set to a dictionary");
      o.attributes = value.ref<Dict>();
      return;
    }
    if (o.type->is_exception) {
      ExceptionData& d = exception_data(object);
      if (name.get() == n.cause.get()) {
        d.cause = value;
        return;
      }
      if (name.get() == n.suppress_context.get()) {
        d.suppress_context = i.truth(value);
        return;
      }
      if (name.get() == n.args.get()) {
        d.arguments = make<Tuple>(i.to_vector(value));
        return;
      }
      if (name.get() == n.context.get() || name.get() == n.traceback.get()) return;
    }
    o.attributes->set(name, value);
    return;
  }
  if (object.is(Kind::kClass)) return store_in_class(i, object, name, value);
  if (!object.is_object()) raise_read_only(i, object, name);
  const Hooks& hooks = hooks_of(i, object);
  if (hooks.set_attribute && hooks.set_attribute(i, object, name, value)) return;
  if (store_in_descriptor(i, object, name, value)) return;
  if (object.is(Kind::kFunction)) return store_in_function(i, object.as<Function>(), name, value);
  if (object.is(Kind::kModule)) return object.as<ModuleObject>().attributes->set(name, value);
  if ((object.is(Kind::kDict) || object.is(Kind::kList)) && i.type_of(object)->accepts_attributes) {
    Ref<Dict>& own = *own_attributes(object);
    if (!own) own = make<Dict>();
    return own->set(name, value);
  }
  raise_read_only(i, object, name);
}

void Interpreter::set_attribute(const Value& object, const Ref<Str>& name, Value value) {
  if (object.is(Kind::kInstance) || object.is(Kind::kDict) || object.is(Kind::kList)) {
    const Value* f = state_->find(type_of(object), state_->names().setattr.get());
    if (f && f->is(Kind::kFunction)) {
      const Value arguments[3] = {object, name, value};
      call_value(*this, Value(*f), arguments, {});
      return;
    }
  }
  store_attribute(*this, object, name, value);
}

void Interpreter::delete_attribute(const Value& object, const Ref<Str>& given) {
  const Ref<Str> name = interned(*this, given);
  const Names& n = state_->names();
  const Method custom = special_method(*this, object, n.delattr);
  const bool of_module = object.is(Kind::kInstance) && object.as<Instance>().type->is_nn_module;
  if (custom.function.is(Kind::kFunction) || (of_module && custom.function.is(Kind::kNative))) {
    const Value argument = name;
    call_method(*this, custom, std::span(&argument, 1));
    return;
  }
  if (object.is(Kind::kClass)) {
    Class& c = object.as<Class>();
    if (!c.accepts_attributes || !c.attributes->erase(name.get())) raise_no_attribute(*this, object, name);
    state_->touch(&c);
    return;
  }
  if (object.is_object()) {
    const Value* found = state_->find(type_of(object), name.get());
    if (found && found->is(Kind::kProperty)) {
      const Value deleter = found->as<Property>().deleter;
      if (deleter.is_none())
        raise("AttributeError", "property '" + name->text + "' of '" + type_name(object) + "' object has no deleter");
      call_value(*this, deleter, std::span(&object, 1), {});
      return;
    }
    if (Ref<Dict>* own = own_attributes(object); own && *own && (*own)->erase(name.get())) return;
  }
  raise_no_attribute(*this, object, name);
}

}  // namespace gradus
