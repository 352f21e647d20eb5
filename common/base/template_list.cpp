#include <algorithm>

#include "base/error.h"
#include "base/template_value.h"
#include "base/unicode.h"

namespace gradus::templates {
namespace {

// A text as its characters, a mapping as its keys.
Json items_of(const Json& value) {
  if (value.is_array()) return value;
  Json out = Json::array();
  if (value.is_string()) {
    for (const auto c : characters(value.get_ref<const std::string&>())) out.push_back(std::string(c));
  } else if (value.is_object()) {
    for (const auto& item : value.items()) out.push_back(item.key());
  } else {
    throw Fault{"a list is needed, found " + display(value).substr(0, 40)};
  }
  return out;
}

// "a.b" or a number.
Value attribute(const Json& item, const Json& path) {
  if (!path.is_string()) return get_item(Value::at(item), path);
  Value value = Value::at(item);
  std::string rest = path.get<std::string>();
  while (!rest.empty()) {
    const size_t dot = std::min(rest.find('.'), rest.size());
    const std::string name = rest.substr(0, dot);
    const bool number = name.find_first_not_of("0123456789") == name.npos;
    value = get_item(value, number ? Json(std::stoll(name)) : Json(name));
    if (value.missing) break;
    rest.erase(0, dot + 1);
  }
  return value;
}

Json key_of(const Json& item, const Json& path) { return path.is_null() ? item : Json(attribute(item, path).use()); }

Json folded(const Json& key, bool as_is) {
  return key.is_string() && !as_is ? Json(to_lower(key.get<std::string>())) : key;
}

Json mapped(const Json& list, const Arguments& a) {
  if (a.empty()) throw Fault{"map needs a filter's name or attribute="};
  Json out = Json::array();
  for (const Json& item : list) {
    if (a[0] == "attribute" && a.size() > 1) {
      const Value found = attribute(item, a[1]);
      out.push_back(found.missing && a.size() > 2 ? a[2] : found.use());
    } else {
      const Arguments rest(a.begin() + 1, a.end());
      check_filter(text_of(a[0]));
      out.push_back(apply_filter(text_of(a[0]), Value::at(item), rest, std::vector<std::string>(rest.size())));
    }
  }
  return out;
}

// select, reject, selectattr, rejectattr: by a test, by truth without one.
Json chosen(const std::string& name, const Json& list, const Arguments& a) {
  const bool by_attribute = name.ends_with("attr"), keep = name.starts_with("select");
  if (by_attribute && a.empty()) throw Fault{name + " needs an attribute"};
  const size_t at = by_attribute ? 1 : 0;
  Json out = Json::array();
  for (const Json& item : list) {
    const Value value = by_attribute ? attribute(item, a[0]) : Value::at(item);
    bool holds = false;
    if (a.size() > at) {
      check_test(text_of(a[at]));
      holds = apply_test(text_of(a[at]), value, Arguments(a.begin() + static_cast<long>(at) + 1, a.end()));
    } else {
      holds = truth(value.use());
    }
    if (holds == keep) out.push_back(item);
  }
  return out;
}

Json sorted(const Json& list, const Arguments& a) {  // reverse, case_sensitive, attribute
  std::vector<std::pair<Json, Json>> keyed;
  for (const Json& item : list)
    keyed.emplace_back(folded(key_of(item, a.size() > 2 ? a[2] : Json()), a.size() > 1 && truth(a[1])), item);
  const bool reverse = !a.empty() && truth(a[0]);
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& x, const auto& y) {
    return reverse ? less(y.first, x.first) : less(x.first, y.first);
  });
  Json out = Json::array();
  for (auto& pair : keyed) out.push_back(std::move(pair.second));
  return out;
}

Json unique(const Json& list) {
  Json out = Json::array();
  for (const Json& item : list)
    if (std::none_of(out.begin(), out.end(),
                     [&](const Json& x) { return equal(folded(x, false), folded(item, false)); }))
      out.push_back(item);
  return out;
}

Json extreme(const Json& list, bool largest) {
  if (list.empty()) throw Fault{"min and max need a list that is not empty"};
  const auto by = [](const Json& x, const Json& y) { return less(folded(x, false), folded(y, false)); };
  return largest ? *std::max_element(list.begin(), list.end(), by) : *std::min_element(list.begin(), list.end(), by);
}

Json batches(const Json& list, const Arguments& a) {
  const int64_t n = a.empty() ? 0 : number_of(a[0], true).get<int64_t>();
  if (n < 1) throw Fault{"batch needs a number of at least 1"};
  Json out = Json::array();
  for (const Json& item : list) {
    if (out.empty() || static_cast<int64_t>(out.back().size()) == n) out.push_back(Json::array());
    out.back().push_back(item);
  }
  while (a.size() > 1 && !a[1].is_null() && !out.empty() && static_cast<int64_t>(out.back().size()) < n)
    out.back().push_back(a[1]);
  return out;
}

Json joined(const Json& list, const Arguments& a) {
  std::string out;
  for (size_t i = 0; i < list.size(); ++i)
    out += (i && !a.empty() && !a[0].is_null() ? text_of(a[0]) : "") +
           text_of(key_of(list[i], a.size() > 1 ? a[1] : Json()));
  return out;
}

Json total(const Json& list, const Arguments& a) {
  Json sum = a.size() > 1 ? a[1] : Json(0);
  for (const Json& item : list) sum = arithmetic("+", sum, key_of(item, a.empty() ? Json() : a[0]));
  return sum;
}

Json pairs_of(const Json& value, bool by_key) {
  if (!value.is_object()) throw Fault{"a mapping is needed, found " + display(value).substr(0, 40)};
  Json out = Json::array();
  for (const auto& item : value.items()) out.push_back(Json::array({item.key(), item.value()}));
  if (by_key)
    std::stable_sort(out.begin(), out.end(),
                     [](const Json& x, const Json& y) { return to_lower(text_of(x[0])) < to_lower(text_of(y[0])); });
  return out;
}

}  // namespace

std::optional<Json> apply_list_filter(const std::string& name, const Json& value, const Arguments& a) {
  if (name == "items" || name == "dictsort") return pairs_of(value, name == "dictsort");
  if (name == "join" && !value.is_structured()) throw Fault{"join needs a list"};
  if (name == "reverse" && value.is_string()) return slice(value, nullptr, nullptr, -1);
  const Json list = items_of(value);
  if (name == "list") return list;
  if (name == "join") return joined(list, a);
  if (name == "reverse") return slice(list, nullptr, nullptr, -1);
  if (name == "first" || name == "last") {
    if (list.empty()) throw Fault{"first and last need a list that is not empty"};
    return name == "first" ? list.front() : list.back();
  }
  if (name == "min" || name == "max") return extreme(list, name == "max");
  if (name == "sum") return total(list, a);
  if (name == "sort") return sorted(list, a);
  if (name == "unique") return unique(list);
  if (name == "batch") return batches(list, a);
  if (name == "map") return mapped(list, a);
  if (name.starts_with("select") || name.starts_with("reject")) return chosen(name, list, a);
  return std::nullopt;
}

namespace {

const std::vector<std::string>& test_names() {
  static const std::vector<std::string> all = {
      "defined", "undefined", "none",     "string",   "number", "integer", "float",       "boolean", "true",
      "false",   "mapping",   "sequence", "iterable", "even",   "odd",     "divisibleby", "in",      "equalto",
      "eq",      "ne",        "lt",       "le",       "gt",     "ge",      "lower",       "upper"};
  return all;
}

}  // namespace

void check_test(const std::string& name) {
  const auto& all = test_names();
  if (std::find(all.begin(), all.end(), name) != all.end()) return;
  const std::string near = nearest(name, all);
  throw Fault{
      "unknown test '" + name + "'" +
      (near.empty() ? ": known are defined, none, string, number and the like" : " (did you mean '" + near + "'?)")};
}

bool apply_test(const std::string& name, const Value& value, const Arguments& a) {
  if (name == "defined" || name == "undefined") return value.missing.has_value() == (name == "undefined");
  const Json& v = value.use();
  if (name == "none") return v.is_null();
  if (name == "string") return v.is_string();
  if (name == "number") return v.is_number() || v.is_boolean();
  if (name == "integer") return v.is_number_integer();
  if (name == "float") return v.is_number_float();
  if (name == "boolean") return v.is_boolean();
  if (name == "true" || name == "false") return v.is_boolean() && v.get<bool>() == (name == "true");
  if (name == "mapping") return v.is_object();
  if (name == "sequence" || name == "iterable") return v.is_structured() || v.is_string();
  if (name == "lower" || name == "upper") {  // with a letter in it that has two cases
    const std::string low = to_lower(text_of(v)), high = to_upper(text_of(v));
    return low != high && text_of(v) == (name == "lower" ? low : high);
  }
  if (name == "even" || name == "odd") return equal(arithmetic("%", v, 2), name == "odd");
  if (a.empty()) throw Fault{"the test '" + name + "' needs a value"};
  if (name == "divisibleby") return equal(arithmetic("%", v, a[0]), 0);
  if (name == "in") return compare("in", v, a[0]);
  if (name == "lt") return less(v, a[0]);
  if (name == "gt") return less(a[0], v);
  if (name == "le") return !less(a[0], v);
  if (name == "ge") return !less(v, a[0]);
  return equal(v, a[0]) != (name == "ne");
}

}  // namespace gradus::templates
