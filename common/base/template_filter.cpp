#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>

#include "base/error.h"
#include "base/template_value.h"

namespace gradus::templates {
namespace {

using Arguments = std::vector<Json>;
using Function = std::function<Json(const Json&, const Arguments&)>;

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : display(value); }

std::string text_argument(const Arguments& a, size_t i, const std::string& fallback) {
  return i < a.size() ? text_of(a[i]) : fallback;
}

template <class Change>
std::string each_letter(std::string text, Change change) {
  for (char& c : text) c = static_cast<char>(change(static_cast<unsigned char>(c)));  // ASCII letters only
  return text;
}

std::string strip(const std::string& text, const std::string& set, bool left, bool right) {
  size_t begin = left ? text.find_first_not_of(set) : 0;
  if (begin == text.npos) return "";
  size_t end = right ? text.find_last_not_of(set) : text.size() - 1;
  return end == text.npos || end + 1 < begin ? "" : text.substr(begin, end + 1 - begin);
}

std::string replace_all(const std::string& text, const std::string& from, const std::string& to) {
  if (from.empty()) return text;
  std::string out;
  size_t start = 0;
  for (size_t at; (at = text.find(from, start)) != text.npos; start = at + from.size()) {
    out += text.substr(start, at - start) + to;
  }
  return out + text.substr(start);
}

std::string capitalize(const std::string& text) {
  std::string out = each_letter(text, ::tolower);
  if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

std::string title(std::string text) {
  bool inside = false;
  for (char& c : text) {
    const auto u = static_cast<unsigned char>(c);
    c = static_cast<char>(inside ? std::tolower(u) : std::toupper(u));
    inside = std::isalpha(u);
  }
  return text;
}

Json split(const std::string& text, const Arguments& a) {
  Json out = Json::array();
  if (a.empty()) {  // by runs of white space
    for (size_t i = text.find_first_not_of(" \t\n\r"); i != text.npos; i = text.find_first_not_of(" \t\n\r", i)) {
      const size_t end = text.find_first_of(" \t\n\r", i);
      out.push_back(text.substr(i, end == text.npos ? end : end - i));
      i = end;
      if (i == text.npos) break;
    }
    return out;
  }
  const std::string by = text_of(a[0]);
  if (by.empty()) throw Fault{"split: empty separator"};
  size_t left = a.size() > 1 ? a[1].get<size_t>() : text.npos, start = 0;
  for (size_t at; left-- > 0 && (at = text.find(by, start)) != text.npos; start = at + by.size()) {
    out.push_back(text.substr(start, at - start));
  }
  out.push_back(text.substr(start));
  return out;
}

Json join(const Json& list, const Arguments& a) {
  if (!list.is_array()) throw Fault{"join needs a list"};
  std::string out;
  for (size_t i = 0; i < list.size(); ++i) out += (i ? text_argument(a, 0, "") : "") + text_of(list[i]);
  return out;
}

Json length(const Json& value, const Arguments&) {
  if (value.is_string()) {  // characters of UTF-8, as Python counts
    const std::string& text = value.get_ref<const std::string&>();
    return std::count_if(text.begin(), text.end(),
                         [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  }
  if (value.is_array() || value.is_object()) return value.size();
  throw Fault{"length needs a text, a list or a mapping"};
}

Json end_of(const Json& value, bool first) {
  if (value.is_string() && !value.get<std::string>().empty()) {
    const std::string text = value.get<std::string>();
    return std::string(1, first ? text.front() : text.back());
  }
  if (!value.is_array() || value.empty()) throw Fault{"first and last need a list that is not empty"};
  return first ? value.front() : value.back();
}

// Half to even as Python's round, on the nearest double: what people print are measured numbers.
Json round_to(const Json& value, const Arguments& a) {
  if (!value.is_number()) throw Fault{"round needs a number"};
  const int digits = a.empty() ? 0 : a[0].get<int>();
  if (digits < 0 || digits > 15) throw Fault{"round: 0 to 15 digits"};
  char text[512];
  std::snprintf(text, sizeof text, "%.*f", digits, value.get<double>());
  return std::strtod(text, nullptr);
}

Json as_number(const Json& value, bool whole) {
  if (value.is_number()) return whole ? Json(static_cast<int64_t>(value.get<double>())) : Json(value.get<double>());
  const std::string text = strip(text_of(value), " \t\n\r", true, true);
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) throw Fault{"'" + text + "' is not a number"};
  return whole ? Json(static_cast<int64_t>(number)) : Json(number);
}

constexpr const char* kSpace = " \t\n\r\v\f";

const std::map<std::string, Function>& filters() {
  static const std::map<std::string, Function> all = {
      {"trim",
       [](const Json& v, const Arguments& a) { return strip(text_of(v), text_argument(a, 0, kSpace), true, true); }},
      {"lower", [](const Json& v, const Arguments&) { return each_letter(text_of(v), ::tolower); }},
      {"upper", [](const Json& v, const Arguments&) { return each_letter(text_of(v), ::toupper); }},
      {"capitalize", [](const Json& v, const Arguments&) { return capitalize(text_of(v)); }},
      {"title", [](const Json& v, const Arguments&) { return title(text_of(v)); }},
      {"replace",
       [](const Json& v, const Arguments& a) {
         if (a.size() < 2) throw Fault{"replace needs two texts"};
         return replace_all(text_of(v), text_of(a[0]), text_of(a[1]));
       }},
      {"join", join},
      {"length", length},
      {"first", [](const Json& v, const Arguments&) { return end_of(v, true); }},
      {"last", [](const Json& v, const Arguments&) { return end_of(v, false); }},
      {"tojson", [](const Json& v, const Arguments&) { return v.dump(); }},
      {"string", [](const Json& v, const Arguments&) { return text_of(v); }},
      {"int", [](const Json& v, const Arguments&) { return as_number(v, true); }},
      {"float", [](const Json& v, const Arguments&) { return as_number(v, false); }},
      {"round", round_to},
      {"default",
       [](const Json& v, const Arguments& a) {  // of a name that exists; of a missing one: apply_filter
         return a.size() > 1 && truth(a[1]) && !truth(v) ? a[0] : v;
       }},
  };
  return all;
}

const std::map<std::string, Function>& methods() {
  static const std::map<std::string, Function> all = {
      {"strip",
       [](const Json& v, const Arguments& a) {
         return strip(v.get<std::string>(), text_argument(a, 0, kSpace), true, true);
       }},
      {"lstrip",
       [](const Json& v, const Arguments& a) {
         return strip(v.get<std::string>(), text_argument(a, 0, kSpace), true, false);
       }},
      {"rstrip",
       [](const Json& v, const Arguments& a) {
         return strip(v.get<std::string>(), text_argument(a, 0, kSpace), false, true);
       }},
      {"split", [](const Json& v, const Arguments& a) { return split(v.get<std::string>(), a); }},
      {"startswith",
       [](const Json& v, const Arguments& a) { return v.get<std::string>().starts_with(text_argument(a, 0, "")); }},
      {"endswith",
       [](const Json& v, const Arguments& a) { return v.get<std::string>().ends_with(text_argument(a, 0, "")); }},
      {"join", [](const Json& v, const Arguments& a) { return join(a.at(0), {v}); }},
      {"lower", filters().at("lower")},
      {"upper", filters().at("upper")},
      {"capitalize", filters().at("capitalize")},
      {"title", filters().at("title")},
      {"replace", filters().at("replace")},
  };
  return all;
}

const Function& find(const std::map<std::string, Function>& all, const std::string& name, const char* kind) {
  const auto found = all.find(name);
  if (found != all.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& entry : all) names.push_back(entry.first);
  const std::string near = nearest(name, names);
  throw Fault{std::string("unknown ") + kind + " '" + name + "'" +
              (near.empty() ? "" : " (did you mean '" + near + "'?)")};
}

}  // namespace

Json apply_filter(const std::string& name, const Value& value, const std::vector<Json>& arguments) {
  if (name == "default" && value.missing) return arguments.empty() ? Json("") : arguments[0];
  const Function& filter = find(filters(), name, "filter");
  return filter(Expression::use(value), arguments);
}

Json call_method(const std::string& name, const Json& value, const std::vector<Json>& arguments) {
  if (value.is_object() && (name == "items" || name == "keys" || name == "values")) {
    Json out = Json::array();
    for (const auto& item : value.items()) {
      out.push_back(name == "items"  ? Json::array({item.key(), item.value()})
                    : name == "keys" ? Json(item.key())
                                     : item.value());
    }
    return out;
  }
  const Function& method = find(methods(), name, "method");
  if (!value.is_string()) throw Fault{"." + name + "() needs a text, found " + display(value).substr(0, 40)};
  return method(value, arguments);
}

bool truth(const Json& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

std::string display(const Json& value) {
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (std::isnan(number)) return "nan";
    if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
    char text[40];
    const double size = std::fabs(number);
    const bool scientific = size != 0 && (size < 1e-4 || size >= 1e16);
    const auto end = std::to_chars(text, text + sizeof text, number,
                                   scientific ? std::chars_format::scientific : std::chars_format::fixed)
                         .ptr;
    std::string out(text, end);
    if (!scientific && out.find('.') == out.npos) out += ".0";
    return out;
  }
  if (value.is_structured()) {  // as Python's repr: quotes around texts
    std::string out;
    for (const auto& item : value.items()) {
      out += out.empty() ? "" : ", ";
      if (value.is_object()) out += "'" + item.key() + "': ";
      out += item.value().is_string() ? "'" + item.value().get<std::string>() + "'" : display(item.value());
    }
    return value.is_object() ? "{" + out + "}" : "[" + out + "]";
  }
  return value.dump();
}

}  // namespace gradus::templates
