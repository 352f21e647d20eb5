#include "unit/run/number.h"

#include <cmath>
#include <complex>
#include <limits>

#include "unit/run/bigint.h"
#include "unit/run/object.h"

namespace gradus {

using syntax::Op;

Integer to_integer(const Value& v) { return v.is(Kind::kBigInt) ? v.as<BigInt>().value : Integer(v.as_int()); }

Value from_integer(Integer v) {
  if (v >= std::numeric_limits<int64_t>::min() && v <= std::numeric_limits<int64_t>::max())
    return static_cast<int64_t>(v);
  return make<BigInt>(std::move(v));
}

bool is_integer(const Value& v) { return v.is_integral() || v.is(Kind::kBigInt); }
bool is_numeric(const Value& v) { return is_integer(v) || v.is_float() || v.is(Kind::kComplex); }

double real_of(Interpreter& i, const Value& v) {
  if (v.is_float()) return v.as_float();
  if (v.is_integral()) return static_cast<double>(v.as_int());
  if (!v.is(Kind::kBigInt)) i.raise("TypeError", "must be real number, not " + i.type_name(v));
  const double x = v.as<BigInt>().value.convert_to<double>();
  if (std::isinf(x)) i.raise("OverflowError", "int too large to convert to float");
  return x;
}

int64_t to_index(Interpreter& i, const Value& v) {
  if (v.is_integral()) return v.as_int();
  if (v.is(Kind::kBigInt)) i.raise("OverflowError", "Python int too large to convert to C ssize_t");
  if (v.is_object() && !v.is(Kind::kStr)) {
    const Value f = i.find_attribute(v, i.intern("__index__"));
    if (f.defined()) {
      const Value r = i.call(f, {});
      if (r.is_integral()) return r.as_int();
    }
  }
  i.raise("TypeError", "'" + i.type_name(v) + "' object cannot be interpreted as an integer");
}

Value integer_from_double(Interpreter& i, double x) {
  if (std::isnan(x)) i.raise("ValueError", "cannot convert float NaN to integer");
  if (std::isinf(x)) i.raise("OverflowError", "cannot convert float infinity to integer");
  x = std::trunc(x);
  if (std::fabs(x) < 9.2e18) return static_cast<int64_t>(x);
  return from_integer(Integer(x));
}

size_t number_hash(const Value& v) {
  if (v.is_integral()) return static_cast<size_t>(v.as_int());
  if (v.is_float()) {
    const double x = v.as_float();
    if (x == std::trunc(x) && std::fabs(x) < 9.2e18) return static_cast<size_t>(static_cast<int64_t>(x));
    return std::hash<double>{}(x);
  }
  if (v.is(Kind::kComplex)) {
    const Complex& c = v.as<Complex>();
    return number_hash(c.real) + 1000003 * number_hash(c.imaginary);
  }
  return std::hash<std::string>{}(v.as<BigInt>().value.str(0, std::ios_base::hex));
}

int64_t bit_length(const Value& v) {
  const Integer x = abs(to_integer(v));
  return x == 0 ? 0 : static_cast<int64_t>(msb(x)) + 1;
}

// Arithmetic

int64_t floor_divide(int64_t a, int64_t b) {
  const int64_t q = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? q - 1 : q;
}
int64_t floor_modulo(int64_t a, int64_t b) {
  const int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
double float_modulo(double a, double b) {
  double r = std::fmod(a, b);
  if (r != 0) {
    if ((b < 0) != (r < 0)) r += b;
  } else {
    r = std::copysign(0.0, b);
  }
  return r;
}
double float_floor_divide(double a, double b) {
  const double r = std::fmod(a, b);
  double q = (a - r) / b;
  if (r != 0 && (b < 0) != (r < 0)) q -= 1;
  if (q == 0) return std::copysign(0.0, a / b);
  const double f = std::floor(q);
  return q - f > 0.5 ? f + 1 : f;
}

namespace {

void check_bits(Interpreter& i, double bits) {
  if (bits > static_cast<double>(kLargestIntegerBits))
    i.raise("MemoryError", "an int of this size is beyond the limit of the unit language");
}

Integer divide_down(const Integer& a, const Integer& b) {
  Integer q, r;
  divide_qr(a, b, q, r);
  if (r != 0 && (r < 0) != (b < 0)) --q;
  return q;
}

Value power(Interpreter& i, const Value& base, const Value& exponent) {
  if (exponent.is(Kind::kBigInt)) {
    if (base.is_integral() && (base.as_int() == 0 || base.as_int() == 1)) return base.as_int();
    i.raise("MemoryError", "an int of this size is beyond the limit of the unit language");
  }
  const int64_t n = exponent.as_int();
  if (n < 0) {
    if (base.is_integral() && base.as_int() == 0)
      i.raise("ZeroDivisionError", "0.0 cannot be raised to a negative power");
    return std::pow(real_of(i, base), static_cast<double>(n));
  }
  const int64_t bits = bit_length(base);
  if (bits <= 1 && base.is_integral()) {
    const int64_t b = base.as_int();
    return b == 0 ? int64_t{n == 0} : b == 1 || n % 2 == 0 ? int64_t{1} : int64_t{-1};
  }
  check_bits(i, static_cast<double>(bits) * static_cast<double>(n));
  i.charge(static_cast<uint64_t>(bits * n / 64) * static_cast<uint64_t>(bits * n / 4096 + 1));
  return from_integer(pow(to_integer(base), static_cast<unsigned>(n)));
}

[[noreturn]] void divided_by_zero(Interpreter& i, Op op, bool is_float) {
  i.raise("ZeroDivisionError", op == Op::kDiv   ? (is_float ? "float division by zero" : "division by zero")
                               : is_float       ? (op == Op::kMod ? "float modulo" : "float floor division by zero")
                               : op == Op::kMod ? "integer modulo by zero"
                                                : "integer division or modulo by zero");
}

Value big_binary(Interpreter& i, Op op, const Value& left, const Value& right) {
  const Integer a = to_integer(left), b = to_integer(right);
  switch (op) {
    case Op::kAdd:
      return from_integer(a + b);
    case Op::kSub:
      return from_integer(a - b);
    case Op::kMul: {
      const int64_t x = bit_length(left), y = bit_length(right);
      check_bits(i, static_cast<double>(x) + static_cast<double>(y));
      i.charge(static_cast<uint64_t>(x / 64) * static_cast<uint64_t>(y / 64) / 16);
      return from_integer(a * b);
    }
    case Op::kFloorDiv:
    case Op::kMod: {
      if (b == 0) divided_by_zero(i, op, false);
      i.charge(static_cast<uint64_t>(bit_length(left) / 64) * static_cast<uint64_t>(bit_length(right) / 64) / 16);
      const Integer q = divide_down(a, b);
      return from_integer(op == Op::kFloorDiv ? q : Integer(a - q * b));
    }
    case Op::kBitAnd:
      return from_integer(a & b);
    case Op::kBitOr:
      return from_integer(a | b);
    case Op::kBitXor:
      return from_integer(a ^ b);
    case Op::kLeftShift:
      if (b < 0) i.raise("ValueError", "negative shift count");
      if (a == 0) return 0;
      check_bits(i, static_cast<double>(bit_length(left)) + b.convert_to<double>());
      return from_integer(a << static_cast<unsigned>(b));
    case Op::kRightShift:
      if (b < 0) i.raise("ValueError", "negative shift count");
      if (b > kLargestIntegerBits) return a < 0 ? -1 : 0;
      {
        const Integer unit = Integer(1) << static_cast<unsigned>(b);
        return from_integer(divide_down(a, unit));
      }
    default:
      return Value::undefined();
  }
}

Value integer_binary(Interpreter& i, Op op, const Value& left, const Value& right) {
  if (op == Op::kPow) return power(i, left, right);
  if (op == Op::kDiv) {
    if (right.is_integral() && right.as_int() == 0) divided_by_zero(i, op, false);
    if (left.is_integral() && right.is_integral())
      return static_cast<double>(left.as_int()) / static_cast<double>(right.as_int());
    const Integer a = to_integer(left), b = to_integer(right);
    const double x = a.convert_to<double>(), y = b.convert_to<double>();
    if (!std::isinf(x) && !std::isinf(y)) return x / y;
    const double q = boost::multiprecision::cpp_rational(a, b).convert_to<double>();
    if (std::isinf(q)) i.raise("OverflowError", "integer division result too large for a float");
    return q;
  }
  if (!left.is_integral() || !right.is_integral()) return big_binary(i, op, left, right);
  const int64_t a = left.as_int(), b = right.as_int();
  int64_t r = 0;
  switch (op) {
    case Op::kAdd:
      if (!__builtin_add_overflow(a, b, &r)) return r;
      break;
    case Op::kSub:
      if (!__builtin_sub_overflow(a, b, &r)) return r;
      break;
    case Op::kMul:
      if (!__builtin_mul_overflow(a, b, &r)) return r;
      break;
    case Op::kFloorDiv:
      if (b == 0) divided_by_zero(i, op, false);
      if (b != -1) return floor_divide(a, b);
      break;
    case Op::kMod:
      if (b == 0) divided_by_zero(i, op, false);
      return b == -1 ? 0 : floor_modulo(a, b);
    case Op::kBitAnd:
      return left.is_bool() && right.is_bool() ? Value((a & b) != 0) : Value(a & b);
    case Op::kBitOr:
      return left.is_bool() && right.is_bool() ? Value((a | b) != 0) : Value(a | b);
    case Op::kBitXor:
      return left.is_bool() && right.is_bool() ? Value((a ^ b) != 0) : Value(a ^ b);
    case Op::kRightShift:
      if (b >= 0 && b < 64) return a >> b;
      break;
    case Op::kLeftShift:
      if (b >= 0 && b < 62 && std::llabs(a) < (int64_t{1} << (62 - b))) return a * (int64_t{1} << b);
      break;
    default:
      return Value::undefined();
  }
  return big_binary(i, op, left, right);
}

Value float_binary(Interpreter& i, Op op, double a, double b) {
  switch (op) {
    case Op::kAdd:
      return a + b;
    case Op::kSub:
      return a - b;
    case Op::kMul:
      return a * b;
    case Op::kDiv:
      if (b == 0) divided_by_zero(i, op, true);
      return a / b;
    case Op::kFloorDiv:
      if (b == 0) divided_by_zero(i, op, true);
      return float_floor_divide(a, b);
    case Op::kMod:
      if (b == 0) divided_by_zero(i, op, true);
      return float_modulo(a, b);
    case Op::kPow: {
      if (a == 0 && b < 0) i.raise("ZeroDivisionError", "0.0 cannot be raised to a negative power");
      if (a < 0 && std::isfinite(a) && std::isfinite(b) && b != std::trunc(b)) {
        const std::complex<double> z = std::pow(std::complex<double>(a, 0), b);
        return make<Complex>(z.real(), z.imag());
      }
      const double r = std::pow(a, b);
      if (std::isinf(r) && std::isfinite(a) && std::isfinite(b))
        i.raise("OverflowError", "(34, 'Numerical result out of range')");
      return r;
    }
    default:
      return Value::undefined();
  }
}

std::complex<double> to_complex(Interpreter& i, const Value& v) {
  if (v.is(Kind::kComplex)) return {v.as<Complex>().real, v.as<Complex>().imaginary};
  return {real_of(i, v), 0};
}

Value complex_binary(Interpreter& i, Op op, const Value& left, const Value& right) {
  const std::complex<double> a = to_complex(i, left), b = to_complex(i, right);
  std::complex<double> r;
  switch (op) {
    case Op::kAdd:
      r = a + b;
      break;
    case Op::kSub:
      r = a - b;
      break;
    case Op::kMul:
      r = a * b;
      break;
    case Op::kDiv:
      if (b == 0.0) i.raise("ZeroDivisionError", "complex division by zero");
      r = a / b;
      break;
    case Op::kPow:
      r = b == std::complex<double>(2) ? a * a : std::pow(a, b);
      break;
    default:
      return Value::undefined();
  }
  return make<Complex>(r.real(), r.imag());
}

}  // namespace

Value number_binary(Interpreter& i, Op op, const Value& left, const Value& right) {
  if (!is_numeric(left) || !is_numeric(right)) return Value::undefined();
  if (left.is(Kind::kComplex) || right.is(Kind::kComplex)) return complex_binary(i, op, left, right);
  if (left.is_float() || right.is_float()) return float_binary(i, op, real_of(i, left), real_of(i, right));
  return integer_binary(i, op, left, right);
}

Value number_compare(Op op, const Value& left, const Value& right) {
  if (!is_numeric(left) || !is_numeric(right)) return Value::undefined();
  const auto decide = [op](const auto& a, const auto& b) -> Value {
    switch (op) {
      case Op::kEqual:
        return a == b;
      case Op::kNotEqual:
        return a != b;
      case Op::kLess:
        return a < b;
      case Op::kLessEqual:
        return a <= b;
      case Op::kGreater:
        return a > b;
      default:
        return a >= b;
    }
  };
  if (left.is(Kind::kComplex) || right.is(Kind::kComplex)) {
    if (op != Op::kEqual && op != Op::kNotEqual) return Value::undefined();
    const auto parts = [](const Value& v) {
      if (v.is(Kind::kComplex)) return std::make_pair(v.as<Complex>().real, v.as<Complex>().imaginary);
      return std::make_pair(v.is_float() ? v.as_float() : to_integer(v).convert_to<double>(), 0.0);
    };
    const bool same = parts(left) == parts(right);
    return (op == Op::kEqual) == same;
  }
  if (left.is_integral() && right.is_integral()) return decide(left.as_int(), right.as_int());
  if (left.is_float() && right.is_float()) return decide(left.as_float(), right.as_float());
  if (!left.is_float() && !right.is_float()) return decide(to_integer(left), to_integer(right));
  const double x = left.is_float() ? left.as_float() : right.as_float();
  const Value& whole = left.is_float() ? right : left;
  if (!std::isfinite(x) || (whole.is_integral() && std::llabs(whole.as_int()) < (int64_t{1} << 53))) {
    const double y =
        whole.is_integral() ? static_cast<double>(whole.as_int()) : (whole.as<BigInt>().value < 0 ? -1e308 : 1e308);
    return left.is_float() ? decide(x, y) : decide(y, x);
  }
  // Exact: whole parts as integers, then the fraction.
  const Integer a(std::floor(x)), b = to_integer(whole);
  const int order = a < b ? -1 : a > b ? 1 : x > std::floor(x) ? 1 : 0;
  return left.is_float() ? decide(order, 0) : decide(0, order);
}

Value number_unary(Interpreter&, Op op, const Value& v) {
  if (!is_numeric(v)) return Value::undefined();
  if (op == Op::kInvert) return is_integer(v) ? from_integer(Integer(-to_integer(v) - 1)) : Value::undefined();
  if (v.is(Kind::kComplex)) {
    const Complex& c = v.as<Complex>();
    return op == Op::kMinus ? Value(make<Complex>(-c.real, -c.imaginary)) : v;
  }
  if (op == Op::kPlus) return v.is_bool() ? Value(v.as_int()) : v;
  if (v.is_float()) return -v.as_float();
  if (v.is_integral() && v.as_int() != std::numeric_limits<int64_t>::min()) return -v.as_int();
  return from_integer(Integer(-to_integer(v)));
}

Value number_power(Interpreter& i, const Value& base, const Value& exponent, const Value& modulus) {
  if (modulus.is_none()) return number_binary(i, Op::kPow, base, exponent);
  if (!is_integer(base) || !is_integer(exponent) || !is_integer(modulus))
    i.raise("TypeError", "pow() 3rd argument not allowed unless all arguments are integers");
  Integer m = to_integer(modulus), e = to_integer(exponent), b = to_integer(base);
  if (m == 0) i.raise("ValueError", "pow() 3rd argument cannot be 0");
  if (e < 0) i.raise("ValueError", "pow() with a negative exponent and a modulus is not part of the unit language");
  b = b - divide_down(b, m) * m;
  Integer r = powm(b, e, abs(m));
  if (m < 0 && r != 0) r += m;
  return from_integer(r);
}

Value round_number(Interpreter& i, const Value& v, const Value& digits) {
  if (is_integer(v)) {
    if (digits.is_none() || to_index(i, digits) >= 0) return v.is_bool() ? Value(v.as_int()) : v;
    const Integer unit = pow(Integer(10), static_cast<unsigned>(std::min<int64_t>(-to_index(i, digits), 5000)));
    const Integer a = to_integer(v), q = divide_down(a, unit), twice = 2 * (a - q * unit);
    const bool up = twice > unit || (twice == unit && q % 2 != 0);
    return from_integer((q + (up ? 1 : 0)) * unit);
  }
  const double x = v.as_float();
  if (digits.is_none()) return integer_from_double(i, std::nearbyint(x));
  const int64_t n = to_index(i, digits);
  if (!std::isfinite(x) || n > 323) return x;
  if (n < -308) return std::copysign(0.0, x);
  if (n >= 0) {  // correctly rounded through decimal text, as CPython
    char buffer[1024];
    std::snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(n), x);
    return std::strtod(buffer, nullptr);
  }
  const double unit = std::pow(10.0, static_cast<double>(-n));
  return std::nearbyint(x / unit) * unit;
}

}  // namespace gradus
