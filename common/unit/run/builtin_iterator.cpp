#include <algorithm>

#include "unit/run/builtin.h"

/// iter, next, enumerate, zip, map, filter, reversed.
namespace gradus {

namespace {

Value next_item(Interpreter& i, const Arguments& a) {
  expect(i, a, "next", 1, 2);
  Value v = i.next(a.positional[0]);
  if (v.defined()) return v;
  if (a.positional.size() == 2) return a.positional[1];
  std::vector<Value> arguments;
  if (a.positional[0].is(Kind::kGenerator) && !a.positional[0].as<Generator>().result.is_none())
    arguments.push_back(a.positional[0].as<Generator>().result);
  raise_exception(i, make_exception(i, i.exception_class("StopIteration"), std::move(arguments)));
}

Value iterator_of(Interpreter& i, const Arguments& a) {
  expect(i, a, "iter", 1, 2);
  if (a.positional.size() == 1) return i.iterate(a.positional[0]);
  return make<Iterator>([f = a.positional[0], end = a.positional[1]](Interpreter& in) -> Value {
    Value v = in.call(f, {});
    return in.equal(v, end) ? Value::undefined() : v;
  });
}

Value named(Interpreter& i, const char* name, std::function<Value(Interpreter&)> f) {
  Ref<Iterator> it = make<Iterator>(std::move(f));
  const Value c = i.builtin(name);
  it->named = c.ref<Class>();
  return it;
}

Value enumerate(Interpreter& i, const Arguments& a) {
  expect(i, a, "enumerate", 2, 3);
  const Value start = argument(a, 2, "start");
  return named(i, "enumerate",
               [it = i.iterate(a.positional[1]),
                n = start.defined() ? to_index(i, start) : 0](Interpreter& in) mutable -> Value {
                 Value v = in.next(it);
                 if (!v.defined()) return v;
                 return pair_of(n++, std::move(v));
               });
}

Value zip(Interpreter& i, const Arguments& a) {
  std::vector<Value> iterators;
  for (const Value& v : a.positional.subspan(1)) iterators.push_back(i.iterate(v));
  const Value strict = keyword(a, "strict");
  return named(i, "zip", [iterators, strict = strict.defined() && i.truth(strict)](Interpreter& in) -> Value {
    if (iterators.empty()) return Value::undefined();
    std::vector<Value> items;
    for (size_t k = 0; k < iterators.size(); ++k) {
      Value v = in.next(iterators[k]);
      if (!v.defined()) {
        const auto complain = [&](size_t which, const char* how) {
          in.raise("ValueError", "zip() argument " + std::to_string(which + 1) + " is " + how + " than argument" +
                                     (which == 1 ? " 1" : "s 1-" + std::to_string(which)));
        };
        if (strict && k > 0) complain(k, "shorter");
        if (strict)
          for (size_t j = 1; j < iterators.size(); ++j)
            if (in.next(iterators[j]).defined()) complain(j, "longer");
        return Value::undefined();
      }
      items.push_back(std::move(v));
    }
    return make<Tuple>(std::move(items));
  });
}

Value map(Interpreter& i, const Arguments& a) {
  if (a.positional.size() < 3) i.raise("TypeError", "map() must have at least two arguments.");
  std::vector<Value> iterators;
  for (const Value& v : a.positional.subspan(2)) iterators.push_back(i.iterate(v));
  return named(i, "map", [f = a.positional[1], iterators](Interpreter& in) -> Value {
    std::vector<Value> items;
    for (const Value& it : iterators) {
      Value v = in.next(it);
      if (!v.defined()) return v;
      items.push_back(std::move(v));
    }
    return in.call(f, items);
  });
}

Value filter(Interpreter& i, const Arguments& a) {
  expect(i, a, "filter", 3, 3);
  return named(i, "filter", [f = a.positional[1], it = i.iterate(a.positional[2])](Interpreter& in) -> Value {
    for (;;) {
      Value v = in.next(it);
      if (!v.defined() || in.truth(f.is_none() ? v : in.call(f, std::span(&v, 1)))) return v;
      in.count_step();
    }
  });
}

Value reversed(Interpreter& i, const Arguments& a) {
  expect(i, a, "reversed", 2, 2);
  const Value& v = a.positional[1];
  const Method m = special_method(i, v, i.state().names().reversed);
  if (m.function.defined()) return call_method(i, m);
  if (v.is(Kind::kRange)) {
    const Range& r = v.as<Range>();
    return make_range_iterator({r.at(r.length() - 1), r.start - r.step, -r.step});
  }
  if (v.is(Kind::kSet) || v.is(Kind::kFrozenSet) || v.is(Kind::kIterator) || v.is(Kind::kGenerator))
    i.raise("TypeError", "'" + i.type_name(v) + "' object is not reversible");
  if (v.is(Kind::kDict) || v.is(Kind::kDictView) || v.is(Kind::kStr)) {
    std::vector<Value> items = i.to_vector(v);
    std::reverse(items.begin(), items.end());
    return named(i, "reversed",
                 [it = i.iterate(make<List>(std::move(items)))](Interpreter& in) { return in.next(it); });
  }
  return named(i, "reversed", [v, at = i.length(v)](Interpreter& in) mutable -> Value {
    return at > 0 ? in.get_item(v, --at) : Value::undefined();
  });
}

}  // namespace

void install_iterators(Interpreter& i) {
  add_functions(i, *i.state().builtins, {{"next", next_item}, {"iter", iterator_of}});
  for (const auto& [name, function] : std::initializer_list<Row>{
           {"enumerate", enumerate}, {"zip", zip}, {"map", map}, {"filter", filter}, {"reversed", reversed}}) {
    const Ref<Class> c = add_class(i, name, Kind::kOther, function);
    i.method(c, "__iter__", [](Interpreter&, const Arguments& a) { return a.positional[0]; });
    i.method(c, "__next__", [](Interpreter& in, const Arguments& a) { return next_item(in, a); });
  }
  const Ref<Class> iterator = i.state().class_of_kind[static_cast<size_t>(Kind::kIterator)];
  i.method(iterator, "__iter__", [](Interpreter&, const Arguments& a) { return a.positional[0]; });
  i.method(iterator, "__next__", [](Interpreter& in, const Arguments& a) { return next_item(in, a); });
}

}  // namespace gradus
