#include <cmath>
#include <cstring>

#include "unit/run/number.h"
#include "unit/run/state.h"

/// Format specifications, `%` and str.format.
namespace gradus {

namespace {

struct Spec {
  std::string fill = " ";
  char align = 0, sign = '-', grouping = 0, type = 0;
  bool alternate = false, zero = false, sign_given = false;
  int64_t width = 0, precision = -1;
};

size_t code_point_length(std::string_view s, size_t at) {
  size_t n = 1;
  while (at + n < s.size() && (s[at + n] & 0xC0) == 0x80) ++n;
  return n;
}

bool is_align(char c) { return c == '<' || c == '>' || c == '=' || c == '^'; }

int64_t read_number(Interpreter& i, std::string_view s, size_t& at) {
  int64_t n = 0;
  while (at < s.size() && s[at] >= '0' && s[at] <= '9') {
    n = n * 10 + (s[at++] - '0');
    if (n > 100'000'000) i.raise("ValueError", "Too many decimal digits in format string");
  }
  return n;
}

Spec parse_spec(Interpreter& i, std::string_view s, const std::string& type_name) {
  Spec p;
  size_t at = 0;
  if (!s.empty()) {
    const size_t first = code_point_length(s, 0);
    if (first < s.size() && is_align(s[first]))
      p.fill = s.substr(0, first), p.align = s[first], at = first + 1;
    else if (is_align(s[0]))
      p.align = s[0], at = 1;
  }
  if (at < s.size() && (s[at] == '+' || s[at] == '-' || s[at] == ' ')) p.sign = s[at++], p.sign_given = true;
  if (at < s.size() && s[at] == 'z') ++at;
  if (at < s.size() && s[at] == '#') p.alternate = true, ++at;
  if (at < s.size() && s[at] == '0') {
    p.zero = true, ++at;
    if (!p.align) p.fill = "0", p.align = '=';
  }
  p.width = read_number(i, s, at);
  if (at < s.size() && (s[at] == ',' || s[at] == '_')) p.grouping = s[at++];
  if (at < s.size() && s[at] == '.') {
    const size_t before = ++at;
    p.precision = read_number(i, s, at);
    if (at == before) i.raise("ValueError", "Format specifier missing precision");
  }
  if (at < s.size()) p.type = s[at++];
  if (at < s.size())
    i.raise("ValueError", "Invalid format specifier '" + std::string(s) + "' for object of type '" + type_name + "'");
  return p;
}

std::string padded(Interpreter& i, const std::string& sign, const std::string& body, const Spec& p,
                   char default_align) {
  const int64_t length = static_cast<int64_t>(count_code_points(sign) + count_code_points(body));
  if (length >= p.width) return sign + body;
  i.check_size(static_cast<double>(p.width));
  const int64_t missing = p.width - length;
  const char align = p.align ? p.align : default_align;
  const auto fill = [&](int64_t n) {
    std::string s;
    for (int64_t k = 0; k < n; ++k) s += p.fill;
    return s;
  };
  if (align == '=') return sign + fill(missing) + body;
  if (align == '<') return sign + body + fill(missing);
  if (align == '^') return fill(missing / 2) + sign + body + fill(missing - missing / 2);
  return fill(missing) + sign + body;
}

std::string grouped(const std::string& digits, char separator, size_t every) {
  if (!separator) return digits;
  size_t end = 0;
  while (end < digits.size() && std::isalnum(static_cast<unsigned char>(digits[end])) &&
         (every == 4 || std::isdigit(static_cast<unsigned char>(digits[end]))))
    ++end;
  std::string s;
  for (size_t k = 0; k < end; ++k) {
    if (k > 0 && (end - k) % every == 0) s += separator;
    s += digits[k];
  }
  return s + digits.substr(end);
}

// Zero padding goes between the groups: 0,001,234.
std::string zero_filled(std::string digits, const Spec& p, size_t sign_length, size_t every) {
  if (!p.grouping || p.align != '=' || p.fill != "0") return grouped(digits, p.grouping, every);
  std::string s = grouped(digits, p.grouping, every);
  while (static_cast<int64_t>(s.size() + sign_length) < p.width) {
    digits = "0" + digits;
    s = grouped(digits, p.grouping, every);
  }
  return s;
}

std::string sign_of(bool negative, char sign) { return negative ? "-" : sign == '-' ? "" : std::string(1, sign); }

[[noreturn]] void unknown_code(Interpreter& i, char type, const std::string& of) {
  i.raise("ValueError", std::string("Unknown format code '") + type + "' for object of type '" + of + "'");
}

std::string format_integer(Interpreter& i, const Value& v, const Spec& p) {
  int base = 10;
  std::string prefix;
  switch (p.type) {
    case 0:
    case 'd':
    case 'n':
      break;
    case 'b':
      base = 2, prefix = "0b";
      break;
    case 'o':
      base = 8, prefix = "0o";
      break;
    case 'x':
    case 'X':
      base = 16, prefix = p.type == 'x' ? "0x" : "0X";
      break;
    case 'c':
      return padded(i, "", i.str(i.call(i.builtin("chr"), std::span(&v, 1))), p, '<');
    default:
      unknown_code(i, p.type, i.type_name(v));
  }
  if (p.precision >= 0) i.raise("ValueError", "Precision not allowed in integer format specifier");
  std::string digits = integer_text(v, base);
  const bool negative = digits[0] == '-';
  if (negative) digits.erase(0, 1);
  if (p.type == 'X')
    for (char& c : digits) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::string sign = sign_of(negative, p.sign);
  if (p.alternate) sign += prefix;
  return padded(i, sign, zero_filled(digits, p, sign.size(), base == 10 ? 3 : 4), p, '>');
}

std::string general(double x, int64_t precision, bool alternate, bool as_repr) {
  char buffer[512];
  if (precision == 0) precision = 1;
  std::snprintf(buffer, sizeof buffer, alternate ? "%#.*g" : "%.*g",
                static_cast<int>(std::min<int64_t>(precision, 400)), x);
  std::string s = buffer;
  if (as_repr && s.find_first_of(".en") == std::string::npos) s += ".0";
  return s;
}

std::string float_digits(Interpreter& i, double x, const Spec& p, const std::string& type) {
  char buffer[1024];
  const int precision = static_cast<int>(p.precision < 0 ? 6 : p.precision);
  if (precision > 600) i.raise("ValueError", "precision too big");
  if (p.type && std::string_view("eEfFgGn%").find(p.type) == std::string_view::npos) unknown_code(i, p.type, type);
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return "inf";
  switch (p.type) {
    case 0:
      if (p.precision < 0) return float_repr(x);
      {
        // Like 'g', but with a digit past the point, and an exponent already at the precision.
        const int digits = precision == 0 ? 1 : precision;
        std::snprintf(buffer, sizeof buffer, "%.*e", digits - 1, x);
        const std::string scientific = buffer;
        const size_t e = scientific.find('e');
        if (std::atoi(scientific.c_str() + e + 1) == digits - 1) {
          std::string mantissa = scientific.substr(0, e);
          if (mantissa.find('.') != std::string::npos) {
            mantissa.resize(mantissa.find_last_not_of('0') + 1);
            if (mantissa.back() == '.') mantissa.pop_back();
          }
          return mantissa + scientific.substr(e);
        }
        return general(x, digits, false, true);
      }
    case 'e':
    case 'E':
      std::snprintf(buffer, sizeof buffer, p.alternate ? "%#.*e" : "%.*e", precision, x);
      return buffer;
    case 'f':
    case 'F':
      std::snprintf(buffer, sizeof buffer, p.alternate ? "%#.*f" : "%.*f", precision, x);
      return buffer;
    case 'g':
    case 'G':
    case 'n':
      return general(x, precision, p.alternate, false);
    case '%':
      std::snprintf(buffer, sizeof buffer, "%.*f%%", precision, x * 100);
      return buffer;
    default:
      unknown_code(i, p.type, type);
  }
}

std::string format_float(Interpreter& i, double x, const Spec& p, const std::string& type) {
  const bool negative = std::signbit(x) && !std::isnan(x);
  std::string digits = float_digits(i, std::fabs(x), p, type);
  if (p.type == 'E' || p.type == 'F' || p.type == 'G')
    for (char& c : digits) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const std::string sign = sign_of(negative, p.sign);
  return padded(i, sign, zero_filled(digits, p, sign.size(), 3), p, '>');
}

/// Each part as a float; without a type in brackets, as repr has it.
std::string format_complex(Interpreter& i, const Complex& z, const Spec& p, const std::string& type) {
  if (p.zero) i.raise("ValueError", "Zero padding is not allowed in complex format specifier");
  if (p.align == '=') i.raise("ValueError", "'=' alignment flag is not allowed in complex format specifier");
  if (p.type == '%' || p.type == 'n') unknown_code(i, p.type, type);
  const auto part = [&](double x, char sign) {
    Spec alone = p;
    alone.width = 0, alone.align = 0, alone.sign = sign;
    std::string text = format_float(i, x, alone, type);
    return !p.type && text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
  };
  std::string body = part(z.imaginary, '+') + "j";
  const bool only_imaginary = !p.type && z.real == 0 && !std::signbit(z.real);
  if (only_imaginary)
    body = part(z.imaginary, p.sign) + "j";
  else
    body = part(z.real, p.sign) + body;
  if (!p.type && !only_imaginary) body = "(" + body + ")";
  return padded(i, "", body, p, '>');
}

}  // namespace

std::string format_value(Interpreter& i, const Value& v, std::string_view spec) {
  if (spec.empty()) return i.str(v);
  const std::string type = i.type_name(v);
  const Spec p = parse_spec(i, spec, type);
  if (v.is(Kind::kStr)) {
    if (p.type && p.type != 's') unknown_code(i, p.type, type);
    if (p.grouping) i.raise("ValueError", std::string("Cannot specify '") + p.grouping + "' with 's'.");
    if (p.sign != '-' || p.sign_given) i.raise("ValueError", "Sign not allowed in string format specifier");
    if (p.alternate) i.raise("ValueError", "Alternate form (#) not allowed in string format specifier");
    if (p.align == '=' && !p.zero) i.raise("ValueError", "'=' alignment not allowed in string format specifier");
    std::string s = v.as<Str>().text;
    if (p.precision >= 0) {
      size_t at = 0;
      for (int64_t k = 0; k < p.precision && at < s.size(); ++k) at += code_point_length(s, at);
      s.resize(at);
    }
    Spec q = p;
    if (q.align == '=') q.align = '<';
    return padded(i, "", s, q, '<');
  }
  if (v.is(Kind::kComplex)) return format_complex(i, v.as<Complex>(), p, type);
  const bool as_float = p.type && std::string("eEfFgG%").find(p.type) != std::string::npos;
  if (is_integer(v) && !as_float) {
    return format_integer(i, v, p);
  }
  return format_float(i, real_of(i, v), p, type);
}

// '%d items' % x

namespace {

std::string percent_field(Interpreter& i, const Value& v, Spec p, char conversion) {
  switch (conversion) {
    case 's':
    case 'r':
    case 'a': {
      std::string s = conversion == 's' ? i.str(v) : i.repr(v);
      if (p.precision >= 0) {
        size_t at = 0;
        for (int64_t k = 0; k < p.precision && at < s.size(); ++k) at += code_point_length(s, at);
        s.resize(at);
      }
      if (p.align == '=') p.align = '>', p.fill = " ";
      return padded(i, "", s, p, '>');
    }
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o': {
      const bool whole = conversion == 'x' || conversion == 'X' || conversion == 'o';
      if (!is_numeric(v) || v.is(Kind::kComplex) || (whole && v.is_float()))
        i.raise("TypeError", std::string("%") + conversion + " format: " + (whole ? "an integer" : "a real number") +
                                 " is required, not " + i.type_name(v));
      p.type = conversion == 'i' || conversion == 'u' ? 'd' : conversion;
      p.precision = -1;
      return format_integer(i, v.is_float() ? integer_from_double(i, v.as_float()) : v, p);
    }
    case 'c':
      if (!is_integer(v) && !(v.is(Kind::kStr) && count_code_points(v.as<Str>().text) == 1))
        i.raise("TypeError", "%c requires int or char");
      return padded(i, "", v.is(Kind::kStr) ? v.as<Str>().text : i.str(i.call(i.builtin("chr"), std::span(&v, 1))), p,
                    '>');
    default:
      if (!is_numeric(v) || v.is(Kind::kComplex)) i.raise("TypeError", "must be real number, not " + i.type_name(v));
      p.type = conversion;
      return format_float(i, real_of(i, v), p, "float");
  }
}

}  // namespace

std::string percent_format(Interpreter& i, const std::string& f, const Value& arguments) {
  std::string out;
  size_t next = 0;
  const bool tuple = arguments.is(Kind::kTuple);
  const auto take = [&]() -> Value {
    if (!tuple) {
      if (next++ == 0) return arguments;
    } else if (next < arguments.as<Tuple>().items.size()) {
      return arguments.as<Tuple>().items[next++];
    }
    i.raise("TypeError", "not enough arguments for format string");
  };
  bool named = false;
  for (size_t at = 0; at < f.size(); ++at) {
    if (f[at] != '%') {
      out += f[at];
      continue;
    }
    if (++at >= f.size()) i.raise("ValueError", "incomplete format");
    if (f[at] == '%') {
      out += '%';
      continue;
    }
    Value v = Value::undefined();
    if (f[at] == '(') {
      const size_t end = f.find(')', at);
      if (end == std::string::npos) i.raise("ValueError", "incomplete format key");
      v = i.get_item(arguments, i.make_str(f.substr(at + 1, end - at - 1)));
      named = true;
      at = end + 1;
    }
    Spec p;
    for (; at < f.size() && std::string("-+ 0#").find(f[at]) != std::string::npos; ++at) {
      if (f[at] == '-')
        p.align = '<', p.fill = " ";
      else if (f[at] == '0' && p.align != '<')
        p.fill = "0", p.align = '=';
      else if (f[at] == '#')
        p.alternate = true;
      else if (f[at] == '+' || f[at] == ' ')
        p.sign = f[at];
    }
    const auto number = [&]() -> int64_t {
      if (at < f.size() && f[at] == '*') return ++at, to_index(i, take());
      return read_number(i, f, at);
    };
    p.width = number();
    if (at < f.size() && f[at] == '.') ++at, p.precision = number();
    if (at >= f.size()) i.raise("ValueError", "incomplete format");
    if (std::string("srcadiuxXoeEfFgG").find(f[at]) == std::string::npos)
      i.raise("ValueError", std::string("unsupported format character '") + f[at] + "' at index " + std::to_string(at));
    if (!v.defined()) v = take();
    out += percent_field(i, v, p, f[at]);
  }
  const size_t given = tuple ? arguments.as<Tuple>().items.size() : named || arguments.is(Kind::kDict) ? next : 1;
  const bool mapping = arguments.is(Kind::kList) || arguments.is(Kind::kDict) || arguments.is(Kind::kRange) ||
                       arguments.is(Kind::kBytes);  // has items by key, as the C code asks
  if (!named && !mapping && next < given) i.raise("TypeError", "not all arguments converted during string formatting");
  return out;
}

// '{} {name.x[0]!r:>{width}}'.format(…)

namespace {

struct FormatCall {
  Interpreter& i;
  const Arguments& a;
  size_t automatic = 0;

  Value field(std::string_view name) {
    size_t end = name.find_first_of(".[");
    if (end == std::string_view::npos) end = name.size();
    const std::string_view head = name.substr(0, end);
    Value v = Value::undefined();
    if (head.empty() || (head[0] >= '0' && head[0] <= '9')) {
      const size_t k = head.empty() ? automatic++ : static_cast<size_t>(std::atoi(std::string(head).c_str()));
      if (k + 1 >= a.positional.size())
        i.raise("IndexError", "Replacement index " + std::to_string(k) + " out of range for positional args tuple");
      v = a.positional[k + 1];
    } else {
      for (const auto& [key, value] : a.keywords)
        if (key->text == head) v = value;
      if (!v.defined())
        raise_exception(i, make_exception(i, i.exception_class("KeyError"), {i.make_str(std::string(head))}));
    }
    while (end < name.size()) {
      if (name[end] == '.') {
        size_t stop = name.find_first_of(".[", end + 1);
        if (stop == std::string_view::npos) stop = name.size();
        v = i.get_attribute(v, i.intern(name.substr(end + 1, stop - end - 1)));
        end = stop;
      } else {
        const size_t stop = name.find(']', end);
        if (stop == std::string_view::npos) i.raise("ValueError", "expected '}' before end of string");
        const std::string_view key = name.substr(end + 1, stop - end - 1);
        const Value number = integer_from_text(i, key, 10);
        v = i.get_item(v, number.defined() ? number : i.make_str(std::string(key)));
        end = stop + 1;
      }
    }
    return v;
  }

  std::string run(std::string_view f, int depth) {
    if (depth > 2) i.raise("ValueError", "Max string recursion exceeded");
    std::string out;
    for (size_t at = 0; at < f.size(); ++at) {
      if (f[at] != '{' && f[at] != '}') {
        out += f[at];
        continue;
      }
      if (at + 1 < f.size() && f[at + 1] == f[at]) {
        out += f[at++];
        continue;
      }
      if (f[at] == '}') i.raise("ValueError", "Single '}' encountered in format string");
      size_t end = at + 1;
      for (int open = 1; end < f.size(); ++end) {
        if (f[end] == '{') ++open;
        if (f[end] == '}' && --open == 0) break;
      }
      if (end >= f.size()) i.raise("ValueError", "Single '{' encountered in format string");
      out += replacement(f.substr(at + 1, end - at - 1), depth);
      i.check_size(static_cast<double>(out.size()));
      at = end;
    }
    return out;
  }

  std::string replacement(std::string_view text, int depth) {
    size_t name_end = 0;
    for (bool bracket = false; name_end < text.size(); ++name_end) {
      if (text[name_end] == '[') bracket = true;
      if (text[name_end] == ']') bracket = false;
      if (!bracket && (text[name_end] == '!' || text[name_end] == ':')) break;
    }
    Value v = field(text.substr(0, name_end));
    std::string_view rest = text.substr(name_end);
    if (!rest.empty() && rest[0] == '!') {
      if (rest.size() < 2) i.raise("ValueError", "end of string while looking for conversion specifier");
      if (rest[1] == 'r')
        v = i.make_str(i.repr(v));
      else if (rest[1] == 's')
        v = i.make_str(i.str(v));
      else
        i.raise("ValueError", std::string("Unknown conversion specifier ") + rest[1]);
      rest.remove_prefix(2);
    }
    std::string spec;
    if (!rest.empty()) spec = run(rest.substr(1), depth + 1);
    return i.format(v, spec);
  }
};

}  // namespace

std::string format_method(Interpreter& i, const std::string& f, const Arguments& a) {
  return FormatCall{i, a}.run(f, 0);
}

}  // namespace gradus
