// What became of each operator's designs.
#include "agent/genetic.h"

namespace gradus {
namespace {

/// Bits per byte better than the baseline at the highest rung that has decided about it; nullopt: not trained yet.
std::optional<double> estimate_of(const Experiment& experiment, const DesignName& design) {
  std::optional<double> out;
  for (const std::string& rung : experiment.settings().rungs) {
    const auto selection = experiment.read_selection(design.generation, rung);
    if (!selection) break;
    for (const auto* list : {&selection->chosen, &selection->passed_over})
      for (const Chosen& c : *list)
        if (c.design == design.text() && c.upper > c.lower) out = c.estimate;
  }
  if (const auto closed = experiment.read_selection(design.generation, "close"))
    for (const auto* list : {&closed->chosen, &closed->passed_over})
      for (const Chosen& c : *list)
        if (c.design == design.text() && c.upper > c.lower) out = c.estimate;
  return out;
}

}  // namespace

OperatorRecords read_operator_records(const Experiment& experiment) {
  OperatorRecords out;
  for (const DesignName& d : experiment.all_designs()) {
    const Path directory = experiment.directory(d);
    const auto origin = read_yaml_if_exists<Origin>(directory / "origin.yaml");
    if (!origin || origin->agent != "genetic") continue;
    const auto check = read_yaml_if_exists<CheckResult>(directory / "check.yaml");
    const auto estimate = estimate_of(experiment, d);
    const bool refused = check && !check->passed;
    if (!refused && !estimate) continue;
    OperatorRecord& record = out[origin->operation];
    ++record.tried;
    record.won += !refused && *estimate > 0;
  }
  return out;
}

}  // namespace gradus
