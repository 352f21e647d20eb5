/// Inside template.h: values, as Jinja has them of Python, on JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::templates {

using Json = nlohmann::ordered_json;
using Arguments = std::vector<Json>;

struct Fault {
  std::string text;
};

/// A value, its own or another's, or what is missing: `default(…)` and `is defined` may ask about it, all else is an
/// error.
struct Value {
  Json own;
  const Json* other = nullptr;
  std::optional<std::string> missing;  // the message an unlawful use will show

  const Json& use() const {  // throws Fault when missing
    if (missing) throw Fault{*missing};
    return other ? *other : own;
  }
  static Value of(Json json) { return {std::move(json), nullptr, std::nullopt}; }
  static Value at(const Json& json) { return {Json(), &json, std::nullopt}; }
  static Value absent(std::string text) { return {Json(), nullptr, std::move(text)}; }
};

/// "'x' is undefined (did you mean 'y'?)"
std::string undefined(const std::string& name, const std::vector<std::string>& known);

Value get_item(const Value& base, const Json& key);
Json slice(const Json& base, const Json& begin, const Json& end, const Json& step);
Json arithmetic(const std::string& op, const Json& a, const Json& b);  // + - ~ * / // % **
bool compare(const std::string& op, const Json& a, const Json& b);     // == != < > <= >= in
bool equal(const Json& a, const Json& b);
bool less(const Json& a, const Json& b);
bool truth(const Json& value);           // Python's: empty, zero and none are false
std::string display(const Json& value);  // as Python prints it: True, None, 1.0, ['a', 1]
std::string text_of(const Json& value);  // a text itself, else as display
Json number_of(const Json& value, bool whole);

/// A filter, test, method or function by name; `keywords[i]` is empty or the name that arguments[i] was given by.
Json apply_filter(const std::string& name, const Value& value, const Arguments& arguments,
                  const std::vector<std::string>& keywords);
bool apply_test(const std::string& name, const Value& value, const Arguments& arguments);
Json call_method(const std::string& name, const Json& value, const Arguments& arguments);
/// Names are checked when a template is read; Fault with the nearest known.
void check_filter(const std::string& name);
void check_test(const std::string& name);

/// Filters of lists and mappings; none by that name: no value.
std::optional<Json> apply_list_filter(const std::string& name, const Json& value, const Arguments& arguments);

}  // namespace gradus::templates
