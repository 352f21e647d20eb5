#include <cmath>
#include <limits>
#include <numeric>

#include "unit/run/bigint.h"
#include "unit/run/number.h"
#include "unit/run/standard.h"

/// The module math, with CPython's errors.
namespace gradus {
namespace {

void add(Interpreter& i, ModuleObject& m, const std::string& name, NativeFunction f) {
  m.attributes->set(i.intern(name), make<Native>(name, std::move(f)));
}

double number(Interpreter& i, const Value& v) {
  if (is_numeric(v)) return real_of(i, v);
  Value converted = i.call(i.builtin("float"), std::span(&v, 1));
  return real_of(i, converted);
}

void expect(Interpreter& i, const std::string& name, const Arguments& a, size_t least, size_t most) {
  if (a.positional.size() < least || a.positional.size() > most)
    i.raise("TypeError", "math." + name + "() takes " +
                             (least == most ? "exactly " : "from " + std::to_string(least) + " to ") +
                             std::to_string(most) + " arguments (" + std::to_string(a.positional.size()) + " given)");
}

/// A function of one real: ValueError where it is not defined, OverflowError where the result is too large.
void real(Interpreter& i, ModuleObject& m, const std::string& name, double (*f)(double)) {
  add(i, m, name, [name, f](Interpreter& in, const Arguments& a) -> Value {
    expect(in, name, a, 1, 1);
    const double x = number(in, a.positional[0]);
    const double y = f(x);
    if (std::isnan(y) && !std::isnan(x)) in.raise("ValueError", "math domain error");
    if (std::isinf(y) && std::isfinite(x)) {
      if (name.starts_with("log") || name == "gamma" || name == "lgamma" || name == "atanh")
        in.raise("ValueError", "math domain error");
      in.raise("OverflowError", "math range error");
    }
    return y;
  });
}

void real2(Interpreter& i, ModuleObject& m, const std::string& name, double (*f)(double, double)) {
  add(i, m, name, [name, f](Interpreter& in, const Arguments& a) -> Value {
    expect(in, name, a, 2, 2);
    const double x = number(in, a.positional[0]), y = number(in, a.positional[1]);
    const double z = f(x, y);
    if (std::isnan(z) && !std::isnan(x) && !std::isnan(y)) in.raise("ValueError", "math domain error");
    if (std::isinf(z) && std::isfinite(x) && std::isfinite(y)) {
      if (name == "pow" && x == 0) in.raise("ValueError", "math domain error");
      in.raise("OverflowError", "math range error");
    }
    return z;
  });
}

/// log of integers too large for a double works as in CPython.
double log_of(Interpreter& i, const Value& v) {
  if (v.is(Kind::kBigInt)) {
    const Integer x = to_integer(v);
    if (x <= 0) i.raise("ValueError", "math domain error");
    const int64_t shift = std::max<int64_t>(0, bit_length(v) - 64);
    return std::log(static_cast<double>(x >> static_cast<unsigned>(shift))) +
           static_cast<double>(shift) * std::log(2.0);
  }
  const double x = number(i, v);
  if (x <= 0) i.raise("ValueError", "math domain error");
  return std::log(x);
}

void add_logarithms(Interpreter& i, ModuleObject& m) {
  add(i, m, "log", [](Interpreter& in, const Arguments& a) -> Value {
    expect(in, "log", a, 1, 2);
    const double x = log_of(in, a.positional[0]);
    if (a.positional.size() == 1) return x;
    const double base = log_of(in, a.positional[1]);
    if (base == 0) in.raise("ZeroDivisionError", "float division by zero");
    return x / base;
  });
  for (const auto& [name, f] : {std::pair<const char*, double (*)(double)>{"log2", std::log2}, {"log10", std::log10}})
    add(i, m, name, [name = std::string(name), f = f](Interpreter& in, const Arguments& a) -> Value {
      expect(in, name, a, 1, 1);
      if (a.positional[0].is(Kind::kBigInt)) return log_of(in, a.positional[0]) / std::log(name == "log2" ? 2.0 : 10.0);
      const double x = number(in, a.positional[0]);
      if (x <= 0) in.raise("ValueError", "math domain error");
      return f(x);
    });
}

void add_rounding(Interpreter& i, ModuleObject& m) {
  for (const auto& [name, f] :
       {std::pair<const char*, double (*)(double)>{"floor", std::floor}, {"ceil", std::ceil}, {"trunc", std::trunc}})
    add(i, m, name, [name = std::string(name), f = f](Interpreter& in, const Arguments& a) -> Value {
      expect(in, name, a, 1, 1);
      const Value& v = a.positional[0];
      if (v.is_bool()) return static_cast<int64_t>(v.as_bool());
      if (is_integer(v)) return v;
      if (!v.is_float()) {
        const Value method = in.find_attribute(v, in.intern("__" + name + "__"));
        if (method.defined()) return in.call(method, {});
      }
      return integer_from_double(in, f(number(in, v)));
    });
  add(i, m, "fsum", [](Interpreter& in, const Arguments& a) -> Value {
    expect(in, "fsum", a, 1, 1);
    long double sum = 0;
    for (const Value& v : in.to_vector(a.positional[0])) sum += number(in, v);
    return static_cast<double>(sum);
  });
  add(i, m, "modf", [](Interpreter& in, const Arguments& a) -> Value {
    double whole, part = std::modf(number(in, a.positional[0]), &whole);
    return make<Tuple>(std::vector<Value>{part, whole});
  });
  add(i, m, "frexp", [](Interpreter& in, const Arguments& a) -> Value {
    int exponent = 0;
    const double part = std::frexp(number(in, a.positional[0]), &exponent);
    return make<Tuple>(std::vector<Value>{part, static_cast<int64_t>(exponent)});
  });
  add(i, m, "ldexp", [](Interpreter& in, const Arguments& a) -> Value {
    return std::ldexp(number(in, a.positional[0]), static_cast<int>(to_index(in, a.positional[1])));
  });
}

Integer whole(Interpreter& i, const Value& v) {
  if (!is_integer(v)) return Integer(to_index(i, v));
  return to_integer(v);
}

void add_integers(Interpreter& i, ModuleObject& m) {
  add(i, m, "gcd", [](Interpreter& in, const Arguments& a) -> Value {
    Integer g = 0;
    for (const Value& v : a.positional) g = boost::multiprecision::gcd(g, whole(in, v));
    return from_integer(abs(g));
  });
  add(i, m, "lcm", [](Interpreter& in, const Arguments& a) -> Value {
    Integer l = 1;
    for (const Value& v : a.positional) l = boost::multiprecision::lcm(l, whole(in, v));
    return from_integer(abs(l));
  });
  add(i, m, "isqrt", [](Interpreter& in, const Arguments& a) -> Value {
    const Integer x = whole(in, a.positional[0]);
    if (x < 0) in.raise("ValueError", "isqrt() argument must be nonnegative");
    return from_integer(boost::multiprecision::sqrt(x));
  });
  add(i, m, "factorial", [](Interpreter& in, const Arguments& a) -> Value {
    const int64_t n = to_index(in, a.positional[0]);
    if (n < 0) in.raise("ValueError", "factorial() not defined for negative values");
    if (n > 5000) in.raise("MemoryError", "factorial() of more than 5000 is beyond the limits of the unit language");
    Integer f = 1;
    for (int64_t k = 2; k <= n; ++k) f *= k;
    return from_integer(std::move(f));
  });
  add(i, m, "comb", [](Interpreter& in, const Arguments& a) -> Value {
    const int64_t n = to_index(in, a.positional[0]), k = to_index(in, a.positional[1]);
    if (n < 0 || k < 0) in.raise("ValueError", "n and k must be non-negative integers");
    if (k > n) return 0;
    const int64_t factors = std::min(k, n - k);
    if (factors > 5000) in.raise("MemoryError", "comb() of more than 5000 is beyond the limits of the unit language");
    Integer c = 1;
    for (int64_t j = 1; j <= factors; ++j) c = c * (n - j + 1) / j;
    return from_integer(std::move(c));
  });
  add(i, m, "perm", [](Interpreter& in, const Arguments& a) -> Value {
    const int64_t n = to_index(in, a.positional[0]), k = a.positional.size() > 1 ? to_index(in, a.positional[1]) : n;
    if (n < 0 || k < 0) in.raise("ValueError", "n and k must be non-negative integers");
    if (k > n) return 0;
    if (k > 5000) in.raise("MemoryError", "perm() of more than 5000 is beyond the limits of the unit language");
    Integer p = 1;
    for (int64_t j = 0; j < k; ++j) p *= n - j;
    return from_integer(std::move(p));
  });
  add(i, m, "prod", [](Interpreter& in, const Arguments& a) -> Value {
    static const Signature signature("math.prod", "iterable, *, start=1");
    const auto values = signature.bind(in, a);
    Value product = values[1];
    for (const Value& v : in.to_vector(values[0])) product = in.binary(syntax::Op::kMul, product, v);
    return product;
  });
}

void add_tests(Interpreter& i, ModuleObject& m) {
  add(i, m, "isnan",
      [](Interpreter& in, const Arguments& a) -> Value { return std::isnan(number(in, a.positional[0])); });
  add(i, m, "isinf",
      [](Interpreter& in, const Arguments& a) -> Value { return std::isinf(number(in, a.positional[0])); });
  add(i, m, "isfinite",
      [](Interpreter& in, const Arguments& a) -> Value { return std::isfinite(number(in, a.positional[0])); });
  add(i, m, "isclose", [](Interpreter& in, const Arguments& a) -> Value {
    static const Signature signature("math.isclose", "a, b, *, rel_tol=1e-09, abs_tol=0.0");
    const auto v = signature.bind(in, a);
    const double x = number(in, v[0]), y = number(in, v[1]);
    if (x == y) return true;
    if (std::isinf(x) || std::isinf(y)) return false;
    return std::abs(x - y) <= std::max(number(in, v[2]) * std::max(std::abs(x), std::abs(y)), number(in, v[3]));
  });
  add(i, m, "dist", [](Interpreter& in, const Arguments& a) -> Value {
    const auto p = in.to_vector(a.positional[0]), q = in.to_vector(a.positional[1]);
    if (p.size() != q.size()) in.raise("ValueError", "both points must have the same number of dimensions");
    double sum = 0;
    for (size_t k = 0; k < p.size(); ++k) sum += std::pow(number(in, p[k]) - number(in, q[k]), 2);
    return std::sqrt(sum);
  });
  add(i, m, "hypot", [](Interpreter& in, const Arguments& a) -> Value {
    double sum = 0;
    for (const Value& v : a.positional) sum += std::pow(number(in, v), 2);
    return std::sqrt(sum);
  });
}

double degrees(double x) { return x * (180.0 / M_PI); }
double radians(double x) { return x * (M_PI / 180.0); }
double magnitude(double x) { return std::fabs(x); }

}  // namespace

void fill_math(Interpreter& i, ModuleObject& m) {
  const std::pair<const char*, double> constants[] = {{"pi", M_PI},
                                                      {"e", M_E},
                                                      {"tau", 2 * M_PI},
                                                      {"inf", std::numeric_limits<double>::infinity()},
                                                      {"nan", std::numeric_limits<double>::quiet_NaN()}};
  for (const auto& [name, value] : constants) m.attributes->set(i.intern(name), Value(value));
  const std::pair<const char*, double (*)(double)> reals[] = {
      {"sqrt", std::sqrt},    {"cbrt", std::cbrt},     {"exp", std::exp},   {"exp2", std::exp2},
      {"expm1", std::expm1},  {"log1p", std::log1p},   {"sin", std::sin},   {"cos", std::cos},
      {"tan", std::tan},      {"asin", std::asin},     {"acos", std::acos}, {"atan", std::atan},
      {"sinh", std::sinh},    {"cosh", std::cosh},     {"tanh", std::tanh}, {"asinh", std::asinh},
      {"acosh", std::acosh},  {"atanh", std::atanh},   {"erf", std::erf},   {"erfc", std::erfc},
      {"gamma", std::tgamma}, {"lgamma", std::lgamma}, {"fabs", magnitude}, {"degrees", degrees},
      {"radians", radians}};
  for (const auto& [name, f] : reals) real(i, m, name, f);
  const std::pair<const char*, double (*)(double, double)> pairs[] = {
      {"pow", std::pow},           {"atan2", std::atan2},         {"fmod", std::fmod},
      {"copysign", std::copysign}, {"remainder", std::remainder}, {"nextafter", std::nextafter}};
  for (const auto& [name, f] : pairs) real2(i, m, name, f);
  add_logarithms(i, m);
  add_rounding(i, m);
  add_integers(i, m);
  add_tests(i, m);
}

}  // namespace gradus
