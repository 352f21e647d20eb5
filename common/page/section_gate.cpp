#include <algorithm>

#include "page/correlation.h"
#include "page/sections.h"

namespace gradus {
namespace {

using nlohmann::json;

constexpr size_t kExamples = 5;

/// "review", "duplicate of g000-000" → kind "duplicate"; the rest of a reason differs from design to design.
struct Refusal {
  std::string stage, kind;
};

/// A check's name stays; of a sentence the part before a name, a number or a colon.
std::string kind_of(const std::string& reason) {
  std::string kind = reason.substr(0, reason.find(':'));
  size_t at = 0;
  for (; at < kind.size(); ++at)
    if (std::isdigit(static_cast<unsigned char>(kind[at])) || kind[at] == '\'' || kind[at] == '(') break;
  kind = kind.substr(0, at);
  for (const char* word : {" of g", " to g", " g"})
    if (kind.ends_with(word)) kind.resize(kind.size() - std::string(word).size());
  while (!kind.empty() && (kind.back() == ' ' || kind.back() == ',')) kind.pop_back();
  return kind.empty() ? "no reason told" : kind;
}

Refusal refusal_of(const Admission& admission) {
  const size_t colon = admission.reason.find(": ");
  return {admission.reason.substr(0, colon),
          kind_of(colon == std::string::npos ? "" : admission.reason.substr(colon + 2))};
}

json canaries_json(const Facts& facts) {
  if (!facts.canaries) return nullptr;
  const CanaryRecord& c = *facts.canaries;
  json misses = json::array(), alarms = json::array();
  for (const std::string& text : c.misses) misses.push_back(text);
  for (const std::string& text : c.false_alarms) alarms.push_back(text);
  const double confidence = facts.experiment.settings().rules.confidence;
  const Interval recall = wilson(c.caught, c.cheats, confidence);
  const Interval alarm = wilson(int(c.false_alarms.size()), c.honest, confidence);
  return {{"scale", c.scale},
          {"cheats", c.cheats},
          {"caught", c.caught},
          {"honest", c.honest},
          {"recall", interval_json(recall.value, recall.lower, recall.upper)},
          {"alarms", interval_json(alarm.value, alarm.lower, alarm.upper)},
          {"misses", misses},
          {"false_alarms", alarms},
          {"seconds", rounded(c.seconds, 4)}};
}

}  // namespace

json gate_section(const Facts& facts) {
  struct Group {
    int n = 0;
    json examples = json::array();
  };
  std::map<std::pair<std::string, std::string>, Group> groups;
  std::map<int, std::map<std::string, int>> generations;  // fate or stage of refusal → designs
  std::map<std::string, std::pair<int, double>> checks;   // name → times, seconds
  for (size_t n = 0; n < facts.designs.size(); ++n) {
    const DesignFacts& design = facts.designs[n];
    if (design.check)
      for (const Measurement& m : design.check->checks) ++checks[m.name].first, checks[m.name].second += m.seconds;
    if (design.name.generation == 0) continue;
    const Admission a = admission_of(design);
    auto& generation = generations[design.name.generation];
    if (a.kind == Admission::Kind::kPassed) ++generation["passed"];
    if (a.kind == Admission::Kind::kUnfinished) ++generation["unfinished"];
    if (a.kind != Admission::Kind::kRefused) continue;
    const Refusal refusal = refusal_of(a);
    ++generation[refusal.stage];
    Group& group = groups[{refusal.stage, refusal.kind}];
    if (group.n++; group.examples.size() < kExamples) group.examples.push_back(n);
  }
  json refusals = json::array(), by_generation = json::array(), seconds = json::array();
  for (const auto& [key, group] : groups)
    refusals.push_back({{"stage", key.first}, {"kind", key.second}, {"n", group.n}, {"examples", group.examples}});
  std::stable_sort(refusals.begin(), refusals.end(), [](const json& a, const json& b) { return a["n"] > b["n"]; });
  for (const auto& [generation, counts] : generations) {
    json row = {{"generation", generation}};
    for (const char* fate : {"passed", "review", "implement", "check", "unfinished"})
      row[fate] = counts.count(fate) ? counts.at(fate) : 0;
    by_generation.push_back(row);
  }
  for (const auto& [name, time] : checks)
    seconds.push_back({{"check", name}, {"n", time.first}, {"seconds", rounded(time.second, 4)}});
  return {
      {"refusals", refusals}, {"generations", by_generation}, {"checks", seconds}, {"canaries", canaries_json(facts)}};
}

}  // namespace gradus
