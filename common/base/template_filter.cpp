#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <regex>

#include "base/error.h"
#include "base/template_value.h"
#include "base/unicode.h"

namespace gradus::templates {
namespace {

using Function = std::function<Json(const Json&, const Arguments&)>;

bool given(const Arguments& a, size_t i) { return i < a.size() && !a[i].is_null(); }
std::string text_argument(const Arguments& a, size_t i, const std::string& fallback) {
  return given(a, i) ? text_of(a[i]) : fallback;
}
int64_t whole_argument(const Arguments& a, size_t i, int64_t fallback) {
  return given(a, i) ? number_of(a[i], true).get<int64_t>() : fallback;
}

Json split(const Json& value, const Arguments& a) {
  const std::string text = text_of(value);
  if (!given(a, 0)) return split_words(text);
  const std::string by = text_of(a[0]);
  if (by.empty()) throw Fault{"split: empty separator"};
  Json out = Json::array();
  int64_t left = whole_argument(a, 1, -1);
  size_t start = 0;
  for (size_t at; left-- != 0 && (at = text.find(by, start)) != text.npos; start = at + by.size())
    out.push_back(text.substr(start, at - start));
  out.push_back(text.substr(start));
  return out;
}

Json replace(const Json& value, const Arguments& a) {
  if (a.size() < 2) throw Fault{"replace needs two texts"};
  return replace_all(text_of(value), text_of(a[0]), text_of(a[1]), static_cast<size_t>(whole_argument(a, 2, -1)));
}

// Python's patterns and `\1` in what replaces, as far as ECMAScript's grammar shares them.
Json regex_replace(const Json& value, const Arguments& a) {
  if (a.empty()) throw Fault{"regex_replace needs a pattern"};
  std::string by = replace_all(text_argument(a, 1, ""), "$", "$$");
  for (size_t i = 0; i + 1 < by.size(); ++i)
    if (by[i] == '\\' && std::isdigit(static_cast<unsigned char>(by[i + 1]))) by[i] = '$';
  try {
    const auto once =
        whole_argument(a, 2, 0) == 1 ? std::regex_constants::format_first_only : std::regex_constants::format_default;
    return std::regex_replace(text_of(value), std::regex(text_of(a[0])), by, once);
  } catch (const std::regex_error& error) {
    throw Fault{"regex_replace: '" + text_of(a[0]) + "': " + error.what()};
  }
}

// Every match of a pattern.
Json regex_findall(const Json& value, const Arguments& a) {
  if (a.empty()) throw Fault{"regex_findall needs a pattern"};
  const std::string text = text_of(value);
  Json out = Json::array();
  try {
    const std::regex pattern(text_of(a[0]));
    for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) out.push_back(it->str());
  } catch (const std::regex_error& error) {
    throw Fault{"regex_findall: '" + text_of(a[0]) + "': " + error.what()};
  }
  return out;
}

// Of a text's words, white space, dashes and brackets between them.
Json title(const Json& value, const Arguments&) {
  const std::string text = text_of(value);
  std::string out, word;
  const auto finish = [&] { out += capitalize(word), word.clear(); };
  for (const auto c : characters(text)) {
    const bool between = is_space(code_point(c)) || std::string_view("-({[<").find(c) != std::string_view::npos;
    if (between) finish(), out += c;
    if (!between) word += c;
  }
  finish();
  return out;
}

// Half to even on the nearest double, as Python: what people print are measured numbers.
Json round_to(const Json& value, const Arguments& a) {
  if (!value.is_number()) throw Fault{"round needs a number"};
  const int64_t digits = whole_argument(a, 0, 0);
  if (digits < 0 || digits > 15) throw Fault{"round: 0 to 15 digits"};
  const std::string method = text_argument(a, 1, "common");
  const double x = value.get<double>(), scale = std::pow(10.0, static_cast<double>(digits));
  if (method == "ceil") return std::ceil(x * scale) / scale;
  if (method == "floor") return std::floor(x * scale) / scale;
  if (value.is_number_integer()) return value;
  if (method != "common") throw Fault{"round: the method is common, ceil or floor"};
  char text[512];
  std::snprintf(text, sizeof text, "%.*f", static_cast<int>(digits), x);
  return std::strtod(text, nullptr);
}

Json indent(const Json& value, const Arguments& a) {
  const std::string space =
      given(a, 0) && a[0].is_string()
          ? text_of(a[0])
          : std::string(static_cast<size_t>(std::clamp<int64_t>(whole_argument(a, 0, 4), 0, 400)), ' ');
  const bool first = a.size() > 1 && truth(a[1]), blank = a.size() > 2 && truth(a[2]);
  std::string out;
  bool begins = true, first_line = true;
  const std::string text = text_of(value);
  if (text.empty() && first) return space;
  for (size_t i = 0; i < text.size(); ++i) {
    if (begins && (first_line ? first : blank || text[i] != '\n')) out += space;
    begins = text[i] == '\n';
    first_line = first_line && !begins;
    out += text[i];
  }
  return out;
}

Json count_words(const Json& value, const Arguments&) {  // runs of letters, digits and _
  const std::string text = text_of(value);
  size_t n = 0;
  bool inside = false;
  for (const auto c : characters(text)) {
    const bool word = c == "_" || (c[0] >= '0' && c[0] <= '9') || to_lower(c) != to_upper(c);
    n += word && !inside;
    inside = word;
  }
  return n;
}

Json as_default(const Json& value, const Arguments& a) {  // of a name that exists; of a missing one: apply_filter
  return a.size() > 1 && truth(a[1]) && !truth(value) ? a[0] : value;
}

Function of_text(std::string (*change)(std::string_view)) {
  return [change](const Json& v, const Arguments&) { return change(text_of(v)); };
}
Function stripping(bool left, bool right) {
  return [=](const Json& v, const Arguments& a) {
    return std::string(strip(text_of(v), text_argument(a, 0, ""), left, right));
  };
}
Json size_of(const Json& value, const Arguments&) {
  if (value.is_string()) return count_characters(value.get_ref<const std::string&>());
  if (value.is_structured()) return value.size();
  throw Fault{"length needs a text, a list or a mapping"};
}

struct Filter {
  Function function;                    // none: of lists
  std::vector<std::string> parameters;  // their names, for those given by name
};

const std::map<std::string, Filter>& filters() {
  static const std::map<std::string, Filter> all = {
      {"trim", {stripping(true, true), {"chars"}}},
      {"lower", {of_text(to_lower), {}}},
      {"upper", {of_text(to_upper), {}}},
      {"capitalize", {of_text(capitalize), {}}},
      {"title", {title, {}}},
      {"replace", {replace, {"old", "new", "count"}}},
      {"regex_replace", {regex_replace, {"pattern", "repl", "count"}}},
      {"regex_findall", {regex_findall, {"pattern"}}},
      {"split", {split, {"sep", "maxsplit"}}},
      {"length", {size_of, {}}},
      {"count", {size_of, {}}},
      {"indent", {indent, {"width", "first", "blank"}}},
      {"wordcount", {count_words, {}}},
      {"tojson",
       {[](const Json& v, const Arguments& a) { return v.dump(static_cast<int>(whole_argument(a, 0, -1))); },
        {"indent"}}},
      {"string", {[](const Json& v, const Arguments&) { return text_of(v); }, {}}},
      {"int", {[](const Json& v, const Arguments&) { return number_of(v, true); }, {}}},
      {"float", {[](const Json& v, const Arguments&) { return number_of(v, false); }, {}}},
      {"abs", {[](const Json& v, const Arguments&) { return arithmetic(less(v, 0) ? "-" : "+", 0, v); }, {}}},
      {"round", {round_to, {"precision", "method"}}},
      {"default", {as_default, {"default_value", "boolean"}}},
      {"d", {as_default, {"default_value", "boolean"}}},
      {"join", {{}, {"d", "attribute"}}},
      {"map", {{}, {"attribute", "default"}}},
      {"sort", {{}, {"reverse", "case_sensitive", "attribute"}}},
      {"dictsort", {{}, {}}},
      {"batch", {{}, {"linecount", "fill_with"}}},
      {"sum", {{}, {"attribute", "start"}}},
  };
  return all;
}

const std::vector<std::string>& list_filters() {  // without parameters by name; template_list.cpp
  static const std::vector<std::string> all = {"first", "last",   "list",   "reverse",    "unique",     "min",
                                               "max",   "select", "reject", "selectattr", "rejectattr", "items"};
  return all;
}

const std::map<std::string, Function>& methods() {
  static const std::map<std::string, Function> all = {
      {"strip", stripping(true, true)},
      {"lstrip", stripping(true, false)},
      {"rstrip", stripping(false, true)},
      {"split", split},
      {"rsplit",
       [](const Json& v, const Arguments& a) {
         const std::string text = text_of(v), by = text_argument(a, 0, "");
         const size_t at = text.rfind(by);
         if (by.empty() || whole_argument(a, 1, -1) != 1) throw Fault{"rsplit is known as rsplit(separator, 1)"};
         return at == text.npos ? Json::array({text}) : Json::array({text.substr(0, at), text.substr(at + by.size())});
       }},
      {"splitlines",
       [](const Json& v, const Arguments&) {
         Json lines = split(v, {"\n"});
         if (lines.back() == "") lines.erase(lines.size() - 1);
         return lines;
       }},
      {"startswith", [](const Json& v, const Arguments& a) { return text_of(v).starts_with(text_argument(a, 0, "")); }},
      {"endswith", [](const Json& v, const Arguments& a) { return text_of(v).ends_with(text_argument(a, 0, "")); }},
      {"join", [](const Json& v, const Arguments& a) { return apply_list_filter("join", a.at(0), {v}).value(); }},
      {"find",
       [](const Json& v, const Arguments& a) {
         const std::string text = text_of(v);
         const size_t at = text.find(text_argument(a, 0, ""));
         return at == text.npos ? Json(-1) : Json(count_characters(std::string_view(text).substr(0, at)));
       }},
      {"count",
       [](const Json& v, const Arguments& a) {
         const std::string text = text_of(v), part = text_argument(a, 0, "");
         if (part.empty()) return count_characters(text) + 1;
         size_t n = 0;
         for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++n;
         return n;
       }},
      {"lower", of_text(to_lower)},
      {"upper", of_text(to_upper)},
      {"capitalize", of_text(capitalize)},
      {"title", of_text(title_case)},
      {"replace", replace},
  };
  return all;
}

[[noreturn]] void refuse(const char* kind, const std::string& name, const std::vector<std::string>& names) {
  const std::string near = nearest(name, names);
  throw Fault{std::string("unknown ") + kind + " '" + name + "'" +
              (near.empty() ? "" : " (did you mean '" + near + "'?)")};
}

// Arguments in the order of the parameters; null where one is left out.
Arguments arranged(const std::string& name, const Arguments& values, const std::vector<std::string>& keywords,
                   const std::vector<std::string>& parameters) {
  Arguments out;
  for (size_t i = 0; i < values.size(); ++i) {
    size_t at = out.size();
    if (!keywords[i].empty()) {
      at = static_cast<size_t>(std::find(parameters.begin(), parameters.end(), keywords[i]) - parameters.begin());
      if (at == parameters.size()) throw Fault{"'" + name + "' has no parameter '" + keywords[i] + "'"};
    }
    out.resize(std::max(out.size(), at + 1));
    out[at] = values[i];
  }
  return out;
}

}  // namespace

void check_filter(const std::string& name) {
  std::vector<std::string> names = list_filters();
  for (const auto& entry : filters()) names.push_back(entry.first);
  if (std::find(names.begin(), names.end(), name) == names.end()) refuse("filter", name, names);
}

Json apply_filter(const std::string& name, const Value& value, const Arguments& arguments,
                  const std::vector<std::string>& keywords) {
  const auto found = filters().find(name);
  const bool known = found != filters().end();
  // `map` by a filter's name keeps its arguments' order; by attribute= they go after that word.
  if (name == "map" && !keywords.empty() && keywords[0].empty())
    return apply_list_filter(name, value.use(), arguments).value();
  Arguments given = arranged(name, arguments, keywords, known ? found->second.parameters : std::vector<std::string>());
  if ((name == "default" || name == "d") && value.missing) return given.empty() ? Json("") : given[0];
  if (known && found->second.function) return found->second.function(value.use(), given);
  if (name == "map") given.insert(given.begin(), "attribute");
  return apply_list_filter(name, value.use(), given).value();
}

Json call_method(const std::string& name, const Json& value, const Arguments& arguments) {
  if (value.is_object() && (name == "items" || name == "keys" || name == "values")) {
    Json out = Json::array();
    for (const auto& item : value.items()) {
      out.push_back(name == "items"  ? Json::array({item.key(), item.value()})
                    : name == "keys" ? Json(item.key())
                                     : item.value());
    }
    return out;
  }
  if (value.is_object() && name == "get") {
    if (arguments.empty()) throw Fault{".get() needs a key"};
    const auto found = value.find(text_of(arguments[0]));
    return found != value.end() ? *found : arguments.size() > 1 ? arguments[1] : Json();
  }
  if (value.is_object() && name == "cycle" && value.contains("index0") && !arguments.empty())
    return arguments[value["index0"].get<size_t>() % arguments.size()];
  if (value.is_array() && name == "index") {
    const auto found =
        std::find_if(value.begin(), value.end(), [&](const Json& x) { return equal(x, arguments.at(0)); });
    if (found == value.end()) throw Fault{".index(): " + display(arguments[0]).substr(0, 40) + " is not in the list"};
    return found - value.begin();
  }
  const auto method = methods().find(name);
  if (method == methods().end()) {
    std::vector<std::string> names = {"items", "keys", "values", "get", "index"};
    for (const auto& entry : methods()) names.push_back(entry.first);
    refuse("method", name, names);
  }
  if (!value.is_string()) throw Fault{"." + name + "() needs a text, found " + display(value).substr(0, 40)};
  return method->second(value, arguments);
}

}  // namespace gradus::templates
