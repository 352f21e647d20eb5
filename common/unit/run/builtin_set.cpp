#include "unit/run/builtin.h"

/// set and frozenset.
namespace gradus {

namespace {

Dict& table(const Value& v) { return *v.as<Set>().table; }

Ref<Set> set_of(Interpreter& i, const Value& v, Kind kind = Kind::kSet) {
  Ref<Set> s = make<Set>(kind);
  if (v.is(Kind::kSet) || v.is(Kind::kFrozenSet)) {
    for (const auto& e : table(v).entries())
      if (e.key.defined()) s->table->set(i, e.key, Value());
  } else {
    for (const Value& x : i.to_vector(v)) s->table->set(i, x, Value());
  }
  return s;
}

template <Kind kind>
Value set_from(Interpreter& i, const Arguments& a) {
  expect(i, a, kind == Kind::kSet ? "set" : "frozenset", 1, 2);
  if (a.positional.size() == 1) return make<Set>(kind);
  return set_of(i, a.positional[1], kind);
}

enum class How { kUnion, kIntersection, kDifference, kSymmetric };

void combine(Interpreter& i, Dict& into, const Value& with, How how) {
  const Ref<Set> other = set_of(i, with);
  const auto each = [&](Dict& d, const auto& f) {
    std::vector<Value> keys;
    for (const auto& e : d.entries())
      if (e.key.defined()) keys.push_back(e.key);
    for (const Value& k : keys) f(k);
  };
  switch (how) {
    case How::kUnion:
      return each(*other->table, [&](const Value& k) { into.set(i, k, Value()); });
    case How::kIntersection:
      return each(into, [&](const Value& k) {
        if (!other->table->find(i, k)) into.erase(i, k);
      });
    case How::kDifference:
      return each(*other->table, [&](const Value& k) { into.erase(i, k); });
    case How::kSymmetric:
      return each(*other->table, [&](const Value& k) {
        if (!into.erase(i, k)) into.set(i, k, Value());
      });
  }
}

template <How how>
Value combined(Interpreter& i, const Arguments& a) {
  Ref<Set> s = set_of(i, a.positional[0], a.positional[0].object()->kind);
  for (const Value& v : a.positional.subspan(1)) combine(i, *s->table, v, how);
  return s;
}

template <How how>
Value updated(Interpreter& i, const Arguments& a) {
  for (const Value& v : a.positional.subspan(1)) combine(i, table(a.positional[0]), v, how);
  return {};
}

template <syntax::Op op>
Value related(Interpreter& i, const Arguments& a) {
  const Value other = set_of(i, a.positional[1]);
  return i.compare(op, a.positional[0], other);
}

Value add(Interpreter& i, const Arguments& a) {
  expect(i, a, "add", 2, 2);
  table(a.positional[0]).set(i, a.positional[1], Value());
  return {};
}

Value remove(Interpreter& i, const Arguments& a) {
  expect(i, a, "remove", 2, 2);
  if (!table(a.positional[0]).erase(i, a.positional[1]))
    raise_exception(i, make_exception(i, i.exception_class("KeyError"), {a.positional[1]}));
  return {};
}

Value discard(Interpreter& i, const Arguments& a) {
  table(a.positional[0]).erase(i, a.positional[1]);
  return {};
}

Value pop(Interpreter& i, const Arguments& a) {
  for (const auto& e : table(a.positional[0]).entries())
    if (e.key.defined()) {
      Value v = e.key;
      table(a.positional[0]).erase(i, v);
      return v;
    }
  i.raise("KeyError", "pop from an empty set");
}

Value isdisjoint(Interpreter& i, const Arguments& a) {
  for (const Value& v : i.to_vector(a.positional[1]))
    if (table(a.positional[0]).find(i, v)) return false;
  return true;
}

Value copy(Interpreter& i, const Arguments& a) { return set_of(i, a.positional[0], a.positional[0].object()->kind); }

}  // namespace

void install_sets(Interpreter& i) {
  const Ref<Class> set = add_class(i, "set", Kind::kSet, set_from<Kind::kSet>);
  const Ref<Class> frozen = add_class(i, "frozenset", Kind::kFrozenSet, set_from<Kind::kFrozenSet>);
  for (const Ref<Class>& c : {set, frozen})
    add_methods(i, c,
                {{"union", combined<How::kUnion>},
                 {"intersection", combined<How::kIntersection>},
                 {"difference", combined<How::kDifference>},
                 {"symmetric_difference", combined<How::kSymmetric>},
                 {"issubset", related<syntax::Op::kLessEqual>},
                 {"issuperset", related<syntax::Op::kGreaterEqual>},
                 {"isdisjoint", isdisjoint},
                 {"copy", copy}});
  add_methods(i, set,
              {{"add", add},
               {"remove", remove},
               {"discard", discard},
               {"pop", pop},
               {"update", updated<How::kUnion>},
               {"intersection_update", updated<How::kIntersection>},
               {"difference_update", updated<How::kDifference>},
               {"symmetric_difference_update", updated<How::kSymmetric>},
               {"clear", [](Interpreter&, const Arguments& a) -> Value {
                  table(a.positional[0]).clear();
                  return {};
                }}});
}

}  // namespace gradus
