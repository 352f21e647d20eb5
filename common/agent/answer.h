/// From a model's words to data: the JSON object or the code in an answer, held to what was asked for. Never throws.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace gradus {

/// The first JSON object: the whole text, a fenced block, or what stands between the outer braces.
std::optional<nlohmann::json> find_json(const std::string& text);
/// The code of the last ```python block, else of the last fenced block with a class in it; "" where there is none.
std::string find_code(const std::string& text);

/// What is wrong with a value by a schema ("'rating' must be from 0 to 5, not 9"); "" when nothing is. Of JSON schema
/// it knows type, properties (all of them required), items, minimum, maximum, enum, maxLength (in bytes).
std::string schema_fault(const nlohmann::json& value, const nlohmann::json& schema, const std::string& name = "");

/// An object schema of these properties, all of them required, no others: the strict form that servers hold answers to.
nlohmann::json object_schema(const nlohmann::json& properties);

}  // namespace gradus
