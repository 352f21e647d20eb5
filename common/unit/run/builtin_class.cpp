#include "unit/run/builtin.h"

/// object, type and the kinds the evaluator is made of.
namespace gradus {

namespace {

Value allocate_instance(Interpreter&, const Ref<Class>& c) { return make<Instance>(c); }

Value object_new(Interpreter& i, const Arguments& a) {
  if (a.positional.empty() || !a.positional[0].is(Kind::kClass))
    i.raise("TypeError", "object.__new__(X): X is not a type object");
  const Ref<Class> c = a.positional[0].ref<Class>();
  if (!c->allocate) i.raise("TypeError", "object.__new__(" + c->name + ") is not safe");
  return c->allocate(i, c);
}

Value type_call(Interpreter& i, const Arguments& a) {
  if (a.positional.size() == 2) return class_ref(i.type_of(a.positional[1]));
  if (a.positional.size() != 4) i.raise("TypeError", "type() takes 1 or 3 arguments");
  const Value names = i.call(i.builtin("dict"), a.positional.subspan(3, 1));
  Ref<Dict> own = make<Dict>();
  for (const auto& e : names.as<Dict>().entries())
    if (e.key.is(Kind::kStr)) own->set(i.intern(e.key.as<Str>().text), e.value);
  if (const Frame* f = i.state().frame; f && f->globals && !own->find(i.state().names().module.get()))
    if (const Value* m = f->globals->find(i.state().names().name.get())) own->set(i.state().names().module, *m);
  Value finished = Value::undefined();
  Ref<Class> c = build_class(i, text_argument(i, a.positional[1], "type() argument 1"), i.to_vector(a.positional[2]),
                             own, {}, &finished);
  return finished.defined() ? finished : Value(c);
}

Value property_call(Interpreter&, const Arguments& a) {
  Ref<Property> p = make<Property>();
  const auto take = [&](size_t k, const char* name) {
    const Value v = argument(a, k, name);
    return v.defined() ? v : Value();
  };
  p->getter = take(1, "fget");
  p->setter = take(2, "fset");
  p->deleter = take(3, "fdel");
  return p;
}

Value with_part(const Arguments& a, Value Property::*part) {
  const Property& old = a.positional[0].as<Property>();
  Ref<Property> p = make<Property>();
  p->getter = old.getter, p->setter = old.setter, p->deleter = old.deleter;
  p.get()->*part = a.positional[1];
  return p;
}

template <Kind kind>
Value wrap(Interpreter& i, const Arguments& a) {
  expect(i, a, "decorator", 2, 2);
  return make<Wrapped>(kind, a.positional[1]);
}

Value not_made_by_call(Interpreter& i, const Arguments& a) {
  i.raise("TypeError", "cannot create '" + a.positional[0].as<Class>().name + "' instances");
}

void install_object(Interpreter& i) {
  Interpreter::State& s = i.state();
  s.object = add_class(i, "object", Kind::kInstance);
  s.object->allocate = allocate_instance;
  s.object->native_kind = Kind::kInstance;
  i.method(s.object, "__init__", [](Interpreter&, const Arguments&) { return Value(); });
  s.object->attributes->set(s.names().new_, make<Native>("__new__", object_new));
  i.method(s.object, "__setattr__", [](Interpreter& in, const Arguments& a) -> Value {
    expect(in, a, "__setattr__", 3, 3);
    text_argument(in, a.positional[1], "attribute name");
    store_attribute(in, a.positional[0], a.positional[1].ref<Str>(), a.positional[2]);
    return {};
  });
  s.object->attributes->set(
      s.names().init_subclass,
      make<Wrapped>(Kind::kClassMethod,
                    make<Native>("__init_subclass__", [](Interpreter& in, const Arguments& a) -> Value {
                      if (!a.keywords.empty())
                        in.raise("TypeError",
                                 a.positional[0].as<Class>().name + ".__init_subclass__() takes no keyword arguments");
                      return {};
                    })));
  s.touch(s.object.get());
}

void install_type(Interpreter& i) {
  Interpreter::State& s = i.state();
  s.type = add_class(i, "type", Kind::kClass, type_call);
  i.method(s.type, "mro", [](Interpreter& in, const Arguments& a) -> Value {
    return make<List>(in.to_vector(in.get_attribute(a.positional[0], in.state().names().mro)));
  });
  s.none = i.native_class("NoneType", "builtins", Kind::kOther);
  s.none->construct = [](Interpreter&, const Arguments&) { return Value(); };
}

}  // namespace

void install_classes(Interpreter& i) {
  install_object(i);
  install_type(i);
  const Ref<Class> property = add_class(i, "property", Kind::kProperty, property_call);
  add_methods(i, property,
              {{"getter", [](Interpreter&, const Arguments& a) { return with_part(a, &Property::getter); }},
               {"setter", [](Interpreter&, const Arguments& a) { return with_part(a, &Property::setter); }},
               {"deleter", [](Interpreter&, const Arguments& a) { return with_part(a, &Property::deleter); }}});
  add_class(i, "staticmethod", Kind::kStaticMethod, wrap<Kind::kStaticMethod>);
  add_class(i, "classmethod", Kind::kClassMethod, wrap<Kind::kClassMethod>);
  add_class(i, "super", Kind::kSuper,
            [](Interpreter& in, const Arguments& a) { return make_super(in, a.positional.subspan(1)); });
  for (const auto& [name, kind] : {std::pair{"function", Kind::kFunction},
                                   {"method", Kind::kBoundMethod},
                                   {"builtin_function_or_method", Kind::kNative},
                                   {"module", Kind::kModule},
                                   {"ellipsis", Kind::kEllipsis},
                                   {"NotImplementedType", Kind::kNotImplemented},
                                   {"cell", Kind::kCell},
                                   {"iterator", Kind::kIterator},
                                   {"mappingproxy", Kind::kMappingProxy}})
    i.native_class(name, "builtins", kind)->construct = not_made_by_call;
  struct Singleton : Object {
    using Object::Object;
  };
  i.state().ellipsis = make<Singleton>(Kind::kEllipsis);
  i.state().not_implemented = make<Singleton>(Kind::kNotImplemented);
  i.state().builtins->set(i.intern("Ellipsis"), i.state().ellipsis);
  i.state().builtins->set(i.intern("NotImplemented"), i.state().not_implemented);
}

}  // namespace gradus
