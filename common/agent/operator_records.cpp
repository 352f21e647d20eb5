// What became of each operator's designs.
#include "agent/genetic.h"

namespace gradus {
namespace {

/// Bits per byte better than the baseline of a generation's trained designs: what decided last about each.
std::map<std::string, double> read_estimates(const Experiment& experiment, int generation) {
  std::map<std::string, double> out;
  std::vector<std::string> stages = experiment.settings().rungs;
  stages.push_back("close");
  for (const std::string& stage : stages)
    if (const auto selection = experiment.read_selection(generation, stage))
      for (const auto* list : {&selection->chosen, &selection->passed_over})
        for (const Chosen& c : *list)
          if (c.upper > c.lower) out[c.design] = c.estimate;
  return out;
}

}  // namespace

OperatorRecords read_operator_records(const Experiment& experiment) {
  OperatorRecords out;
  for (const int generation : experiment.generations()) {
    const auto estimates = read_estimates(experiment, generation);  // once: a selection names all of its designs
    for (const DesignName& d : experiment.designs(generation)) {
      const Path directory = experiment.directory(d);
      const auto origin = read_yaml_if_exists<Origin>(directory / "origin.yaml");
      if (!origin || origin->agent != "genetic") continue;
      const auto check = read_yaml_if_exists<CheckResult>(directory / "check.yaml");
      const bool refused = check && !check->passed;
      const auto estimate = estimates.find(d.text());
      if (!refused && estimate == estimates.end()) continue;
      OperatorRecord& record = out[origin->operation];
      ++record.tried;
      record.won += !refused && estimate->second > 0;
    }
  }
  return out;
}

}  // namespace gradus
