#include "unit/tensor/arithmetic.h"

#include "unit/tensor/convert.h"
#include "unit/tensor/fast.h"

namespace gradus {

using syntax::Op;

namespace {

/// A tensor, or a number that joins in type promotion as Python's do. Undefined: neither.
at::Tensor operand(Interpreter& in, const Value& v) {
  if (is_tensor(v)) return to_tensor(v);
  if (is_plain_number(v)) return wrapped_number(to_scalar(in, v));
  return {};
}

}  // namespace

Value tensor_binary(Interpreter& in, Op op, const Value& left, const Value& right) {
  auto& f = fast(in);
  if (op == Op::kMatMul) {
    if (!is_tensor(left) || !is_tensor(right)) return Value::undefined();
    return from_tensor(apply_tensor(in, f.matmul, {to_tensor(left), to_tensor(right)}));
  }
  const auto& b = f.binary[static_cast<size_t>(op)];
  if (!b) return Value::undefined();
  if (op == Op::kPow) {
    if (is_tensor(left) && is_plain_number(right))
      return from_tensor(apply_tensor(in, f.pow_scalar, {to_tensor(left), to_scalar(in, right)}));
    if (is_tensor(right) && is_plain_number(left))
      return from_tensor(apply_tensor(in, f.pow_left, {to_scalar(in, left), to_tensor(right)}));
  }
  at::Tensor l = operand(in, left), r = operand(in, right);
  if (!l.defined() || !r.defined()) return Value::undefined();
  // Python's 1 / x is x.reciprocal() * 1 and 1 - x is rsub: the same numbers, and the same calls in a trace.
  if (op == Op::kDiv && !is_tensor(left))
    return from_tensor(apply_tensor(in, f.mul, {apply_tensor(in, f.reciprocal, {r}), l}));
  if (op == Op::kSub && !is_tensor(left)) return from_tensor(apply_tensor(in, f.rsub, {r, l}));
  if ((op == Op::kAdd || op == Op::kMul) && !is_tensor(left)) std::swap(l, r);
  return from_tensor(apply_tensor(in, b->tensor, {l, r}));
}

Value tensor_in_place(Interpreter& in, Op op, const Value& self, const Value& right) {
  if (op == Op::kMatMul) return Value::undefined();
  const auto& b = fast(in).binary[static_cast<size_t>(op)];
  at::Tensor r = operand(in, right);
  if (!b || !r.defined()) return Value::undefined();
  apply_operator(in, b->in_place, {to_tensor(self), r});
  return self;
}

Value tensor_unary(Interpreter& in, Op op, const Value& self) {
  auto& f = fast(in);
  if (op == Op::kMinus) return from_tensor(apply_tensor(in, f.neg, {to_tensor(self)}));
  if (op == Op::kInvert) return from_tensor(apply_tensor(in, f.bitwise_not, {to_tensor(self)}));
  if (op == Op::kPlus) return from_tensor(apply_tensor(in, f.positive, {to_tensor(self)}));
  return Value::undefined();
}

Value tensor_compare(Interpreter& in, Op op, const Value& left, const Value& right) {
  const auto& c = fast(in).compare[static_cast<size_t>(op)];
  if (!c) return Value::undefined();
  if (is_tensor(left) && is_tensor(right))
    return from_tensor(apply_tensor(in, c->first, {to_tensor(left), to_tensor(right)}));
  if (is_tensor(left) && is_plain_number(right))
    return from_tensor(apply_tensor(in, c->second, {to_tensor(left), to_scalar(in, right)}));
  if (is_tensor(right) && is_plain_number(left)) {
    Op mirrored = op == Op::kLess           ? Op::kGreater
                  : op == Op::kGreater      ? Op::kLess
                  : op == Op::kLessEqual    ? Op::kGreaterEqual
                  : op == Op::kGreaterEqual ? Op::kLessEqual
                                            : op;
    return tensor_compare(in, mirrored, right, left);
  }
  if (op == Op::kEqual) return Value(left.same(right));
  if (op == Op::kNotEqual) return Value(!left.same(right));
  return Value::undefined();
}

}  // namespace gradus
