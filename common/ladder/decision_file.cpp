#include "ladder/decision_file.h"

#include "design/selection_parts.h"
#include "ladder/promote.h"

namespace gradus {
namespace {

constexpr int kTries = 1000;  // each lost try means that another job has added a part

std::string yaml_of(auto value) {
  FieldWriter writer;
  value.fields(writer);
  return to_yaml(writer.node);
}

TakenDecision take_whole(const Experiment& experiment, const DecisionRequest& r) {
  const Path file = experiment.selection(r.generation, r.stage);
  if (auto there = experiment.read_selection(r.generation, r.stage); there && !r.force) return {*there, false, true};
  const Selection made = decide(experiment, r.generation, r.stage, r.without_unfinished);
  if (r.force) return write_yaml(file, made), TakenDecision{made, true, true};
  if (write_file_once(file, yaml_of(made))) return {made, true, true};
  return {*experiment.read_selection(r.generation, r.stage), false, true};
}

/// The sum of the parts is the same whoever writes it.
void write_sum(const Experiment& experiment, const DecisionRequest& r, const std::vector<SelectionPart>& parts) {
  write_file_once(experiment.selection(r.generation, r.stage), yaml_of(sum_of(parts)));
}

TakenDecision take_part(const Experiment& experiment, const DecisionRequest& r) {
  if (r.force)
    throw UsageError("--force makes no async decision again: runs may have started by its parts (rules.promotion)");
  for (int i = 0; i < kTries; ++i) {
    if (std::filesystem::exists(experiment.selection(r.generation, r.stage)))
      return {*experiment.read_selection(r.generation, r.stage), false, true};
    auto parts = read_parts(experiment, r.generation, r.stage);
    if (!parts.empty() && parts.back().last) {  // the job that wrote the last part ended before the sum
      write_sum(experiment, r, parts);
      continue;
    }
    const Selection before = parts.empty() ? Selection{} : sum_of(parts);
    const ReadyDecision ready = decide_ready(experiment, r.generation, r.stage, before, r.without_unfinished);
    if (ready.selection.chosen.empty() && !ready.complete) {
      Selection nothing = ready.selection;
      return {parts.empty() ? nothing : before, false, false};
    }
    const SelectionPart part{1, ready.complete, ready.selection};
    if (!write_file_once(part_file(experiment, r.generation, r.stage, parts.size() + 1), yaml_of(part))) continue;
    parts.push_back(part);
    if (ready.complete) write_sum(experiment, r, parts);
    return {sum_of(parts), true, ready.complete};
  }
  throw Error("cannot decide '" + r.stage + "' of generation " + std::to_string(r.generation) +
              ": other jobs add parts faster than this one can read them");
}

}  // namespace

TakenDecision take_decision(const Experiment& experiment, const DecisionRequest& request) {
  const bool whole = request.stage == "parents" || request.stage == "close";
  if (whole || experiment.settings().rules.promotion == "barrier") return take_whole(experiment, request);
  return take_part(experiment, request);
}

}  // namespace gradus
