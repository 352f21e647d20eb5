// A model of a model: answers each role's prompt as a pure function of a seed and of the prompt's words, so that a call
// made again is answered alike. Its coder is right with probability p an attempt: a unit of the library that belongs in
// the slot; else the same unit, broken in one of five ways.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "base/hash.h"
#include "base/rng.h"
#include "design/store.h"

namespace gradus {

struct StandIn {
  uint64_t seed = 0;
  double p = 0.5;            // that a unit is right
  double p_accept = 0.5;     // that the reviewer accepts
  double p_off = 0;          // that a right unit does something other than was proposed, which only an observer sees
  double delay_seconds = 0;  // before each answer
  uint64_t variety = 1'000'000;  // how many different trees it writes
  bool nonsense = false;         // every answer is babble
};

namespace stand_in {

using Json = nlohmann::json;

inline const std::vector<std::string>& options(const std::string& slot) {
  static const std::map<std::string, std::vector<std::string>> all = {
      {"root", {"pre_norm", "post_norm", "sandwich_norm", "gated_residual"}},
      {"mixer",
       {"multi_head_attention", "grouped_query_attention", "qk_norm_attention", "sliding_window_attention",
        "gated_attention", "soft_cap_attention", "multi_query_attention"}},
      {"mlp", {"swiglu", "geglu", "reglu", "relu2_mlp", "bilinear_mlp"}},
      {"norm", {"rms_norm", "layer_norm"}},
      {"rotary", {"rotary", "partial_rotary", "ntk_rotary"}}};
  static const std::vector<std::string> none{"rms_norm"};
  const auto found = all.find(slot);
  return found == all.end() ? none : found->second;
}

inline std::string replace_last(std::string text, const std::string& what, const std::string& by) {
  if (const size_t at = text.rfind(what); at != text.npos) text.replace(at, what.size(), by);
  return text;
}

inline std::string broken(const std::string& source, Stream& draw) {
  const bool function = source.find("KIND = \"function\"") != source.npos;
  switch (draw.next_below(5)) {
    case 0:
      return source.substr(0, source.size() / 2) + "\n    def (";
    case 1:
      return replace_last(source, "        return ", "        return undefined_name + ");
    case 2:
      return "";
    case 3:
      return replace_last(source, "super().__init__()", "super().__init__(dim, dim, dim)");
    default:  // a cheat: later tokens leak into all
      return function ? replace_last(source, "        return ", "        return None, ")
                      : source +
                            "\n    inner_forward = forward\n\n    def forward(self, x):\n"
                            "        return self.inner_forward(x) + x.mean(1, keepdim=True)\n";
  }
}

inline std::string source_of(const StandIn& s, const std::string& slot, const std::string& design) {
  const auto& names = options(slot);
  Stream choice("choice", {s.seed, checksum64(design) % s.variety, checksum64(slot)});
  return UnitStore().source(UnitStore::library().at(names[choice.next_below(names.size())]));
}

inline std::string found(const std::string& text, const char* pattern) {
  std::smatch match;
  return std::regex_search(text, match, std::regex(pattern)) ? match[1].str() : "";
}

inline std::string fenced(const std::string& code) {
  return code.empty() ? "I would rather not." : "Here it is:\n\n```python\n" + code + "```\n";
}

/// The five units in one file, each right with probability p.
inline std::string whole_block(const StandIn& s, const std::string& design, Stream& draw) {
  std::string file, root;
  std::map<std::string, std::string> classes;
  for (const char* slot : {"rotary", "norm", "mlp", "mixer", "root"}) {
    std::string source = source_of(s, slot, design);
    classes[slot] = found(source, "(?:^|\\n)class (\\w+)\\(nn.Module\\)");
    for (const auto& [name, type] : classes)
      source = std::regex_replace(source, std::regex("(\\*[^)]*\\b" + name + ")(,|\\))"), "$1=" + type + "$2");
    if (draw.next_uniform() >= s.p)
      source = broken(source, draw);
    else if (draw.next_uniform() < s.p_off)
      source = "# off\n" + source;
    file += source + "\n\n";
  }
  return file;
}

inline std::string code_unit(const StandIn& s, const std::string& user, const std::string& design, Stream& draw) {
  std::string slot = found(user, "slot `([^`]*)`");
  slot = slot.substr(slot.rfind('.') == slot.npos ? 0 : slot.rfind('.') + 1);
  const std::string source = source_of(s, slot, design);
  if (draw.next_uniform() >= s.p) return fenced(broken(source, draw));
  return fenced(draw.next_uniform() < s.p_off ? "# off\n" + source : source);
}

inline std::string proposal(const std::string& design, Stream& draw) {
  static const std::vector<std::string> words{"gate",  "decay",  "window", "state", "kernel", "delta",
                                              "chunk", "memory", "phase",  "norm",  "scan",   "value",
                                              "key",   "query",  "scale",  "mix",   "shift",  "depth"};
  std::string text;
  for (int i = 0; i < 60; ++i) text += words[draw.next_below(words.size())] + std::to_string(draw.next_below(40)) + " ";
  return Json{{"title", "Block " + std::to_string(draw.next_below(100000)) + " of " + design},
              {"abstract", "A short one."},
              {"proposal", text},
              {"where", "root"},
              {"changes", "all of it"}}
      .dump();
}

inline std::string answer(const StandIn& s, const Json& request) {
  std::this_thread::sleep_for(std::chrono::duration<double>(s.delay_seconds));
  std::string system, user;
  for (const Json& m : request.at("messages"))
    (m.at("role") == "system" ? system : user) += m.at("content").get<std::string>();
  Stream draw("stand-in", {s.seed, checksum64(user)});
  if (s.nonsense) return "lorem { ipsum ```python\nclass ```" + std::to_string(draw.next_below(1000));
  const std::string design = found(user, "Design (g\\d+-\\d+)");
  if (system.starts_with("You search"))
    return R"({"queries": ["gated linear attention"], "notes": "known", "ready": true})";
  if (system.starts_with("You design")) return "Sure.\n```json\n" + proposal(design, draw) + "\n```";
  if (system.starts_with("You review"))
    return Json{{"rating", draw.next_uniform() < s.p_accept ? 4.5 : 2.5},
                {"reasons", {"as drawn"}},
                {"required_changes", Json::array()}}
        .dump();
  if (system.starts_with("You plan"))
    return Json{{"slot", found(user, "- `([^`]*)` \\(")}, {"plan", "write it"}, {"reuse", ""}}.dump();
  if (system.starts_with("You compare"))
    return Json{{"rating", user.find("# off") == user.npos ? 4 : 1}, {"reasons", {"as drawn"}}}.dump();
  if (system.starts_with("You write a whole")) return fenced(whole_block(s, design, draw));
  if (system.starts_with("You write one")) return code_unit(s, user, design, draw);
  return "{}";
}

}  // namespace stand_in
}  // namespace gradus
