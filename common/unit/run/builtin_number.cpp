#include <cctype>
#include <cmath>

#include "unit/run/bigint.h"
#include "unit/run/builtin.h"

/// int, float, bool, complex and their methods.
namespace gradus {

namespace {

Value integer_from(Interpreter& i, const Arguments& a) {
  const Value v = argument(a, 1, "x"), base = argument(a, 2, "base");
  if (!v.defined()) return 0;
  if (v.is(Kind::kStr) || v.is(Kind::kBytes)) {
    const std::string& text = v.is(Kind::kStr) ? v.as<Str>().text : v.as<Bytes>().data;
    const int64_t b = base.defined() ? to_index(i, base) : 10;
    if (b != 0 && (b < 2 || b > 36)) i.raise("ValueError", "int() base must be >= 2 and <= 36, or 0");
    i.charge(text.size() * text.size() / 64);
    Value n = integer_from_text(i, text, static_cast<int>(b));
    if (!n.defined())
      i.raise("ValueError", "invalid literal for int() with base " + std::to_string(b) + ": " + i.repr(v));
    return n;
  }
  if (base.defined()) {
    const int64_t b = to_index(i, base);
    if (b != 0 && (b < 2 || b > 36)) i.raise("ValueError", "int() base must be >= 2 and <= 36, or 0");
  }
  if (base.defined()) i.raise("TypeError", "int() can't convert non-string with explicit base");
  if (v.is_bool()) return v.as_int();
  if (is_integer(v)) return v;
  if (v.is_float()) return integer_from_double(i, v.as_float());
  const Names& n = i.state().names();
  for (const Ref<Str>& name : {n.int_, n.index, n.trunc}) {
    const Method m = special_method(i, v, name);
    if (m.function.defined()) return call_method(i, m);
  }
  i.raise("TypeError",
          "int() argument must be a string, a bytes-like object or a real number, not '" + i.type_name(v) + "'");
}

Value float_from(Interpreter& i, const Arguments& a) {
  expect(i, a, "float", 1, 2);
  if (a.positional.size() == 1) return 0.0;
  const Value& v = a.positional[1];
  if (v.is(Kind::kStr) || v.is(Kind::kBytes)) {
    Value x = float_from_text(v.is(Kind::kStr) ? v.as<Str>().text : v.as<Bytes>().data);
    if (!x.defined()) i.raise("ValueError", "could not convert string to float: " + i.repr(v));
    return x;
  }
  if (is_numeric(v) && !v.is(Kind::kComplex)) return real_of(i, v);
  const Names& n = i.state().names();
  for (const Ref<Str>& name : {n.float_, n.index}) {
    const Method m = special_method(i, v, name);
    if (m.function.defined()) {
      const Value x = call_method(i, m);
      return is_numeric(x) ? Value(real_of(i, x)) : x;
    }
  }
  i.raise("TypeError", "float() argument must be a string or a real number, not '" + i.type_name(v) + "'");
}

/// "1+2j", "(3)", " -j ": the imaginary part begins at the last sign that is not an exponent's.
Value complex_from_text(Interpreter& i, std::string_view s) {
  const auto stripped = [](std::string_view t) {
    while (!t.empty() && std::isspace(static_cast<unsigned char>(t.front()))) t.remove_prefix(1);
    while (!t.empty() && std::isspace(static_cast<unsigned char>(t.back()))) t.remove_suffix(1);
    return t;
  };
  const auto number = [&](std::string_view t) {
    if (t.empty() || std::isspace(static_cast<unsigned char>(t.front())) ||
        std::isspace(static_cast<unsigned char>(t.back())))
      return Value::undefined();
    return float_from_text(std::string(t));
  };
  Value real(0.0), imaginary(0.0);
  std::string_view t = stripped(s);
  if (t.size() > 1 && t.front() == '(' && t.back() == ')') t = stripped(t.substr(1, t.size() - 2));
  if (!t.empty() && (t.back() == 'j' || t.back() == 'J')) {
    t.remove_suffix(1);
    size_t at = t.find_last_of("+-");
    while (at != std::string_view::npos && at > 0 && (t[at - 1] == 'e' || t[at - 1] == 'E'))
      at = at == 0 ? std::string_view::npos : t.find_last_of("+-", at - 1);
    if (at == std::string_view::npos) at = 0;
    const std::string_view part = t.substr(at);
    imaginary = part.empty() || part == "+" ? Value(1.0) : part == "-" ? Value(-1.0) : number(part);
    if (at > 0) real = number(t.substr(0, at));
  } else {
    real = number(t);
  }
  if (!real.defined() || !imaginary.defined()) i.raise("ValueError", "complex() arg is a malformed string");
  return make<Complex>(real.as_float(), imaginary.as_float());
}

Value complex_from(Interpreter& i, const Arguments& a) {
  double real = 0, imaginary = 0;
  const Value r = argument(a, 1, "real"), m = argument(a, 2, "imag");
  const auto add = [&](const Value& v, double& x, double& y, double sign) {
    if (!v.defined()) return;
    if (v.is(Kind::kComplex))
      x += v.as<Complex>().real, y += sign * v.as<Complex>().imaginary;
    else if (is_numeric(v))
      x += real_of(i, v);
    else {
      const Method f = special_method(i, v, i.state().names().complex_);
      if (f.function.defined()) {
        const Value c = call_method(i, f);
        if (!c.is(Kind::kComplex))
          i.raise("TypeError", "__complex__ returned non-complex (type " + i.type_name(c) + ")");
        x += c.as<Complex>().real, y += sign * c.as<Complex>().imaginary;
        return;
      }
      i.raise("TypeError", "complex() first argument must be a string or a number, not '" + i.type_name(v) + "'");
    }
  };
  if (r.is(Kind::kStr)) {
    if (m.defined()) i.raise("TypeError", "complex() can't take second arg if first is a string");
    return complex_from_text(i, r.as<Str>().text);
  }
  if (m.is(Kind::kStr)) i.raise("TypeError", "complex() second arg can't be a string");
  add(r, real, imaginary, 1);
  double minus = 0;
  add(m, imaginary, minus, 1);
  return make<Complex>(real - minus, imaginary);
}

Value is_integral_float(Interpreter&, const Arguments& a) {
  const double x = a.positional[0].as_float();
  return std::isfinite(x) && x == std::trunc(x);
}

Value integer_ratio(Interpreter& i, const Arguments& a) {
  const Value& v = a.positional[0];
  if (!v.is_float()) return pair_of(i.unary(syntax::Op::kPlus, v), 1);
  if (!std::isfinite(v.as_float())) i.raise("ValueError", "cannot convert " + i.repr(v) + " to integer ratio");
  int exponent = 0;
  const double m = std::frexp(v.as_float(), &exponent);
  Integer top(std::ldexp(m, 53)), bottom = 1;
  exponent -= 53;
  if (exponent > 0)
    top <<= static_cast<unsigned>(exponent);
  else
    bottom <<= static_cast<unsigned>(-exponent);
  const Integer common = gcd(top, bottom);
  return pair_of(from_integer(top / common), from_integer(bottom / common));
}

Value hex_of(Interpreter& i, const Arguments& a) {
  char buffer[64];
  const double x = a.positional[0].as_float();
  std::snprintf(buffer, sizeof buffer, x == 0 ? "%.1a" : "%.13a", x);
  return i.make_str(buffer);
}

Value same(Interpreter&, const Arguments& a) {
  return a.positional[0].is_bool() ? Value(a.positional[0].as_int()) : a.positional[0];
}

Value to_bytes(Interpreter& i, const Arguments& a) {
  const Value length = argument(a, 1, "length"), order = argument(a, 2, "byteorder");
  int64_t x = to_index(i, a.positional[0]);
  std::string s;
  for (int64_t k = 0, n = length.defined() ? to_index(i, length) : 1; k < n && k < 4096; ++k, x >>= 8)
    s += static_cast<char>(x & 255);
  if (!order.is(Kind::kStr) || order.as<Str>().text == "big") s = {s.rbegin(), s.rend()};
  return make<Bytes>(s);
}

void install_integer(Interpreter& i) {
  const Ref<Class> c = add_class(i, "int", Kind::kBigInt, integer_from);
  i.state().integer = c;
  add_methods(
      i, c,
      {{"bit_length", [](Interpreter&, const Arguments& a) -> Value { return bit_length(a.positional[0]); }},
       {"bit_count",
        [](Interpreter&, const Arguments& a) -> Value {
          Integer x = abs(to_integer(a.positional[0]));
          int64_t n = 0;
          for (; x != 0; x >>= 1) n += static_cast<int64_t>(x & 1);
          return n;
        }},
       {"as_integer_ratio", integer_ratio},
       {"conjugate", same},
       {"__index__", same},
       {"__int__", same},
       {"to_bytes", to_bytes},
       {"is_integer", [](Interpreter&, const Arguments&) -> Value { return true; }},
       {"__float__", [](Interpreter& in, const Arguments& a) -> Value { return real_of(in, a.positional[0]); }}});
  for (const char* name : {"real", "numerator"}) i.getter(c, name, same);
  i.getter(c, "imag", [](Interpreter&, const Arguments&) -> Value { return 0; });
  i.getter(c, "denominator", [](Interpreter&, const Arguments&) -> Value { return 1; });
}

}  // namespace

void install_numbers(Interpreter& i) {
  install_integer(i);
  Ref<Class> boolean = i.native_class("bool", "builtins", Kind::kOther, {i.state().integer});
  boolean->construct = [](Interpreter& in, const Arguments& a) -> Value {
    expect(in, a, "bool", 1, 2);
    return a.positional.size() > 1 && in.truth(a.positional[1]);
  };
  i.state().boolean = boolean;
  i.state().builtins->set(i.intern("bool"), boolean);
  boolean->native_kind = Kind::kBigInt;

  const Ref<Class> f = i.native_class("float", "builtins", Kind::kOther);
  f->construct = float_from;
  f->native_kind = Kind::kBigInt;  // no class may be derived from it
  i.state().floating = f;
  i.state().builtins->set(i.intern("float"), f);
  add_methods(i, f,
              {{"is_integer", is_integral_float},
               {"as_integer_ratio", integer_ratio},
               {"hex", hex_of},
               {"conjugate", same},
               {"__int__", [](Interpreter& in,
                              const Arguments& a) { return integer_from_double(in, a.positional[0].as_float()); }},
               {"__float__", same}});
  i.getter(f, "real", same);
  i.getter(f, "imag", [](Interpreter&, const Arguments&) -> Value { return 0.0; });

  const Ref<Class> z = add_class(i, "complex", Kind::kComplex, complex_from);
  i.getter(z, "real", [](Interpreter&, const Arguments& a) -> Value { return a.positional[0].as<Complex>().real; });
  i.getter(z, "imag",
           [](Interpreter&, const Arguments& a) -> Value { return a.positional[0].as<Complex>().imaginary; });
  i.method(z, "conjugate", [](Interpreter&, const Arguments& a) -> Value {
    return make<Complex>(a.positional[0].as<Complex>().real, -a.positional[0].as<Complex>().imaginary);
  });
}

}  // namespace gradus
