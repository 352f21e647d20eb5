#include "page/report.h"

#include <set>

#include "page/sections.h"

namespace gradus {
namespace {

using nlohmann::json;

void collect_units(const UnitNode& node, std::set<std::string>& units) {
  units.insert(node.unit);
  for (const auto& [slot, filler] : node.slots) collect_units(filler, units);
}

std::string_view web_file(std::string_view name) {
  for (const auto& [file, text] : builtin_web())
    if (file == name) return text;
  throw Error("the report's file '" + std::string(name) + "' is not built in");
}

/// All files of a kind, one after another in the order of names.
std::string joined(std::string_view extension) {
  std::string out;
  for (const auto& [file, text] : builtin_web())
    if (file.ends_with(extension)) out.append(text).append("\n");
  return out;
}

std::string escaped_text(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

}  // namespace

std::vector<DataBlock> report_blocks(const Facts& facts, const std::string& written, double watch_seconds) {
  std::vector<DataBlock> blocks;
  blocks.push_back({"data",
                    {{"format", 1},
                     {"experiment", experiment_section(facts, written, watch_seconds)},
                     {"ladder", ladder_section(facts)},
                     {"designs", designs_section(facts)},
                     {"standings", standings_section(facts)},
                     {"curves", curves_section(facts)},
                     {"transfer", transfer_section(facts)},
                     {"gate", gate_section(facts)},
                     {"agents", agents_section(facts)},
                     {"timeline", timeline_section(facts)},
                     {"designs_a_block", kDesignsABlock}}});
  std::set<std::string> hashes;
  for (size_t n = 0; n < facts.designs.size(); ++n) {
    if (n % kDesignsABlock == 0) blocks.push_back({"designs-" + std::to_string(n / kDesignsABlock), json::array()});
    blocks.back().value.push_back(design_page(facts, facts.designs[n]));
    if (facts.designs[n].tree) collect_units(facts.designs[n].tree->root, hashes);
  }
  const UnitStore units = facts.experiment.units();
  std::string prefix;
  for (const std::string& hash : hashes) {
    if (hash.substr(0, 2) != prefix) {
      prefix = hash.substr(0, 2);
      blocks.push_back({"units-" + prefix, json::object()});
    }
    blocks.back().value[hash] = unit_page(units, hash);
  }
  return blocks;
}

std::string embedded_json(const json& value) {
  const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size() + text.size() / 64);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<')
      out += "\\u003c";
    else if (text.compare(i, 3, "\u2028") == 0)
      out += "\\u2028", i += 2;
    else if (text.compare(i, 3, "\u2029") == 0)
      out += "\\u2029", i += 2;
    else
      out += text[i];
  }
  return out;
}

std::string render_report(const std::string& title, const std::vector<DataBlock>& blocks) {
  std::string data;
  for (const DataBlock& block : blocks)
    data += "<script type=\"application/json\" id=\"" + block.id + "\">" + embedded_json(block.value) + "</script>\n";
  const std::string_view page = web_file("page.html");
  std::string out;
  for (size_t at = 0; at < page.size();) {
    const size_t open = page.find("{{", at);
    out += page.substr(at, open == page.npos ? page.npos : open - at);
    if (open == page.npos) break;
    const size_t close = page.find("}}", open);
    const std::string_view word = page.substr(open + 2, close - open - 2);
    if (word == "title")
      out += escaped_text(title);
    else if (word == "style")
      out += joined(".css");
    else if (word == "d3")
      out += builtin_d3().front().second;
    else if (word == "script")
      out += joined(".js");
    else if (word == "data")
      out += data;
    else
      throw Error("page.html asks for '" + std::string(word) + "'");
    at = close + 2;
  }
  return out;
}

}  // namespace gradus
