#include <algorithm>

#include "unit/run/builtin.h"

/// dict and its views, set and frozenset.
namespace gradus {

void add_container_dunders(Interpreter& i, const Ref<Class>& c, bool mutable_);

namespace {

Dict& self(const Arguments& a) { return a.positional[0].as<Dict>(); }

Value allocate_dict(Interpreter& i, const Ref<Class>& c) {
  Ref<Dict> d = make<Dict>();
  if (c.get() != i.state().class_of_kind[static_cast<size_t>(Kind::kDict)].get()) d->subclass = c;
  return d;
}

void update_from(Interpreter& i, const Value& into, const Value& from) {
  Dict& d = into.as<Dict>();
  if (from.is(Kind::kDict) && !d.subclass) {
    const Ref<Dict> held = from.ref<Dict>();
    for (size_t k = 0; k < held->entries().size(); ++k) {
      const Dict::Entry e = held->entries()[k];
      if (e.key.defined()) d.set(i, e.key, e.value);
    }
    return;
  }
  const Method keys = special_method(i, from, i.intern("keys"));
  if (keys.function.defined() || from.is(Kind::kMappingProxy)) {
    for (const Value& key : i.to_vector(keys.function.defined() ? call_method(i, keys) : from))
      store_item(i, into, key, i.get_item(from, key));
    return;
  }
  size_t n = 0;
  for (const Value& v : i.to_vector(from)) {
    if (!v.is_object())
      i.raise("TypeError",
              "cannot convert dictionary update sequence element #" + std::to_string(n) + " to a sequence");
    const std::vector<Value> pair = i.to_vector(v);
    if (pair.size() != 2)
      i.raise("ValueError", "dictionary update sequence element #" + std::to_string(n) + " has length " +
                                std::to_string(pair.size()) + "; 2 is required");
    store_item(i, into, pair[0], pair[1]);
    ++n;
  }
}

Value update(Interpreter& i, const Arguments& a) {
  expect(i, a, "update", 1, 2);
  if (a.positional.size() > 1) update_from(i, a.positional[0], a.positional[1]);
  for (const auto& [name, value] : a.keywords) store_item(i, a.positional[0], name, value);
  return {};
}

Value get(Interpreter& i, const Arguments& a) {
  expect(i, a, "get", 2, 3);
  if (const Value* v = self(a).find(i, a.positional[1])) return *v;
  return a.positional.size() > 2 ? a.positional[2] : Value();
}

Value pop(Interpreter& i, const Arguments& a) {
  expect(i, a, "pop", 2, 3);
  if (const Value* found = self(a).find(i, a.positional[1])) {
    Value v = *found;
    self(a).erase(i, a.positional[1]);
    return v;
  }
  const Value fallback = argument(a, 2, "default");
  if (fallback.defined()) return fallback;
  raise_exception(i, make_exception(i, i.exception_class("KeyError"), {a.positional[1]}));
}

Value popitem(Interpreter& i, const Arguments& a) {
  const Value last = argument(a, 1, "last");
  const bool first = last.defined() && !i.truth(last);
  const auto& entries = self(a).entries();
  const auto alive = [](const Dict::Entry& e) { return e.key.defined(); };
  const auto forward = std::find_if(entries.begin(), entries.end(), alive);
  if (forward == entries.end())
    raise_exception(i,
                    make_exception(i, i.exception_class("KeyError"), {i.make_str("popitem(): dictionary is empty")}));
  const Dict::Entry& e = first ? *forward : *std::find_if(entries.rbegin(), entries.rend(), alive);
  const Value key = e.key;
  Value pair = pair_of(key, e.value);
  self(a).erase(i, key);
  return pair;
}

Value setdefault(Interpreter& i, const Arguments& a) {
  expect(i, a, "setdefault", 2, 3);
  if (const Value* v = self(a).find(i, a.positional[1])) return *v;
  Value v = argument(a, 2, "default");
  if (!v.defined()) v = Value();
  self(a).set(i, a.positional[1], v);
  return v;
}

Value copy(Interpreter& i, const Arguments& a) {
  Ref<Dict> d = make<Dict>();
  d->subclass = self(a).subclass;
  d->default_factory = self(a).default_factory;
  for (const auto& e : self(a).entries())
    if (e.key.defined()) d->set(i, e.key, e.value);
  return d;
}

template <DictView::What what>
Value view(Interpreter&, const Arguments& a) {
  const Value& v = a.positional[0];
  return make<DictView>(v.is(Kind::kDict) ? v.ref<Dict>() : v.as<DictView>().dict, what);
}

Value fromkeys(Interpreter& i, const Arguments& a) {
  expect(i, a, "fromkeys", 2, 3);
  Value d = i.call(a.positional[0], {});
  for (const Value& key : i.to_vector(a.positional[1]))
    i.set_item(d, key, a.positional.size() > 2 ? a.positional[2] : Value());
  return d;
}

Value dict_init(Interpreter& i, const Arguments& a) { return update(i, a); }

Value clear(Interpreter&, const Arguments& a) {
  self(a).clear();
  return {};
}

}  // namespace

void install_dicts(Interpreter& i) {
  const Ref<Class> c = add_class(i, "dict", Kind::kDict);
  c->allocate = allocate_dict;
  add_container_dunders(i, c, true);
  add_methods(i, c,
              {{"__init__", dict_init},
               {"update", update},
               {"get", get},
               {"pop", pop},
               {"popitem", popitem},
               {"setdefault", setdefault},
               {"copy", copy},
               {"keys", view<DictView::What::kKeys>},
               {"values", view<DictView::What::kValues>},
               {"items", view<DictView::What::kItems>},
               {"clear", clear}});
  c->attributes->set(i.intern("fromkeys"), make<Wrapped>(Kind::kClassMethod, make<Native>("fromkeys", fromkeys)));
  i.state().touch(c.get());
  const Ref<Class> v = i.native_class("dict_view", "builtins", Kind::kDictView);
  add_methods(i, v, {{"isdisjoint", [](Interpreter& in, const Arguments& a) -> Value {
                        for (const Value& x : in.to_vector(a.positional[1]))
                          if (in.contains(a.positional[0], x)) return false;
                        return true;
                      }}});
  const Ref<Class> proxy = i.state().class_of_kind[static_cast<size_t>(Kind::kMappingProxy)];
  add_methods(i, proxy,
              {{"keys", view<DictView::What::kKeys>},
               {"values", view<DictView::What::kValues>},
               {"items", view<DictView::What::kItems>},
               {"get", [](Interpreter& in, const Arguments& a) -> Value {
                  const Value* found = a.positional[0].as<DictView>().dict->find(in, a.positional[1]);
                  return found ? *found : a.positional.size() > 2 ? a.positional[2] : Value();
                }}});
}

}  // namespace gradus
