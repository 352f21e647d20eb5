#include <algorithm>

#include "unit/run/number.h"
#include "unit/run/operator.h"

/// Comparisons, truth and hashes.
namespace gradus {

using syntax::Op;

namespace {

Value compare_order(Op op, int order) {
  switch (op) {
    case Op::kEqual:
      return order == 0;
    case Op::kNotEqual:
      return order != 0;
    case Op::kLess:
      return order < 0;
    case Op::kLessEqual:
      return order <= 0;
    case Op::kGreater:
      return order > 0;
    default:
      return order >= 0;
  }
}

Value compare_sequences(Interpreter& i, Op op, const std::vector<Value>& a, const std::vector<Value>& b) {
  Nested nested(i);
  if (a.size() != b.size() && (op == Op::kEqual || op == Op::kNotEqual)) return op == Op::kNotEqual;
  for (size_t k = 0; k < std::min(a.size(), b.size()); ++k) {
    i.count_step();
    const Value x = a[k], y = b[k];
    if (x.same(y) || i.equal(x, y)) continue;
    if (op == Op::kEqual || op == Op::kNotEqual) return op == Op::kNotEqual;
    return i.compare(op, x, y);
  }
  return compare_order(op, a.size() < b.size() ? -1 : a.size() > b.size());
}

bool same_dicts(Interpreter& i, Dict& a, Dict& b) {
  Nested nested(i);
  if (a.size() != b.size()) return false;
  for (size_t k = 0; k < a.entries().size(); ++k) {
    if (!a.entries()[k].key.defined()) continue;
    i.count_step();
    const Value key = a.entries()[k].key, value = a.entries()[k].value;
    const Value* other = b.find(i, key);
    if (!other || !(value.same(*other) || i.equal(value, Value(*other)))) return false;
  }
  return true;
}

bool is_subset(Interpreter& i, Dict& a, Dict& b) {
  for (size_t k = 0; k < a.entries().size(); ++k) {
    if (!a.entries()[k].key.defined()) continue;
    i.count_step();
    if (!b.find(i, Value(a.entries()[k].key))) return false;
  }
  return true;
}

Value compare_sets(Interpreter& i, Op op, Dict& a, Dict& b) {
  switch (op) {
    case Op::kEqual:
      return a.size() == b.size() && is_subset(i, a, b);
    case Op::kNotEqual:
      return !(a.size() == b.size() && is_subset(i, a, b));
    case Op::kLess:
      return a.size() < b.size() && is_subset(i, a, b);
    case Op::kLessEqual:
      return is_subset(i, a, b);
    case Op::kGreater:
      return a.size() > b.size() && is_subset(i, b, a);
    default:
      return is_subset(i, b, a);
  }
}

Value compare_builtin(Interpreter& i, Op op, const Value& left, const Value& right) {
  if (!left.is_object() || !right.is_object()) return Value::undefined();
  const auto is_tuple = [](const Value& v) { return v.is(Kind::kTuple) || v.is(Kind::kSize); };
  if (left.is(Kind::kStr) && right.is(Kind::kStr))
    return compare_order(op, left.as<Str>().text.compare(right.as<Str>().text));
  if (is_tuple(left) && is_tuple(right))
    return compare_sequences(i, op, left.as<Tuple>().items, right.as<Tuple>().items);
  if (left.is(Kind::kList) && right.is(Kind::kList))
    return compare_sequences(i, op, left.as<List>().items, right.as<List>().items);
  if (left.is(Kind::kBytes) && right.is(Kind::kBytes))
    return compare_order(op, left.as<Bytes>().data.compare(right.as<Bytes>().data));
  if (is_set(left) && is_set(right)) {
    const auto table = [&](const Value& v) -> Ref<Dict> {
      if (!v.is(Kind::kDictView)) return v.as<Set>().table;
      return i.call(i.builtin("set"), std::span(&v, 1)).as<Set>().table;
    };
    return compare_sets(i, op, *table(left), *table(right));
  }
  if (op != Op::kEqual && op != Op::kNotEqual) return Value::undefined();
  bool same = false;
  if (left.is(Kind::kDict) && right.is(Kind::kDict))
    same = same_dicts(i, left.as<Dict>(), right.as<Dict>());
  else if (left.is(Kind::kRange) && right.is(Kind::kRange)) {
    const Range &a = left.as<Range>(), &b = right.as<Range>();
    same =
        a.length() == b.length() && (a.length() == 0 || (a.start == b.start && (a.length() == 1 || a.step == b.step)));
  } else if (left.is(Kind::kBoundMethod) && right.is(Kind::kBoundMethod)) {
    const BoundMethod &a = left.as<BoundMethod>(), &b = right.as<BoundMethod>();
    same = a.self.same(b.self) && a.function.same(b.function);
  } else if (left.is(Kind::kSlice) && right.is(Kind::kSlice)) {
    const Slice &a = left.as<Slice>(), &b = right.as<Slice>();
    same = i.equal(a.start, b.start) && i.equal(a.stop, b.stop) && i.equal(a.step, b.step);
  } else {
    return Value::undefined();
  }
  return (op == Op::kEqual) == same;
}

Op reflected(Op op) {
  switch (op) {
    case Op::kLess:
      return Op::kGreater;
    case Op::kLessEqual:
      return Op::kGreaterEqual;
    case Op::kGreater:
      return Op::kLess;
    case Op::kGreaterEqual:
      return Op::kLessEqual;
    default:
      return op;
  }
}

const char* comparison_symbol(Op op) {
  switch (op) {
    case Op::kLess:
      return "<";
    case Op::kLessEqual:
      return "<=";
    case Op::kGreater:
      return ">";
    default:
      return ">=";
  }
}

Value compare_classes(Interpreter& i, Op op, const Value& left, const Value& right) {
  const auto& names = i.state().comparisons;
  Value v =
      class_binary(i, names[static_cast<size_t>(op)], names[static_cast<size_t>(reflected(op))], left, right, true);
  if (v.defined() || op != Op::kNotEqual) return v;
  v = class_binary(i, names[static_cast<size_t>(Op::kEqual)], names[static_cast<size_t>(Op::kEqual)], left, right);
  return v.defined() ? Value(!i.truth(v)) : v;
}

Value hooked_compare(Interpreter& i, Op op, const Value& left, const Value& right) {
  const Hooks& l = hooks_of(i, left);
  if (l.compare) {
    Value v = l.compare(i, op, left, right);
    if (v.defined()) return v;
  }
  const Hooks& r = hooks_of(i, right);
  if (r.compare && r.compare != l.compare) return r.compare(i, op, left, right);
  return Value::undefined();
}

}  // namespace

Value Interpreter::compare(Op op, const Value& left, const Value& right) {
  switch (op) {
    case Op::kIs:
      return left.same(right) ||
             (left.is(Kind::kStr) && right.is(Kind::kStr) && left.as<Str>().text == right.as<Str>().text);
    case Op::kIsNot:
      return !compare(Op::kIs, left, right).as_bool();
    case Op::kIn:
      return contains(right, left);
    case Op::kNotIn:
      return !contains(right, left);
    default:
      break;
  }
  Value v = number_compare(op, left, right);
  if (v.defined()) return v;
  if (has_class_of_language(left) || has_class_of_language(right)) {
    v = compare_classes(*this, op, left, right);
    if (v.defined()) return v;
  }
  v = hooked_compare(*this, op, left, right);
  if (v.defined()) return v;
  v = compare_builtin(*this, op, left, right);
  if (v.defined()) return v;
  if (op == Op::kEqual) return left.same(right);
  if (op == Op::kNotEqual) return !left.same(right);
  raise("TypeError", std::string("'") + comparison_symbol(op) + "' not supported between instances of '" +
                         type_name(left) + "' and '" + type_name(right) + "'");
}

bool Interpreter::equal(const Value& a, const Value& b) {
  if (a.is_int() && b.is_int()) return a.as_int() == b.as_int();
  return truth(compare(Op::kEqual, a, b));
}

bool Interpreter::truth(const Value& v) {
  switch (v.tag()) {
    case Value::Tag::kUndefined:
    case Value::Tag::kNone:
      return false;
    case Value::Tag::kBool:
    case Value::Tag::kInt:
      return v.as_int() != 0;
    case Value::Tag::kFloat:
      return v.as_float() != 0;
    case Value::Tag::kObject:
      break;
  }
  if (has_class_of_language(v)) {
    const Method b = special_method(*this, v, state_->names().bool_);
    if (b.function.defined()) {
      const Value r = call_method(*this, b);
      if (!r.is_bool()) raise("TypeError", "__bool__ should return bool, returned " + type_name(r));
      return r.as_bool();
    }
    if (special_method(*this, v, state_->names().len).function.defined()) return length(v) != 0;
  }
  const Hooks& hooks = hooks_of(*this, v);
  if (hooks.truth)
    if (const auto t = hooks.truth(*this, v)) return *t;
  switch (v.object()->kind) {
    case Kind::kStr:
      return !v.as<Str>().text.empty();
    case Kind::kBytes:
      return !v.as<Bytes>().data.empty();
    case Kind::kTuple:
    case Kind::kSize:
      return !v.as<Tuple>().items.empty();
    case Kind::kList:
      return !v.as<List>().items.empty();
    case Kind::kDict:
      return v.as<Dict>().size() != 0;
    case Kind::kSet:
    case Kind::kFrozenSet:
      return v.as<Set>().table->size() != 0;
    case Kind::kRange:
      return v.as<Range>().length() != 0;
    case Kind::kDictView:
    case Kind::kMappingProxy:
      return v.as<DictView>().dict->size() != 0;
    case Kind::kComplex:
      return v.as<Complex>().real != 0 || v.as<Complex>().imaginary != 0;
    default:
      return true;
  }
}

size_t Interpreter::hash(const Value& v) {
  if (v.is(Kind::kStr)) return hash_text(v.as<Str>());
  if (is_numeric(v)) return number_hash(v);
  if (!v.is_object()) return 0x5bd1e995;
  const auto combine = [](size_t seed, size_t h) { return (seed ^ h) * 0x100000001b3u + 0x9E3779B9; };
  if (has_class_of_language(v)) {
    Class* owner = nullptr;
    const Value* f = state_->find(type_of(v), state_->names().hash.get(), &owner);
    if (f && f->is_none()) raise("TypeError", "unhashable type: '" + type_name(v) + "'");
    if (f && f->is(Kind::kFunction)) {
      const Value r = call_method(*this, {*f, v});
      if (!is_integer(r)) raise("TypeError", "__hash__ method should return an integer");
      return number_hash(r);
    }
  }
  const Hooks& hooks = hooks_of(*this, v);
  if (hooks.hash) return hooks.hash(*this, v);
  switch (v.object()->kind) {
    case Kind::kTuple:
    case Kind::kSize: {
      Nested nested(*this);
      size_t h = 0x345678;
      for (const Value& item : v.as<Tuple>().items) h = combine(h, hash(item));
      return h;
    }
    case Kind::kBytes:
      return std::hash<std::string>{}(v.as<Bytes>().data);
    case Kind::kFrozenSet: {
      size_t h = 0;
      for (const auto& e : v.as<Set>().table->entries())
        if (e.key.defined()) h += e.hash * 0x9E3779B97F4A7C15u;
      return h;
    }
    case Kind::kRange:
      return combine(static_cast<size_t>(v.as<Range>().start), static_cast<size_t>(v.as<Range>().length()));
    case Kind::kBoundMethod:
      return combine(hash(v.as<BoundMethod>().self), hash(v.as<BoundMethod>().function));
    case Kind::kList:
    case Kind::kDict:
    case Kind::kSet:
    case Kind::kSlice:
      raise("TypeError", "unhashable type: '" + type_name(v) + "'");
    default:
      return reinterpret_cast<size_t>(v.object()) >> 4;
  }
}

}  // namespace gradus
