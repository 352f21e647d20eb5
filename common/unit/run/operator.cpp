#include "unit/run/operator.h"

#include <algorithm>

#include "unit/run/number.h"

/// Binary and unary operators: numbers first, then the language's classes and hooks.
namespace gradus {

using syntax::Op;

const Hooks& hooks_of(Interpreter& i, const Value& v) {
  static const Hooks kNone{};
  if (!v.is_object()) return kNone;
  if (v.is(Kind::kOther)) return v.as<Other>().hooks ? *v.as<Other>().hooks : kNone;
  return i.state().hooks[static_cast<size_t>(v.object()->kind)];
}

bool is_not_implemented(const Value& v) { return !v.defined() || v.is(Kind::kNotImplemented); }

bool has_class_of_language(const Value& v) {
  return v.is(Kind::kInstance) || (v.is(Kind::kDict) && v.as<Dict>().subclass) ||
         (v.is(Kind::kList) && v.as<List>().subclass) || v.is(Kind::kOther) ||
         (v.is(Kind::kTuple) && v.as<Tuple>().named);
}

// __op__ of the left, then __rop__ of the right; the right first when its class is derived from the left's.
Value class_binary(Interpreter& i, const Ref<Str>& forward, const Ref<Str>& reflected, const Value& left,
                   const Value& right, bool comparing) {
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

bool is_set(const Value& v) { return v.is(Kind::kSet) || v.is(Kind::kFrozenSet) || (v.is(Kind::kDictView)); }

namespace {

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

bool is_repeatable(const Value& v) {
  return v.is(Kind::kStr) || v.is(Kind::kList) || v.is(Kind::kTuple) || v.is(Kind::kBytes);
}

Value set_binary(Interpreter& i, Op op, const Value& left, const Value& right) {
  const char* name = op == Op::kBitOr    ? "union"
                     : op == Op::kBitAnd ? "intersection"
                     : op == Op::kSub    ? "difference"
                     : op == Op::kBitXor ? "symmetric_difference"
                                         : nullptr;
  if (!name) return Value::undefined();
  const auto as_set = [&](const Value& v) {
    return v.is(Kind::kDictView) ? i.call(i.builtin("set"), std::span(&v, 1)) : v;
  };
  const Value a = as_set(left), b = as_set(right);
  return i.call(i.get_attribute(a, i.intern(name)), std::span(&b, 1));
}

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
  if (op == Op::kBitOr && (left.is(Kind::kClass) || left.is_none()) &&
      (right.is(Kind::kClass) || right.is_none() || right.is(Kind::kTuple))) {
    std::vector<Value> types{left.is_none() ? Value(i.state().none) : left};  // int | None: usable in isinstance
    if (right.is(Kind::kTuple))
      types.insert(types.end(), right.as<Tuple>().items.begin(), right.as<Tuple>().items.end());
    else
      types.push_back(right.is_none() ? Value(i.state().none) : right);
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
    i.raise("TypeError", "can only concatenate " + i.type_name(left) + " (not \"" + i.type_name(right) + "\") to " +
                             i.type_name(left));
  if (symbol.starts_with("+") && left.is(Kind::kBytes))
    i.raise("TypeError", "can't concat " + i.type_name(right) + " to bytes");
  if ((symbol == "*" || symbol == "*=") && (is_repeatable(left) || is_repeatable(right)))
    i.raise("TypeError",
            "can't multiply sequence by non-int of type '" + i.type_name(is_repeatable(left) ? right : left) + "'");
  i.raise("TypeError", "unsupported operand type(s) for " + symbol + ": '" + i.type_name(left) + "' and '" +
                           i.type_name(right) + "'");
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
  if (!v.defined())
    unsupported(*this, op == Op::kPow ? "** or pow()" : state_->operators[static_cast<size_t>(op)].symbol, left, right);
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
    raise("TypeError", std::string("bad operand type for unary ") +
                           (op == Op::kMinus  ? "-"
                            : op == Op::kPlus ? "+"
                                              : "~") +
                           ": '" + type_name(operand) + "'");
  return v;
}

}  // namespace gradus
