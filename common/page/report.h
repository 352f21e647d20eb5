/// The report: one HTML file that holds the experiment, our scripts and styles, and D3. It asks for nothing else, so it
/// works from a mail attachment, offline, for ever.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "page/facts.h"

namespace gradus {

/// web/*: the page's own files by name; and D3 as Debian ships it.
const std::vector<std::pair<std::string_view, std::string_view>>& builtin_web();
const std::vector<std::pair<std::string_view, std::string_view>>& builtin_d3();

/// A block of data in the page, parsed when it is needed: {"designs-0", […]}.
struct DataBlock {
  std::string id;
  nlohmann::json value;
};

/// Designs of one block; their units go by the first two digits of the hash.
inline constexpr size_t kDesignsABlock = 32;

/// "data", then "designs-N" and "units-XX". `watch_seconds` above 0: the page looks for a newer one of itself.
std::vector<DataBlock> report_blocks(const Facts& facts, const std::string& written, double watch_seconds = 0);

/// The whole file. Text of any origin cannot end its script element or open another: "<" is written as \u003c.
std::string render_report(const std::string& title, const std::vector<DataBlock>& blocks);

/// JSON as it stands in a page: compact, UTF-8 mended, no "<", no U+2028.
std::string embedded_json(const nlohmann::json& value);

}  // namespace gradus
