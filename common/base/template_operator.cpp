#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/template_value.h"
#include "base/unicode.h"

namespace gradus::templates {
namespace {

std::string shown(const Json& value) { return display(value).substr(0, 40); }

const std::string& text(const Json& value) { return value.get_ref<const std::string&>(); }

bool is_number(const Json& value) { return value.is_number() || value.is_boolean(); }
double number(const Json& value) { return value.is_boolean() ? value.get<bool>() : value.get<double>(); }
bool is_whole(const Json& value) {
  const bool too_large = value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX);
  return value.is_boolean() || (value.is_number_integer() && !too_large);
}
int64_t whole(const Json& value) { return value.is_boolean() ? value.get<bool>() : value.get<int64_t>(); }

Json repeated(const Json& what, int64_t times) {
  const size_t size = what.is_string() ? text(what).size() : what.size();
  const size_t n = size == 0 ? 0 : static_cast<size_t>(std::max<int64_t>(times, 0));
  if (what.is_string()) {
    if (n > 0 && n > 10'000'000 / size) throw Fault{"'*' makes a text of more than 10 MB"};
    std::string out;
    for (size_t i = 0; i < n; ++i) out += text(what);
    return out;
  }
  if (n > 0 && n > 1'000'000 / size) throw Fault{"'*' makes a list of more than a million items"};
  Json out = Json::array();
  for (size_t i = 0; i < n; ++i) out.insert(out.end(), what.begin(), what.end());
  return out;
}

int64_t floor_divide(int64_t x, int64_t y) { return x / y - (x % y != 0 && (x < 0) != (y < 0)); }

Json of_wholes(const std::string& op, int64_t x, int64_t y) {
  int64_t out = 0;
  const bool over = op == "+"   ? __builtin_add_overflow(x, y, &out)
                    : op == "-" ? __builtin_sub_overflow(x, y, &out)
                    : op == "*" ? __builtin_mul_overflow(x, y, &out)
                                : y == -1 && x == INT64_MIN;
  if (over) throw Fault{"'" + op + "' goes beyond 64 bits"};
  if (op == "//") return floor_divide(x, y);
  if (op == "%") return x - floor_divide(x, y) * y;
  return out;
}

double python_modulo(double x, double y) {  // of the divisor's sign
  const double rest = std::fmod(x, y);
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest == 0 ? std::copysign(0.0, y) : rest;
}

Json of_numbers(const std::string& op, const Json& a, const Json& b) {
  const double x = number(a), y = number(b);
  if ((op == "/" || op == "//" || op == "%") && y == 0) throw Fault{"division by zero"};
  if (op == "/") return x / y;
  const double power = op == "**" ? std::pow(x, y) : 0;
  if (op == "**")
    return is_whole(a) && is_whole(b) && y >= 0 && std::fabs(power) < 0x1p53 ? Json(std::llround(power)) : Json(power);
  if (is_whole(a) && is_whole(b)) return of_wholes(op, whole(a), whole(b));
  return op == "+"    ? x + y
         : op == "-"  ? x - y
         : op == "*"  ? x * y
         : op == "//" ? std::floor(x / y)
                      : python_modulo(x, y);
}

bool contains(const Json& all, const Json& part) {
  if (all.is_string()) {
    if (!part.is_string()) throw Fault{"'in' a text needs a text"};
    return text(all).find(text(part)) != std::string::npos;
  }
  if (all.is_object()) return part.is_string() && all.contains(text(part));
  if (all.is_array()) return std::any_of(all.begin(), all.end(), [&](const Json& x) { return equal(x, part); });
  throw Fault{"'in' needs a text, a list or a mapping"};
}

// Python's repr of a text: quotes of the kind that needs no escapes.
std::string quoted(const std::string& value) {
  const char quote = value.find('\'') != value.npos && value.find('"') == value.npos ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : value) {
    if (c == quote || c == '\\') out += '\\';
    out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : std::string(1, c);
  }
  return out + quote;
}

std::string display_float(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char digits[400];
  const double size = std::fabs(value);
  const bool scientific = size != 0 && (size < 1e-4 || size >= 1e16);
  const auto end = std::to_chars(digits, digits + sizeof digits, value,
                                 scientific ? std::chars_format::scientific : std::chars_format::fixed)
                       .ptr;
  std::string out(digits, end);
  if (!scientific && out.find('.') == out.npos) out += ".0";
  return out;
}

}  // namespace

std::string undefined(const std::string& name, const std::vector<std::string>& known) {
  const std::string near = nearest(name, known);
  return "'" + name + "' is undefined" + (near.empty() ? "" : " (did you mean '" + near + "'?)");
}

Value get_item(const Value& owner, const Json& key) {
  const Json& base = owner.use();
  const auto part = [&](const Json& found) { return owner.other ? Value::at(found) : Value::of(found); };
  const std::string name = display(key);
  if (base.is_object() && key.is_string()) {
    const auto found = base.find(text(key));
    if (found != base.end()) return part(*found);
    std::vector<std::string> names;
    for (const auto& item : base.items()) names.push_back(item.key());
    return Value::absent(undefined(name, names));
  }
  if ((base.is_array() || base.is_string()) && key.is_number_integer()) {
    const auto letters = base.is_string() ? characters(text(base)) : std::vector<std::string_view>();
    const auto size = static_cast<int64_t>(base.is_array() ? base.size() : letters.size());
    const int64_t i = key.get<int64_t>() + (key.get<int64_t>() < 0 ? size : 0);
    if (i < 0 || i >= size) return Value::absent("index " + name + " is beyond the " + std::to_string(size) + " items");
    const auto at = static_cast<size_t>(i);
    return base.is_array() ? part(base[at]) : Value::of(std::string(letters[at]));
  }
  return Value::absent("'" + name + "' is undefined: its owner is " + shown(base));
}

Json slice(const Json& base, const Json& begin, const Json& end, const Json& step) {
  if (!base.is_string() && !base.is_array()) throw Fault{"a slice needs a text or a list, found " + shown(base)};
  for (const Json* bound : {&begin, &end, &step})
    if (!bound->is_null() && !bound->is_number_integer()) throw Fault{"a slice needs whole numbers"};
  const auto letters = base.is_string() ? characters(text(base)) : std::vector<std::string_view>();
  const auto size = static_cast<int64_t>(base.is_string() ? letters.size() : base.size());
  const int64_t by = step.is_null() ? 1 : std::clamp(step.get<int64_t>(), -size - 1, size + 1);
  if (by == 0) throw Fault{"a slice's step is not 0"};
  const auto bound = [&](const Json& given, int64_t otherwise) {
    if (given.is_null()) return otherwise;
    const int64_t i = given.get<int64_t>();
    return std::clamp<int64_t>(i < 0 ? i + size : i, by < 0 ? -1 : 0, by < 0 ? size - 1 : size);
  };
  const int64_t from = bound(begin, by < 0 ? size - 1 : 0), to = bound(end, by < 0 ? -1 : size);
  Json list = Json::array();
  std::string joined;
  for (int64_t i = from; by < 0 ? i > to : i < to; i += by) {
    const auto at = static_cast<size_t>(i);
    if (base.is_string()) {
      joined += letters[at];
    } else {
      list.push_back(base[at]);
    }
  }
  return base.is_string() ? Json(joined) : list;
}

Json arithmetic(const std::string& op, const Json& a, const Json& b) {
  if (op == "~") return text_of(a) + text_of(b);
  if (op == "+" && a.is_string() && b.is_string()) return text(a) + text(b);
  if (op == "+" && a.is_array() && b.is_array()) {
    Json out = a;
    out.insert(out.end(), b.begin(), b.end());
    return out;
  }
  if (op == "*" && (a.is_string() || a.is_array()) && is_whole(b)) return repeated(a, whole(b));
  if (op == "*" && (b.is_string() || b.is_array()) && is_whole(a)) return repeated(b, whole(a));
  if (!is_number(a) || !is_number(b)) throw Fault{"'" + op + "' needs two numbers or two texts"};
  return of_numbers(op, a, b);
}

bool equal(const Json& a, const Json& b) {
  if (is_number(a) && is_number(b)) return is_whole(a) && is_whole(b) ? whole(a) == whole(b) : number(a) == number(b);
  return a == b;
}

bool less(const Json& a, const Json& b) {
  if (is_number(a) && is_number(b)) return is_whole(a) && is_whole(b) ? whole(a) < whole(b) : number(a) < number(b);
  if (a.is_string() && b.is_string()) return text(a) < text(b);
  if (a.is_array() && b.is_array()) return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), less);
  throw Fault{"cannot order " + shown(a) + " and " + shown(b)};
}

bool compare(const std::string& op, const Json& a, const Json& b) {
  if (op == "==") return equal(a, b);
  if (op == "!=") return !equal(a, b);
  if (op == "<") return less(a, b);
  if (op == ">") return less(b, a);
  if (op == "<=") return !less(b, a);
  if (op == ">=") return !less(a, b);
  return contains(b, a);
}

bool truth(const Json& value) {
  if (value.is_null()) return false;
  if (is_number(value)) return number(value) != 0;
  if (value.is_string()) return !text(value).empty();
  return !value.empty();
}

std::string text_of(const Json& value) { return value.is_string() ? text(value) : display(value); }

Json number_of(const Json& value, bool as_whole) {
  if (is_whole(value)) return as_whole ? Json(whole(value)) : Json(number(value));
  const std::string digits(strip(text_of(value)));
  const char* begin = digits.data() + (digits.starts_with('+') ? 1 : 0);
  const char* const close = digits.data() + digits.size();
  int64_t exact = 0;
  if (const auto [end, code] = std::from_chars(begin, close, exact); as_whole && code == std::errc() && end == close)
    return exact;
  double parsed = 0;
  const auto [end, code] = std::from_chars(begin, close, parsed);
  if (code != std::errc() || end != close) throw Fault{"'" + digits + "' is not a number"};
  if (as_whole && !(std::fabs(parsed) < 0x1p63)) throw Fault{"'" + digits + "' is beyond 64 bits"};
  return as_whole ? Json(static_cast<int64_t>(parsed)) : Json(parsed);
}

std::string display(const Json& value) {
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_string()) return text(value);
  if (value.is_number_float()) return display_float(value.get<double>());
  if (!value.is_structured()) return value.dump();
  std::string out;
  for (const auto& item : value.items()) {
    out += out.empty() ? "" : ", ";
    if (value.is_object()) out += quoted(item.key()) + ": ";
    out += item.value().is_string() ? quoted(text(item.value())) : display(item.value());
  }
  return value.is_object() ? "{" + out + "}" : "[" + out + "]";
}

}  // namespace gradus::templates
