#include "agent/answer.h"

#include <cctype>
#include <cmath>
#include <vector>

#include "base/log.h"

namespace gradus {
namespace {

using nlohmann::json;

struct Fence {
  std::string language, text;
};

/// ``` blocks, an unclosed last one too: answers are cut off.
std::vector<Fence> fences(const std::string& text) {
  std::vector<Fence> out;
  bool inside = false;
  for (size_t start = 0; start < text.size();) {
    size_t end = text.find('\n', start);
    if (end == text.npos) end = text.size();
    const std::string line = text.substr(start, end - start);
    const size_t first = line.find_first_not_of(" \t");
    const bool fence = first != line.npos && line.compare(first, 3, "```") == 0;
    if (fence && !inside) {
      std::string language = line.substr(first + 3);
      while (!language.empty() && std::isspace(static_cast<unsigned char>(language.back()))) language.pop_back();
      out.push_back({language, ""});
    } else if (!fence && inside) {
      out.back().text += line + "\n";
    }
    if (fence) inside = !inside;
    start = end + 1;
  }
  return out;
}

std::optional<json> parse_object(const std::string& text) {
  // Deep nesting is refused before it is parsed: the parser recurses to destroy what it has made.
  int depth = 0;
  for (char c : text) {
    depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    if (depth > 200) return std::nullopt;
  }
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded() || !value.is_object()) return std::nullopt;
  return value;
}

bool has_type(const json& value, const std::string& type) {
  if (type == "string") return value.is_string();
  if (type == "number") return value.is_number();
  if (type == "integer") return value.is_number_integer();
  if (type == "boolean") return value.is_boolean();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  return true;
}

std::string number_fault(const json& value, const json& schema, const std::string& shown) {
  if (!value.is_number()) return "";
  const double v = value.get<double>();
  const bool low = schema.contains("minimum") && !(v >= schema["minimum"].get<double>());
  const bool high = schema.contains("maximum") && !(v <= schema["maximum"].get<double>());
  if (!low && !high) return "";
  return shown + " must be from " + format_g(schema.value("minimum", -INFINITY)) + " to " +
         format_g(schema.value("maximum", INFINITY)) + ", not " + format_g(v);
}

}  // namespace

std::optional<json> find_json(const std::string& text) {
  if (auto whole = parse_object(text)) return whole;
  for (const Fence& fence : fences(text))
    if (auto inside = parse_object(fence.text)) return inside;
  const size_t first = text.find('{'), last = text.rfind('}');
  if (first == text.npos || last == text.npos || last < first) return std::nullopt;
  return parse_object(text.substr(first, last - first + 1));
}

std::string find_code(const std::string& text) {
  std::string code;
  for (const Fence& fence : fences(text))
    if (fence.language == "python" || fence.language == "py") code = fence.text;
  if (!code.empty()) return code;
  for (const Fence& fence : fences(text))
    if (fence.text.find("class ") != fence.text.npos) code = fence.text;
  return code;
}

std::string schema_fault(const json& value, const json& schema, const std::string& name) {
  const std::string shown = name.empty() ? "the answer" : "'" + name + "'";
  if (const std::string type = schema.value("type", ""); !has_type(value, type))
    return shown + " must be of type " + type + ", not " + value.type_name();
  if (std::string fault = number_fault(value, schema, shown); !fault.empty()) return fault;
  if (value.is_string() && schema.contains("maxLength") &&
      value.get_ref<const std::string&>().size() > schema["maxLength"])
    return shown + " is longer than " + schema["maxLength"].dump() + " bytes";
  if (schema.contains("enum")) {
    bool found = false;
    std::string all;
    for (const json& option : schema["enum"])
      found = found || option == value, all += (all.empty() ? "" : ", ") + option.dump();
    if (!found) return shown + " must be one of " + all;
  }
  if (value.is_array() && schema.contains("items"))
    for (size_t i = 0; i < value.size(); ++i)
      if (std::string fault = schema_fault(value[i], schema["items"], name + "[" + std::to_string(i) + "]");
          !fault.empty())
        return fault;
  if (!value.is_object() || !schema.contains("properties")) return "";
  for (const auto& [key, inner] : schema["properties"].items()) {
    if (!value.contains(key)) return shown + " lacks '" + key + "'";
    if (std::string fault = schema_fault(value[key], inner, key); !fault.empty()) return fault;
  }
  return "";
}

json object_schema(const json& properties) {
  json required = json::array();
  for (const auto& [key, inner] : properties.items()) required.push_back(key);
  return {{"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", false}};
}

}  // namespace gradus
