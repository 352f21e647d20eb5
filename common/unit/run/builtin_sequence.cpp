#include <algorithm>

#include "unit/run/builtin.h"

/// list, tuple, range, slice and their methods.
namespace gradus {

namespace {

std::vector<Value>& items(const Arguments& a) { return a.positional[0].as<List>().items; }

Value list_from(Interpreter& i, const Arguments& a) {
  expect(i, a, "list", 1, 2);
  return make<List>(a.positional.size() > 1 ? i.to_vector(a.positional[1]) : std::vector<Value>{});
}

Value allocate_list(Interpreter& i, const Ref<Class>& c) {
  Ref<List> l = make<List>();
  if (c.get() != i.state().class_of_kind[static_cast<size_t>(Kind::kList)].get()) l->subclass = c;
  return l;
}

Value list_init(Interpreter& i, const Arguments& a) {
  expect(i, a, "list", 1, 2);
  std::vector<Value> all;
  if (a.positional.size() > 1) all = i.to_vector(a.positional[1]);
  items(a) = std::move(all);
  return {};
}

Value append(Interpreter& i, const Arguments& a) {
  expect(i, a, "append", 2, 2);
  i.check_size(static_cast<double>(items(a).size()) + 1);
  items(a).push_back(a.positional[1]);
  return {};
}

Value extend(Interpreter& i, const Arguments& a) {
  expect(i, a, "extend", 2, 2);
  const std::vector<Value> more = i.to_vector(a.positional[1]);
  i.check_size(static_cast<double>(items(a).size() + more.size()));
  items(a).insert(items(a).end(), more.begin(), more.end());
  return {};
}

Value insert(Interpreter& i, const Arguments& a) {
  expect(i, a, "insert", 3, 3);
  const int64_t n = static_cast<int64_t>(items(a).size());
  int64_t at = to_index(i, a.positional[1]);
  if (at < 0) at = std::max<int64_t>(0, at + n);
  i.check_size(static_cast<double>(n) + 1);
  items(a).insert(items(a).begin() + std::min(at, n), a.positional[2]);
  return {};
}

Value pop(Interpreter& i, const Arguments& a) {
  expect(i, a, "pop", 1, 2);
  const int64_t n = static_cast<int64_t>(items(a).size());
  if (n == 0) i.raise("IndexError", "pop from empty list");
  int64_t at = a.positional.size() > 1 ? to_index(i, a.positional[1]) : -1;
  if (at < 0) at += n;
  if (at < 0 || at >= n) i.raise("IndexError", "pop index out of range");
  Value v = std::move(items(a)[static_cast<size_t>(at)]);
  items(a).erase(items(a).begin() + at);
  return v;
}

const std::vector<Value>& any_items(const Value& v) {
  return v.is(Kind::kList) ? v.as<List>().items : v.as<Tuple>().items;
}

int64_t found_at(Interpreter& i, const Arguments& a) {
  expect(i, a, "index", 2, 4);
  const int64_t n = static_cast<int64_t>(any_items(a.positional[0]).size());
  const auto bound = [&](size_t k, int64_t missing) {
    int64_t x = k < a.positional.size() ? to_index(i, a.positional[k]) : missing;
    return x < 0 ? std::max<int64_t>(0, x + n) : x;
  };
  for (int64_t k = bound(2, 0), end = bound(3, n);
       k < end && k < static_cast<int64_t>(any_items(a.positional[0]).size()); ++k) {
    i.count_step();
    const Value v = any_items(a.positional[0])[static_cast<size_t>(k)];
    if (v.same(a.positional[1]) || i.equal(v, a.positional[1])) return k;
  }
  return -1;
}

Value index(Interpreter& i, const Arguments& a) {
  const int64_t at = found_at(i, a);
  if (at < 0)
    i.raise("ValueError", a.positional[0].is(Kind::kList) ? i.repr(a.positional[1]) + " is not in list"
                                                          : "tuple.index(x): x not in tuple");
  return at;
}

Value remove(Interpreter& i, const Arguments& a) {
  const int64_t at = found_at(i, a);
  if (at < 0) i.raise("ValueError", "list.remove(x): x not in list");
  const Value gone = items(a)[static_cast<size_t>(at)];
  items(a).erase(items(a).begin() + at);
  return {};
}

Value count(Interpreter& i, const Arguments& a) {
  int64_t n = 0;
  for (const Value& v : std::vector<Value>(any_items(a.positional[0]))) {
    i.count_step();
    n += v.same(a.positional[1]) || i.equal(v, a.positional[1]);
  }
  return n;
}

Value sort(Interpreter& i, const Arguments& a) {
  expect(i, a, "sort", 1, 1);
  std::vector<Value> all = items(a);
  const Value reverse = keyword(a, "reverse");
  sort_values(i, all, keyword(a, "key"), reverse.defined() && i.truth(reverse));
  items(a) = std::move(all);
  return {};
}

Value tuple_from(Interpreter& i, const Arguments& a) {
  expect(i, a, "tuple", 1, 2);
  if (a.positional[0].is(Kind::kClass) && !a.positional[0].as<Class>().native_kind) {  // a class of the language
    Ref<Tuple> t = make<Tuple>(a.positional.size() > 1 ? i.to_vector(a.positional[1]) : std::vector<Value>{});
    t->named = a.positional[0].ref<Class>();
    return t;
  }
  if (a.positional.size() == 1) return i.state().empty_tuple;
  if (a.positional[1].is(Kind::kTuple) && !a.positional[1].as<Tuple>().named) return a.positional[1];
  return make<Tuple>(i.to_vector(a.positional[1]));
}

Value range_from(Interpreter& i, const Arguments& a) {
  expect(i, a, "range", 2, 4);
  const auto at = [&](size_t k) { return to_index(i, a.positional[k]); };
  if (a.positional.size() == 2) return make<Range>(0, at(1), 1);
  const int64_t start = at(1), stop = at(2), step = a.positional.size() > 3 ? at(3) : 1;
  if (step == 0) i.raise("ValueError", "range() arg 3 must not be zero");
  return make<Range>(start, stop, step);
}

Value slice_from(Interpreter& i, const Arguments& a) {
  expect(i, a, "slice", 2, 4);
  if (a.positional.size() == 2) return make<Slice>(Value(), a.positional[1], Value());
  return make<Slice>(a.positional[1], a.positional[2], a.positional.size() > 3 ? a.positional[3] : Value());
}

template <class T, Value T::*part>
Value member(Interpreter&, const Arguments& a) {
  return a.positional[0].as<T>().*part;
}
template <int64_t Range::*part>
Value range_member(Interpreter&, const Arguments& a) {
  return a.positional[0].as<Range>().*part;
}

Value indices(Interpreter& i, const Arguments& a) {
  const SliceBounds b = slice_bounds(i, a.positional[0].as<Slice>(), to_index(i, a.positional[1]));
  return make<Tuple>(std::vector<Value>{b.start, b.stop, b.step});
}

void install_list(Interpreter& i) {
  const Ref<Class> c = add_class(i, "list", Kind::kList, list_from);
  c->allocate = allocate_list;
  add_methods(i, c,
              {{"__init__", list_init},
               {"append", append},
               {"extend", extend},
               {"insert", insert},
               {"pop", pop},
               {"remove", remove},
               {"index", index},
               {"count", count},
               {"sort", sort},
               {"clear",
                [](Interpreter&, const Arguments& a) -> Value {
                  a.positional[0].as<List>().clear();
                  return {};
                }},
               {"reverse",
                [](Interpreter&, const Arguments& a) -> Value {
                  std::reverse(items(a).begin(), items(a).end());
                  return {};
                }},
               {"copy", [](Interpreter&, const Arguments& a) -> Value { return make<List>(items(a)); }}});
}

}  // namespace

// Unbound forms of the operators that subclasses call through super().
void add_container_dunders(Interpreter& i, const Ref<Class>& c, bool mutable_) {
  const auto plain = [](Interpreter& in, const Value& v) {  // the container below a class of the language
    if (v.is(Kind::kList) && v.as<List>().subclass) return Value(make<List>(v.as<List>().items));
    if (v.is(Kind::kDict) && v.as<Dict>().subclass) {
      Ref<Dict> d = make<Dict>();
      for (const auto& e : v.as<Dict>().entries())
        if (e.key.defined()) d->set(in, e.key, e.value);
      return Value(d);
    }
    return v;
  };
  i.method(c, "__len__", [](Interpreter&, const Arguments& a) -> Value {
    const Value& v = a.positional[0];
    if (v.is(Kind::kDict)) return static_cast<int64_t>(v.as<Dict>().size());
    if (v.is(Kind::kList)) return static_cast<int64_t>(v.as<List>().items.size());
    return static_cast<int64_t>(v.as<Tuple>().items.size());
  });
  i.method(c, "__iter__",
           [plain](Interpreter& in, const Arguments& a) { return in.iterate(plain(in, a.positional[0])); });
  i.method(c, "__contains__", [plain](Interpreter& in, const Arguments& a) -> Value {
    return in.contains(plain(in, a.positional[0]), a.positional[1]);
  });
  i.method(c, "__repr__", [plain](Interpreter& in, const Arguments& a) -> Value {
    const Value v = plain(in, a.positional[0]);
    return in.make_str(plain_repr(in, v));
  });
  i.method(c, "__getitem__", [plain](Interpreter& in, const Arguments& a) -> Value {
    const Value& v = a.positional[0];
    if (v.is(Kind::kDict)) {
      if (const Value* found = v.as<Dict>().find(in, a.positional[1])) return *found;
      const Method missing = special_method(in, v, in.state().names().missing);
      if (missing.function.defined()) return call_method(in, missing, a.positional.subspan(1, 1));
      if (v.as<Dict>().default_factory.defined() && !v.as<Dict>().default_factory.is_none()) {
        Value made = in.call(v.as<Dict>().default_factory, {});
        v.as<Dict>().set(in, a.positional[1], made);
        return made;
      }
      raise_exception(in, make_exception(in, in.exception_class("KeyError"), {a.positional[1]}));
    }
    return in.get_item(plain(in, v), a.positional[1]);
  });
  if (!mutable_) return;
  i.method(c, "__setitem__", [](Interpreter& in, const Arguments& a) -> Value {
    store_item(in, a.positional[0], a.positional[1], a.positional[2]);
    return {};
  });
  i.method(c, "__delitem__", [](Interpreter& in, const Arguments& a) -> Value {
    erase_item(in, a.positional[0], a.positional[1]);
    return {};
  });
  i.method(c, "__eq__", [plain](Interpreter& in, const Arguments& a) -> Value {
    return in.equal(plain(in, a.positional[0]), plain(in, a.positional[1]));
  });
}

void install_sequences(Interpreter& i) {
  install_list(i);
  const Ref<Class> t = add_class(i, "tuple", Kind::kTuple, tuple_from);
  add_methods(i, t, {{"index", index}, {"count", count}});
  t->attributes->set(i.state().names().new_, make<Wrapped>(Kind::kStaticMethod, make<Native>("__new__", tuple_from)));
  const Ref<Class> r = add_class(i, "range", Kind::kRange, range_from);
  i.getter(r, "start", range_member<&Range::start>);
  i.getter(r, "stop", range_member<&Range::stop>);
  i.getter(r, "step", range_member<&Range::step>);
  const Ref<Class> s = add_class(i, "slice", Kind::kSlice, slice_from);
  i.getter(s, "start", member<Slice, &Slice::start>);
  i.getter(s, "stop", member<Slice, &Slice::stop>);
  i.getter(s, "step", member<Slice, &Slice::step>);
  i.method(s, "indices", indices);
  add_container_dunders(i, i.state().class_of_kind[static_cast<size_t>(Kind::kList)], true);
  add_container_dunders(i, t, false);
}

}  // namespace gradus
