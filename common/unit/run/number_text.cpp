#include <charconv>
#include <cmath>

#include "unit/run/bigint.h"
#include "unit/run/number.h"

/// Numbers to text and back.
namespace gradus {

Value integer_from_text(Interpreter& interpreter, std::string_view text, int base) {
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) negative = text[0] == '-', text.remove_prefix(1);
  const auto prefixed = [&](char a, int b) {
    return text.size() > 2 && text[0] == '0' && (text[1] | 32) == a && (base == b || base == 0);
  };
  const int given = base;
  if (prefixed('x', 16))
    base = 16, text.remove_prefix(2);
  else if (prefixed('o', 8))
    base = 8, text.remove_prefix(2);
  else if (prefixed('b', 2))
    base = 2, text.remove_prefix(2);
  else if (base == 0)
    base = 10;
  if (given != base || given != 10)
    if (!text.empty() && text[0] == '_') text.remove_prefix(1);
  if (text.empty()) return Value::undefined();
  std::string digits;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '_') {
      if (i == 0 || i + 1 == text.size() || text[i - 1] == '_') return Value::undefined();
      continue;
    }
    const int d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'z' ? (c | 32) - 'a' + 10 : 99;
    if (d >= base) return Value::undefined();
    digits += c;
  }
  int64_t small = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), small, base);
  if (error == std::errc() && end == digits.data() + digits.size()) return negative ? -small : small;
  if (digits.size() > 20000)
    interpreter.raise("ValueError", "Exceeds the limit (20000 digits) for integer string conversion");
  Integer big = 0;
  for (char c : digits) big = big * base + (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
  return from_integer(negative ? Integer(-big) : big);
}

Value float_from_text(std::string_view text) {
  std::string clean;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' && i > 0 && i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i - 1])) &&
        std::isdigit(static_cast<unsigned char>(text[i + 1])))
      continue;
    clean += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
  }
  size_t a = 0, b = clean.size();
  while (a < b && std::isspace(static_cast<unsigned char>(clean[a]))) ++a;
  while (b > a && std::isspace(static_cast<unsigned char>(clean[b - 1]))) --b;
  clean = clean.substr(a, b - a);
  bool negative = false;
  if (!clean.empty() && (clean[0] == '+' || clean[0] == '-')) negative = clean[0] == '-', clean.erase(0, 1);
  double x = 0;
  if (clean == "inf" || clean == "infinity")
    x = INFINITY;
  else if (clean == "nan")
    x = NAN;
  else {
    if (clean.empty() || !(std::isdigit(static_cast<unsigned char>(clean[0])) || clean[0] == '.'))
      return Value::undefined();
    const auto [end, error] = std::from_chars(clean.data(), clean.data() + clean.size(), x);
    if (end != clean.data() + clean.size()) return Value::undefined();
    if (error == std::errc::result_out_of_range)
      x = std::strtod(clean.c_str(), nullptr);
    else if (error != std::errc())
      return Value::undefined();
  }
  return negative ? -x : x;
}

std::string float_repr(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  char buffer[64];
  const auto scientific = std::to_chars(buffer, buffer + sizeof buffer, x, std::chars_format::scientific);
  std::string s(buffer, scientific.ptr);
  const size_t e = s.find('e');
  const int exponent = std::atoi(s.c_str() + e + 1);
  if (exponent < -4 || exponent >= 16) {
    std::string mantissa = s.substr(0, e);
    std::string power = std::to_string(std::abs(exponent));
    if (power.size() < 2) power = "0" + power;
    return mantissa + "e" + (exponent < 0 ? "-" : "+") + power;
  }
  const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, x, std::chars_format::fixed);
  s.assign(buffer, fixed.ptr);
  if (s.find('.') == std::string::npos) s += ".0";
  return s;
}

std::string complex_repr(double real, double imaginary) {
  const auto part = [](double x) {
    std::string s = float_repr(x);
    if (s.size() > 2 && s.compare(s.size() - 2, 2, ".0") == 0) s.resize(s.size() - 2);
    return s;
  };
  if (real == 0 && !std::signbit(real)) return part(imaginary) + "j";
  std::string i = part(imaginary);
  if (i[0] != '-') i = "+" + i;
  return "(" + part(real) + i + "j)";
}

std::string integer_text(const Value& v, int base) {
  if (v.is_integral()) {
    char buffer[80];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, v.as_int(), base);
    return {buffer, end.ptr};
  }
  const Integer& big = v.as<BigInt>().value;
  if (base == 10) return big.str();
  std::string s;
  Integer rest = abs(big);
  while (rest != 0) {
    const int d = static_cast<int>(rest % base);
    s += static_cast<char>(d < 10 ? '0' + d : 'a' + d - 10);
    rest /= base;
  }
  if (big < 0) s += '-';
  return {s.rbegin(), s.rend()};
}

}  // namespace gradus
