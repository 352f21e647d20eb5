#include <algorithm>

#include "unit/run/state.h"

/// Classes: their order of resolution, their making, super(), isinstance.
namespace gradus {

Ref<Class> class_ref(Class* c) { return Ref<Class>(c); }

Value* Interpreter::State::find(Class* c, const Str* name, Class** owner) {
  Lookup& l = lookups[(reinterpret_cast<uintptr_t>(name) / 16 ^ c->version * 31u) % lookups.size()];
  if (l.version == c->version && l.name == name && (!l.owner || l.owner->attributes->layout() == l.layout)) {
    if (owner) *owner = l.owner;
    return l.value;
  }
  for (Class* k : c->mro)
    if (Value* v = k->attributes->find(name)) {
      l = {c->version, k->attributes->layout(), name, v, k};
      if (owner) *owner = k;
      return v;
    }
  l = {c->version, 0, name, nullptr, nullptr};
  if (owner) *owner = nullptr;
  return nullptr;
}

void Interpreter::State::touch(Class* c) {
  c->version = ++class_version;
  for (Class* s : c->subclasses) touch(s);
}

// C3: the class, then a merge of the orders of its bases and the list of the bases.
std::vector<Class*> linearize(Interpreter& i, Class* c) {
  std::vector<std::vector<Class*>> lists;
  for (const auto& b : c->bases) lists.push_back(b->mro);
  lists.emplace_back();
  for (const auto& b : c->bases) lists.back().push_back(b.get());
  std::vector<Class*> order{c};
  for (;;) {
    std::erase_if(lists, [](const auto& l) { return l.empty(); });
    if (lists.empty()) return order;
    Class* next = nullptr;
    for (const auto& l : lists) {
      const bool later = std::any_of(lists.begin(), lists.end(), [&](const auto& o) {
        return std::find(o.begin() + 1, o.end(), l.front()) != o.end();
      });
      if (!later) {
        next = l.front();
        break;
      }
    }
    if (!next) {
      std::string names;
      for (const auto& b : c->bases) names += (names.empty() ? "" : ", ") + b->name;
      i.raise("TypeError", "Cannot create a consistent method resolution\norder (MRO) for bases " + names);
    }
    order.push_back(next);
    for (auto& l : lists)
      if (l.front() == next) l.erase(l.begin());
  }
}

namespace {

// What stands in a list of bases but is no class: Generic[T], Protocol …
void resolve_bases(Interpreter& i, const std::vector<Value>& given, std::vector<Value>& bases, bool& changed) {
  for (const Value& b : given) {
    if (b.is(Kind::kClass)) {
      bases.push_back(b);
      continue;
    }
    const Value entries = i.find_attribute(b, i.state().names().mro_entries);
    if (!entries.defined()) i.raise("TypeError", "a base of a class must be a class, not " + i.type_name(b));
    const Value argument = make<Tuple>(given);
    for (const Value& e : i.to_vector(i.call(entries, std::span(&argument, 1)))) bases.push_back(e);
    changed = true;
  }
}

/// `class Mode(str, Enum)`: a native base that a class beside it knows a stand-in for, in its __mixed_bases__.
void replace_mixed(Interpreter& i, std::vector<Value>& bases) {
  const Ref<Str> name = i.intern("__mixed_bases__");
  for (size_t k = 0; k + 1 < bases.size(); ++k) {
    if (!bases[k].as<Class>().native_kind) continue;
    for (size_t later = k + 1; later < bases.size(); ++later) {
      const Value* table = bases[later].as<Class>().find(name.get());
      if (!table || !table->is(Kind::kDict)) continue;
      if (const Value* stand_in = table->as<Dict>().find(i, bases[k])) bases[k] = *stand_in;
      break;
    }
  }
}

bool can_be_base(const Class& c) {
  if (!c.native_kind) return true;
  switch (*c.native_kind) {
    case Kind::kInstance:
    case Kind::kDict:
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kOther:
      return true;
    default:
      return false;
  }
}

void inherit(Interpreter& i, Class& c) {
  for (Class* base : c.mro) {
    if (base == &c) continue;
    if (!can_be_base(*base))
      i.raise("TypeError", "deriving a class from '" + base->name + "' is not part of the unit language");
    c.is_nn_module |= base->is_nn_module;
    c.is_exception |= base->is_exception;
    if (!c.on_set_attribute) c.on_set_attribute = base->on_set_attribute;
    if (!c.allocate && !(base->construct && !base->allocate)) c.allocate = base->allocate;
    if (!c.construct && !c.allocate) c.construct = base->construct;
  }
}

void find_abstract_methods(Interpreter& i, Class& c) {
  const Ref<Str>& mark = i.state().names().abstract_method;
  for (Class* k : c.mro)
    for (const auto& e : k->attributes->entries()) {
      if (!e.key.defined() || k->native_kind) continue;
      Value f = e.value;
      if (f.is(Kind::kProperty)) f = f.as<Property>().getter;
      if (f.is(Kind::kStaticMethod) || f.is(Kind::kClassMethod)) f = f.as<Wrapped>().function;
      if (!f.is(Kind::kFunction) || !f.as<Function>().attributes) continue;
      if (!f.as<Function>().attributes->find(mark.get())) continue;
      const Value* seen = c.find(e.key.as<Str>().interned ? &e.key.as<Str>() : i.intern(e.key.as<Str>().text).get());
      if (seen && seen->same(e.value)) c.is_abstract = true;
    }
}

void tell_attributes_their_names(Interpreter& i, const Ref<Class>& c) {
  std::vector<std::pair<Value, Value>> all;
  for (const auto& e : c->attributes->entries())
    if (e.key.defined() && e.value.is(Kind::kInstance)) all.emplace_back(e.key, e.value);
  for (const auto& [key, value] : all) {
    const Method m = special_method(i, value, i.state().names().set_name);
    if (!m.function.defined()) continue;
    const Value arguments[2] = {c, key};
    call_method(i, m, arguments);
  }
}

void call_init_subclass(Interpreter& i, const Ref<Class>& c, const Ref<Dict>& keywords) {
  const Ref<Str>& name = i.state().names().init_subclass;
  std::vector<std::pair<Ref<Str>, Value>> pairs;
  if (keywords)
    for (const auto& e : keywords->entries())
      if (e.key.defined()) pairs.emplace_back(i.intern(e.key.as<Str>().text), e.value);
  for (size_t k = 1; k < c->mro.size(); ++k) {
    const Value* found = c->mro[k]->attributes->find(name.get());
    if (!found) continue;
    const Value f = found->is(Kind::kClassMethod) ? found->as<Wrapped>().function : *found;
    const Value self = c;
    call_value(i, f, std::span(&self, 1), {pairs.data(), nullptr, nullptr, pairs.size()});
    return;
  }
  if (!pairs.empty()) i.raise("TypeError", c->name + ".__init_subclass__() takes no keyword arguments");
}

bool take_metaclass(Interpreter& i, const Ref<Dict>& keywords) {  // true for ABCMeta
  const Ref<Str> name = i.intern("metaclass");
  const Value* given = keywords ? keywords->find(name.get()) : nullptr;
  if (!given) return false;
  const std::string meta = given->is(Kind::kClass) ? given->as<Class>().name : i.repr(*given);
  if (meta != "ABCMeta" && meta != "type" && meta != "EnumMeta")
    i.raise("TypeError", "metaclass=" + meta + ": metaclasses other than ABCMeta are not part of the unit language");
  keywords->erase(name.get());
  return meta == "ABCMeta";
}

}  // namespace

Ref<Class> build_class(Interpreter& i, const std::string& name, const std::vector<Value>& given, const Ref<Dict>& names,
                       const Ref<Dict>& keywords, Value* finished, const Value& class_cell) {
  const bool abstract_base = take_metaclass(i, keywords);
  std::vector<Value> bases;
  bool changed = false;
  resolve_bases(i, given, bases, changed);
  replace_mixed(i, bases);
  if (bases.empty()) bases.push_back(i.state().object);
  Ref<Class> c = make<Class>();
  c->name = name;
  if (const Value* module = names->find(i.state().names().module.get()); module && module->is(Kind::kStr))
    c->module = module->as<Str>().text;
  for (const Value& b : bases) {
    if (std::count_if(bases.begin(), bases.end(), [&](const Value& o) { return o.same(b); }) > 1)
      i.raise("TypeError", "duplicate base class " + b.as<Class>().name);
    c->bases.push_back(b.ref<Class>());
  }
  c->attributes = names;
  for (const auto& e : names->entries())
    if (e.key.defined() && e.value.is(Kind::kFunction) && e.key.as<Str>().text == "__getattribute__")
      i.raise("TypeError", "__getattribute__ is not part of the unit language");
  c->mro = linearize(i, c.get());
  inherit(i, *c);
  for (const auto& b : c->bases) b->subclasses.push_back(c.get());
  i.state().touch(c.get());
  const Names& n = i.state().names();
  for (const Ref<Str>& implicit : {n.new_})
    if (Value* f = names->find(implicit.get()); f && f->is(Kind::kFunction))
      *f = make<Wrapped>(Kind::kStaticMethod, *f);
  for (const Ref<Str>& implicit : {n.init_subclass, n.class_getitem})
    if (Value* f = names->find(implicit.get()); f && f->is(Kind::kFunction)) *f = make<Wrapped>(Kind::kClassMethod, *f);
  if (names->find(n.eq.get()) && !names->find(n.hash.get())) names->set(n.hash, Value());
  c->checks_abstract = abstract_base;
  for (Class* k : c->mro) c->checks_abstract |= k->checks_abstract || (k->name == "ABC" && k->module == "abc");
  if (c->checks_abstract) find_abstract_methods(i, *c);
  if (class_cell.is(Kind::kCell)) class_cell.as<Cell>().value = c;
  tell_attributes_their_names(i, c);
  call_init_subclass(i, c, keywords);
  if (const Value* finish = i.state().find(c.get(), n.finish_class.get());
      finish && finished &&
      !names->find(n.finish_class.get())) {  // inherited: the class that brings it is not finished by it
    const Value f =
        finish->is(Kind::kStaticMethod) || finish->is(Kind::kClassMethod) ? finish->as<Wrapped>().function : *finish;
    const Value self = c;
    *finished = i.call(f, std::span(&self, 1));
  }
  return c;
}

// super

Value make_super(Interpreter& i, std::span<const Value> arguments) {
  Ref<Super> s = make<Super>();
  Value type, self;
  if (arguments.empty()) {
    const Frame* f = i.state().frame;
    if (!f || f->code->class_cell < 0 || f->code->n_positional == 0) i.raise("RuntimeError", "super(): no arguments");
    type = f->slots[f->code->class_cell].as<Cell>().value;
    self = f->slots[0];
    if (self.is(Kind::kCell)) self = self.as<Cell>().value;
    if (!type.is(Kind::kClass)) i.raise("RuntimeError", "super(): empty __class__ cell");
  } else if (arguments.size() == 2 && arguments[0].is(Kind::kClass)) {
    type = arguments[0];
    self = arguments[1];
  } else {
    i.raise("TypeError", "super() takes no arguments or (type, object)");
  }
  s->after = type.ref<Class>();
  s->self = self;
  if (self.is(Kind::kClass) && i.is_subclass(&self.as<Class>(), s->after.get()))
    s->type = self.ref<Class>();
  else if (i.is_subclass(i.type_of(self), s->after.get()))
    s->type = class_ref(i.type_of(self));
  else
    i.raise("TypeError", "super(type, obj): obj must be an instance or subtype of type");
  return s;
}

Value super_attribute(Interpreter& i, Super& s, const Ref<Str>& name) {
  if (name.get() == i.state().names().class_.get()) return i.builtin("super");
  auto at = std::find(s.type->mro.begin(), s.type->mro.end(), s.after.get());
  for (++at; at < s.type->mro.end(); ++at) {
    const Value* found = (*at)->attributes->find(name.get());
    if (!found) continue;
    const Value v = *found;
    if (s.self.is(Kind::kClass) && !v.is(Kind::kClassMethod)) {
      if (v.is(Kind::kStaticMethod)) return v.as<Wrapped>().function;
      return v;
    }
    if (v.is(Kind::kClassMethod)) return make<BoundMethod>(s.type, v.as<Wrapped>().function);
    return bind(i, v, *at, s.self, s.type.get());
  }
  return Value::undefined();
}

// Questions

bool Interpreter::is_subclass(const Class* c, const Class* base) {
  return std::find(c->mro.begin(), c->mro.end(), base) != c->mro.end();
}

bool Interpreter::is_instance(const Value& v, const Value& types) {
  if (types.is(Kind::kTuple)) {
    for (const Value& t : types.as<Tuple>().items)
      if (is_instance(v, t)) return true;
    return false;
  }
  if (!types.is(Kind::kClass)) {
    const Method check = special_method(*this, types, state_->names().instancecheck);
    if (check.function.defined()) return truth(call_method(*this, check, std::span(&v, 1)));
    raise("TypeError", "isinstance() arg 2 must be a type, a tuple of types, or a union");
  }
  Class* wanted = &types.as<Class>();
  if (is_subclass(type_of(v), wanted)) return true;
  if (v.is(Kind::kInstance) && wanted->native_kind)  // a member of an enumeration of strings is a string
    if (const Value* mixed = v.as<Instance>().type->find(intern("__mixed_type__").get())) return mixed->same(types);
  if (const Value* check = wanted->attributes->find(state_->names().instancecheck.get())) {
    const Value f =
        check->is(Kind::kStaticMethod) || check->is(Kind::kClassMethod) ? check->as<Wrapped>().function : *check;
    return truth(call(f, std::span(&v, 1)));
  }
  return false;
}

Class* Interpreter::type_of(const Value& v) {
  switch (v.tag()) {
    case Value::Tag::kNone:
    case Value::Tag::kUndefined:
      return state_->none.get();
    case Value::Tag::kBool:
      return state_->boolean.get();
    case Value::Tag::kInt:
      return state_->integer.get();
    case Value::Tag::kFloat:
      return state_->floating.get();
    case Value::Tag::kObject:
      break;
  }
  switch (v.object()->kind) {
    case Kind::kInstance:
      return v.as<Instance>().type.get();
    case Kind::kDict:
      if (v.as<Dict>().subclass) return v.as<Dict>().subclass.get();
      break;
    case Kind::kList:
      if (v.as<List>().subclass) return v.as<List>().subclass.get();
      break;
    case Kind::kTuple:
    case Kind::kSize:
      if (v.as<Tuple>().named) return v.as<Tuple>().named.get();
      break;
    case Kind::kIterator:
      if (v.as<Iterator>().named) return v.as<Iterator>().named.get();
      break;
    case Kind::kOther:
      return v.as<Other>().type.get();
    default:
      break;
  }
  Class* c = state_->class_of_kind[static_cast<size_t>(v.object()->kind)].get();
  return c ? c : state_->object.get();
}

std::string Interpreter::type_name(const Value& v) { return type_of(v)->name; }

// Native classes

Ref<Class> Interpreter::native_class(std::string name, std::string module, Kind kind, std::vector<Ref<Class>> bases) {
  Entry entry(*this);
  Ref<Class> c = make<Class>();
  c->name = std::move(name);
  c->module = std::move(module);
  c->attributes = make<Dict>();
  c->native_kind = kind;
  c->accepts_attributes = false;
  if (bases.empty() && state_->object) bases.push_back(state_->object);
  c->bases = std::move(bases);
  c->mro = linearize(*this, c.get());
  for (Class* base : c->mro) {
    c->is_nn_module |= base->is_nn_module;
    c->is_exception |= base->is_exception;
    if (!c->on_set_attribute) c->on_set_attribute = base->on_set_attribute;
    if (!c->allocate && kind == Kind::kInstance) c->allocate = base->allocate;
  }
  for (const auto& b : c->bases) b->subclasses.push_back(c.get());
  state_->touch(c.get());
  auto& of_kind = state_->class_of_kind[static_cast<size_t>(kind)];
  if (!of_kind && kind != Kind::kInstance && kind != Kind::kOther) of_kind = c;
  state_->native_classes.push_back(c);
  return c;
}

/// Called through its class or as a getter's fget a method may get anything: its self is checked.
static Ref<Native> checked_method(Class* owner, std::string name, NativeFunction f) {
  auto checked = [owner, name, f = std::move(f)](Interpreter& i, const Arguments& a) -> Value {
    if (a.positional.empty())
      i.raise("TypeError", "unbound method " + owner->name + "." + name + "() needs an argument");
    const Class* type = i.type_of(a.positional[0]);
    if (type != owner && !i.is_subclass(type, owner))
      i.raise("TypeError", "descriptor '" + name + "' for '" + owner->name + "' objects doesn't apply to a '" +
                               type->name + "' object");
    return f(i, a);
  };
  return make<Native>(std::move(name), std::move(checked));
}

void Interpreter::method(const Ref<Class>& c, std::string_view name, NativeFunction f) {
  Entry entry(*this);
  Ref<Native> n = checked_method(c.get(), std::string(name), std::move(f));
  n->is_method = true;
  c->attributes->set(intern(name), n);
  state_->touch(c.get());
}

void Interpreter::getter(const Ref<Class>& c, std::string_view name, NativeFunction f) {
  Entry entry(*this);
  Ref<Property> p = make<Property>();
  p->getter = checked_method(c.get(), std::string(name), std::move(f));
  c->attributes->set(intern(name), p);
  state_->touch(c.get());
}

}  // namespace gradus
