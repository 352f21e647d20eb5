#include <algorithm>

#include "unit/run/number.h"
#include "unit/run/state.h"

/// Binary, unary and comparison operators, truth and hashes: numbers first, then the language's classes and hooks.
namespace gradus {

using syntax::Op;

const Hooks& hooks_of(Interpreter& i, const Value& v) {
  static const Hooks kNone{};
  if (!v.is_object()) return kNone;
  if (v.is(Kind::kOther)) return v.as<Other>().hooks ? *v.as<Other>().hooks : kNone;
  return i.state().hooks[static_cast<size_t>(v.object()->kind)];
}

namespace {

bool is_not_implemented(const Value& v) { return !v.defined() || v.is(Kind::kNotImplemented); }

bool has_class_of_language(const Value& v) {
  return v.is(Kind::kInstance) || (v.is(Kind::kDict) && v.as<Dict>().subclass) || (v.is(Kind::kList) && v.as<List>().subclass) ||
         v.is(Kind::kOther) || (v.is(Kind::kTuple) && v.as<Tuple>().named);
}

// __op__ of the left, then __rop__ of the right; the right first when its class is derived from the left's.
Value class_binary(Interpreter& i, const Ref<Str>& forward, const Ref<Str>& reflected, const Value& left, const Value& right, bool comparing = false) {
  const bool right_first = has_class_of_language(right) && i.type_of(left) != i.type_of(right) &&
                           i.is_subclass(i.type_of(right), i.type_of(left));
  const auto attempt = [&](const Value& self, const Ref<Str>& name, const Value& other) {
    if (!has_class_of_language(self)) return Value::undefined();
    const Method m = special_method(i, self, name);
    if (!m.function.defined()) return Value::undefined();
    Value v = call_method(i, m, std::span(&other, 1));
    return is_not_implemented(v) ? Value::undefined() : v;
  };
  if (right_first) {
    Value v = attempt(right, reflected, left);
    if (v.defined()) return v;
  }
  Value v = attempt(left, forward, right);
  if (v.defined() || right_first || (i.type_of(left) == i.type_of(right) && !comparing)) return v;
  return attempt(right, reflected, left);
}

Value repeat(Interpreter& i, const Value& sequence, const Value& times) {
  const int64_t n = std::max<int64_t>(0, to_index(i, times));
  const auto many = [&](const std::vector<Value>& items) {
    i.check_size(static_cast<double>(items.size()) * static_cast<double>(n));
    std::vector<Value> all;
    all.reserve(items.size() * static_cast<size_t>(n));
    for (int64_t k = 0; k < n; ++k) all.insert(all.end(), items.begin(), items.end());
    i.charge(all.size() / 16);
    return all;
  };
  const auto text = [&](const std::string& s) {
    i.check_size(static_cast<double>(s.size()) * static_cast<double>(n));
    std::string all;
    all.reserve(s.size() * static_cast<size_t>(n));
    for (int64_t k = 0; k < n && !s.empty(); ++k) all += s;
    i.charge(all.size() / 64);
    return all;
  };
  if (sequence.is(Kind::kList)) return make<List>(many(sequence.as<List>().items));
  if (sequence.is(Kind::kTuple)) return make<Tuple>(many(sequence.as<Tuple>().items));
  if (sequence.is(Kind::kBytes)) return make<Bytes>(text(sequence.as<Bytes>().data));
  return i.make_str(text(sequence.as<Str>().text));
}

std::vector<Value> concatenated(Interpreter& i, const std::vector<Value>& a, const std::vector<Value>& b) {
  i.check_size(static_cast<double>(a.size() + b.size()));
  std::vector<Value> all;
  all.reserve(a.size() + b.size());
  all.insert(all.end(), a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  i.charge(all.size() / 16);
  return all;
}

bool is_repeatable(const Value& v) { return v.is(Kind::kStr) || v.is(Kind::kList) || v.is(Kind::kTuple) || v.is(Kind::kBytes); }

Value set_binary(Interpreter& i, Op op, const Value& left, const Value& right) {
  const char* name = op == Op::kBitOr ? "union" : op == Op::kBitAnd ? "intersection" : op == Op::kSub ? "difference"
                     : op == Op::kBitXor ? "symmetric_difference" : nullptr;
  if (!name) return Value::undefined();
  const auto as_set = [&](const Value& v) { return v.is(Kind::kDictView) ? i.call(i.builtin("set"), std::span(&v, 1)) : v; };
  const Value a = as_set(left), b = as_set(right);
  return i.call(i.get_attribute(a, i.intern(name)), std::span(&b, 1));
}

bool is_set(const Value& v) { return v.is(Kind::kSet) || v.is(Kind::kFrozenSet) || (v.is(Kind::kDictView)); }

Value builtin_binary(Interpreter& i, Op op, const Value& left, const Value& right) {
  if (op == Op::kAdd) {
    if (left.is(Kind::kStr) && right.is(Kind::kStr)) {
      const std::string &a = left.as<Str>().text, &b = right.as<Str>().text;
      i.check_size(static_cast<double>(a.size() + b.size()));
      i.charge((a.size() + b.size()) / 64);
      return i.make_str(a + b);
    }
    if (left.is(Kind::kList) && right.is(Kind::kList))
      return make<List>(concatenated(i, left.as<List>().items, right.as<List>().items));
    if (left.is(Kind::kTuple) && right.is(Kind::kTuple))
      return make<Tuple>(concatenated(i, left.as<Tuple>().items, right.as<Tuple>().items));
    if (left.is(Kind::kBytes) && right.is(Kind::kBytes))
      return make<Bytes>(left.as<Bytes>().data + right.as<Bytes>().data);
  }
  if (op == Op::kMul) {
    if (is_repeatable(left) && is_integer(right)) return repeat(i, left, right);
    if (is_repeatable(right) && is_integer(left)) return repeat(i, right, left);
  }
  if (op == Op::kMod && left.is(Kind::kStr)) return i.make_str(percent_format(i, left.as<Str>().text, right));
  if (is_set(left) && is_set(right)) return set_binary(i, op, left, right);
  if (op == Op::kBitOr && left.is(Kind::kDict) && right.is(Kind::kDict)) {
    const Value copy = i.call(i.get_attribute(left, i.intern("copy")), {});
    i.call(i.get_attribute(copy, i.intern("update")), std::span(&right, 1));
    return copy;
  }
  if (op == Op::kBitOr && (left.is(Kind::kClass) || left.is_none()) && (right.is(Kind::kClass) || right.is_none() || right.is(Kind::kTuple))) {
    std::vector<Value> types{left.is_none() ? Value(i.state().none) : left};  // int | None: usable in isinstance
    if (right.is(Kind::kTuple)) types.insert(types.end(), right.as<Tuple>().items.begin(), right.as<Tuple>().items.end());
    else types.push_back(right.is_none() ? Value(i.state().none) : right);
    return make<Tuple>(std::move(types));
  }
  return Value::undefined();
}

Value hooked_binary(Interpreter& i, Op op, const Value& left, const Value& right) {
  const Hooks& l = hooks_of(i, left);
  if (l.binary) {
    Value v = l.binary(i, op, left, right);
    if (v.defined()) return v;
  }
  const Hooks& r = hooks_of(i, right);
  if (r.binary && r.binary != l.binary) return r.binary(i, op, left, right);
  return Value::undefined();
}

Value try_binary(Interpreter& i, Op op, const Value& left, const Value& right) {
  Value v = number_binary(i, op, left, right);
  if (v.defined()) return v;
  const OperatorNames& names = i.state().operators[static_cast<size_t>(op)];
  if (has_class_of_language(left) || has_class_of_language(right)) {
    v = class_binary(i, names.forward, names.reflected, left, right);
    if (v.defined()) return v;
  }
  v = hooked_binary(i, op, left, right);
  if (v.defined()) return v;
  return builtin_binary(i, op, left, right);
}

[[noreturn]] void unsupported(Interpreter& i, const std::string& symbol, const Value& left, const Value& right) {
  if (symbol == "+" && left.is(Kind::kStr))
    i.raise("TypeError", "can only concatenate str (not \"" + i.type_name(right) + "\") to str");
  if (symbol == "+" && (left.is(Kind::kList) || left.is(Kind::kTuple)))
    i.raise("TypeError", "can only concatenate " + i.type_name(left) + " (not \"" + i.type_name(right) + "\") to " + i.type_name(left));
  if (symbol == "*" && (is_repeatable(left) || is_repeatable(right)))
    i.raise("TypeError", "can't multiply sequence by non-int of type '" + i.type_name(is_repeatable(left) ? right : left) + "'");
  i.raise("TypeError", "unsupported operand type(s) for " + symbol + ": '" + i.type_name(left) + "' and '" + i.type_name(right) + "'");
}

}  // namespace

Value Interpreter::binary(Op op, const Value& left, const Value& right) {
  if (left.is_int() && right.is_int()) {
    int64_t r;
    if (op == Op::kAdd && !__builtin_add_overflow(left.as_int(), right.as_int(), &r)) return r;
    if (op == Op::kSub && !__builtin_sub_overflow(left.as_int(), right.as_int(), &r)) return r;
    if (op == Op::kMul && !__builtin_mul_overflow(left.as_int(), right.as_int(), &r)) return r;
  }
  Value v = try_binary(*this, op, left, right);
  if (!v.defined()) unsupported(*this, op == Op::kPow ? "** or pow()" : state_->operators[static_cast<size_t>(op)].symbol, left, right);
  return v;
}

namespace {

Value builtin_in_place(Interpreter& i, Op op, const Value& left, const Value& right) {
  const auto method = [&](const char* name) {
    i.call(i.get_attribute(left, i.intern(name)), std::span(&right, 1));
    return left;
  };
  if (left.is(Kind::kList) && op == Op::kAdd) return method("extend");
  if (left.is(Kind::kList) && op == Op::kMul && is_integer(right)) {
    const Value longer = repeat(i, left, right);
    left.as<List>().items = std::move(longer.as<List>().items);
    return left;
  }
  if (left.is(Kind::kDict) && op == Op::kBitOr) return method("update");
  if (left.is(Kind::kSet) && is_set(right)) {
    if (op == Op::kBitOr) return method("update");
    if (op == Op::kBitAnd) return method("intersection_update");
    if (op == Op::kSub) return method("difference_update");
    if (op == Op::kBitXor) return method("symmetric_difference_update");
  }
  return Value::undefined();
}

}  // namespace

Value Interpreter::in_place(Op op, const Value& left, const Value& right) {
  if (left.is_int() && right.is_int()) return binary(op, left, right);
  if (has_class_of_language(left)) {
    const Method m = special_method(*this, left, state_->operators[static_cast<size_t>(op)].in_place);
    if (m.function.defined()) {
      Value v = call_method(*this, m, std::span(&right, 1));
      if (!is_not_implemented(v)) return v;
    }
  }
  const Hooks& hooks = hooks_of(*this, left);
  if (hooks.in_place) {
    Value v = hooks.in_place(*this, op, left, right);
    if (v.defined()) return v;
  }
  Value v = builtin_in_place(*this, op, left, right);
  if (v.defined()) return v;
  v = try_binary(*this, op, left, right);
  if (!v.defined()) {
    const std::string symbol = state_->operators[static_cast<size_t>(op)].symbol;
    unsupported(*this, symbol == "+" && left.is(Kind::kStr) ? symbol : symbol + "=", left, right);
  }
  return v;
}

Value Interpreter::unary(Op op, const Value& operand) {
  if (op == Op::kNot) return !truth(operand);
  Value v = number_unary(*this, op, operand);
  if (v.defined()) return v;
  const Names& n = state_->names();
  if (has_class_of_language(operand)) {
    const Method m = special_method(*this, operand, op == Op::kMinus ? n.neg : op == Op::kPlus ? n.pos : n.invert);
    if (m.function.defined()) return call_method(*this, m);
  }
  const Hooks& hooks = hooks_of(*this, operand);
  if (hooks.unary) v = hooks.unary(*this, op, operand);
  if (!v.defined())
    raise("TypeError", std::string("bad operand type for unary ") + (op == Op::kMinus ? "-" : op == Op::kPlus ? "+" : "~") +
                           ": '" + type_name(operand) + "'");
  return v;
}

// Comparison

namespace {

Value compare_order(Op op, int order) {
  switch (op) {
    case Op::kEqual: return order == 0;
    case Op::kNotEqual: return order != 0;
    case Op::kLess: return order < 0;
    case Op::kLessEqual: return order <= 0;
    case Op::kGreater: return order > 0;
    default: return order >= 0;
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
    case Op::kEqual: return a.size() == b.size() && is_subset(i, a, b);
    case Op::kNotEqual: return !(a.size() == b.size() && is_subset(i, a, b));
    case Op::kLess: return a.size() < b.size() && is_subset(i, a, b);
    case Op::kLessEqual: return is_subset(i, a, b);
    case Op::kGreater: return a.size() > b.size() && is_subset(i, b, a);
    default: return is_subset(i, b, a);
  }
}

Value compare_builtin(Interpreter& i, Op op, const Value& left, const Value& right) {
  if (!left.is_object() || !right.is_object()) return Value::undefined();
  const auto is_tuple = [](const Value& v) { return v.is(Kind::kTuple) || v.is(Kind::kSize); };
  if (left.is(Kind::kStr) && right.is(Kind::kStr)) return compare_order(op, left.as<Str>().text.compare(right.as<Str>().text));
  if (is_tuple(left) && is_tuple(right)) return compare_sequences(i, op, left.as<Tuple>().items, right.as<Tuple>().items);
  if (left.is(Kind::kList) && right.is(Kind::kList)) return compare_sequences(i, op, left.as<List>().items, right.as<List>().items);
  if (left.is(Kind::kBytes) && right.is(Kind::kBytes)) return compare_order(op, left.as<Bytes>().data.compare(right.as<Bytes>().data));
  if (is_set(left) && is_set(right)) {
    const auto table = [&](const Value& v) -> Ref<Dict> {
      if (!v.is(Kind::kDictView)) return v.as<Set>().table;
      return i.call(i.builtin("set"), std::span(&v, 1)).as<Set>().table;
    };
    return compare_sets(i, op, *table(left), *table(right));
  }
  if (op != Op::kEqual && op != Op::kNotEqual) return Value::undefined();
  bool same = false;
  if (left.is(Kind::kDict) && right.is(Kind::kDict)) same = same_dicts(i, left.as<Dict>(), right.as<Dict>());
  else if (left.is(Kind::kRange) && right.is(Kind::kRange)) {
    const Range &a = left.as<Range>(), &b = right.as<Range>();
    same = a.length() == b.length() && (a.length() == 0 || (a.start == b.start && (a.length() == 1 || a.step == b.step)));
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
    case Op::kLess: return Op::kGreater;
    case Op::kLessEqual: return Op::kGreaterEqual;
    case Op::kGreater: return Op::kLess;
    case Op::kGreaterEqual: return Op::kLessEqual;
    default: return op;
  }
}

const char* comparison_symbol(Op op) {
  switch (op) {
    case Op::kLess: return "<";
    case Op::kLessEqual: return "<=";
    case Op::kGreater: return ">";
    default: return ">=";
  }
}

Value compare_classes(Interpreter& i, Op op, const Value& left, const Value& right) {
  const auto& names = i.state().comparisons;
  Value v = class_binary(i, names[static_cast<size_t>(op)], names[static_cast<size_t>(reflected(op))], left, right, true);
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
    case Op::kIs: return left.same(right) || (left.is(Kind::kStr) && right.is(Kind::kStr) && left.as<Str>().text == right.as<Str>().text);
    case Op::kIsNot: return !compare(Op::kIs, left, right).as_bool();
    case Op::kIn: return contains(right, left);
    case Op::kNotIn: return !contains(right, left);
    default: break;
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
  raise("TypeError", std::string("'") + comparison_symbol(op) + "' not supported between instances of '" + type_name(left) +
                         "' and '" + type_name(right) + "'");
}

bool Interpreter::equal(const Value& a, const Value& b) {
  if (a.is_int() && b.is_int()) return a.as_int() == b.as_int();
  return truth(compare(Op::kEqual, a, b));
}

bool Interpreter::truth(const Value& v) {
  switch (v.tag()) {
    case Value::Tag::kUndefined: case Value::Tag::kNone: return false;
    case Value::Tag::kBool: case Value::Tag::kInt: return v.as_int() != 0;
    case Value::Tag::kFloat: return v.as_float() != 0;
    case Value::Tag::kObject: break;
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
    case Kind::kStr: return !v.as<Str>().text.empty();
    case Kind::kBytes: return !v.as<Bytes>().data.empty();
    case Kind::kTuple: case Kind::kSize: return !v.as<Tuple>().items.empty();
    case Kind::kList: return !v.as<List>().items.empty();
    case Kind::kDict: return v.as<Dict>().size() != 0;
    case Kind::kSet: case Kind::kFrozenSet: return v.as<Set>().table->size() != 0;
    case Kind::kRange: return v.as<Range>().length() != 0;
    case Kind::kDictView: case Kind::kMappingProxy: return v.as<DictView>().dict->size() != 0;
    case Kind::kComplex: return v.as<Complex>().real != 0 || v.as<Complex>().imaginary != 0;
    default: return true;
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
    case Kind::kTuple: case Kind::kSize: {
      Nested nested(*this);
      size_t h = 0x345678;
      for (const Value& item : v.as<Tuple>().items) h = combine(h, hash(item));
      return h;
    }
    case Kind::kBytes: return std::hash<std::string>{}(v.as<Bytes>().data);
    case Kind::kFrozenSet: {
      size_t h = 0;
      for (const auto& e : v.as<Set>().table->entries())
        if (e.key.defined()) h += e.hash * 0x9E3779B97F4A7C15u;
      return h;
    }
    case Kind::kRange: return combine(static_cast<size_t>(v.as<Range>().start), static_cast<size_t>(v.as<Range>().length()));
    case Kind::kBoundMethod: return combine(hash(v.as<BoundMethod>().self), hash(v.as<BoundMethod>().function));
    case Kind::kList: case Kind::kDict: case Kind::kSet: case Kind::kSlice:
      raise("TypeError", "unhashable type: '" + type_name(v) + "'");
    default: return reinterpret_cast<size_t>(v.object()) >> 4;
  }
}

}  // namespace gradus
