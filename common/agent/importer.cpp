#include "agent/importer.h"

#include "agent/proposer.h"
#include "base/log.h"
#include "design/fill.h"

namespace gradus {
namespace {

constexpr const char* kOperation = "import";

std::string unit_line(const Import& import, const UnitStore& units) {
  return to_line(import.design, [&](const std::string& hash) {
    const auto known = import.names.find(hash);
    return known != import.names.end() ? known->second : Path(units.file_name(hash)).stem().string();
  });
}

std::string page(const DesignName& d, const Import& import, const std::string& file, const std::string& line) {
  std::string text = "# " + d.text() + ": import\n\nFrom `" + file + "`, " + import.what + ".\n\n## The block\n\n- " +
                     d.text() + ": `" + line + "`\n";
  if (!import.notes.empty()) text += "\n## What was assumed\n\n";
  for (const std::string& note : import.notes) text += "- " + note + "\n";
  return text +
         "\n## What would count against it\n\nNo gain over the baseline at equal parameters and tokens on paired "
         "seeds, each at its own learning rate.\n";
}

std::optional<DesignName> find_import(const Experiment& experiment, const std::string& tree) {
  for (const DesignName& d : experiment.all_designs()) {
    const auto origin = read_yaml_if_exists<Origin>(experiment.directory(d) / "origin.yaml");
    if (!origin || origin->operation != kOperation) continue;
    if (read_file_if_exists(experiment.directory(d) / "candidate.yaml") == tree) return d;
  }
  return std::nullopt;
}

/// The reviewer's numbers and words, but not its verdict.
Review review_of(const Experiment& experiment, const DesignName& d, const Design& design) {
  const Examination examination = examine_in_child(experiment, {design}).front();
  Review review = judge(design, examination, known_designs(experiment, d), experiment.settings().review);
  const bool rejected = !review.accepted;
  if (rejected && !review.reasons.empty()) log_warning("the reviewer would reject it: " + review.reasons.front());
  review.reasons.insert(review.reasons.begin(),
                        std::string("imported, so accepted") + (rejected ? "; the reviewer would reject it" : ""));
  review.accepted = true;
  return review;
}

}  // namespace

DesignName place_import(const Experiment& experiment, Import import, const std::string& file) {
  const UnitStore units = experiment.units();
  for (const auto& [hash, source] : import.units) units.add(source);
  if (import.open) {
    import.design = fill_in_child(import.design, experiment.root() / "units", experiment.settings().check);
    for (const SlotPath& path : all_paths(import.design)) units.add(units.source(find_node(import.design, path)->unit));
  }
  const std::string tree = to_yaml(write_design(import.design));
  if (const auto known = find_import(experiment, tree)) return *known;
  for (const std::string& note : import.notes) log_warning(note);

  const int generation = open_generation(experiment);
  const std::string line = unit_line(import, units);
  Origin origin;
  origin.operation = kOperation;
  origin.agent = kOperation;
  origin.rationale = "imported from '" + file + "', " + import.what + ": " + line;
  origin.experiment = experiment.settings_hash();
  for (;;) {
    const DesignName d = experiment.free_slots(generation, 1).front();
    const Review review = review_of(experiment, d, import.design);
    const bool claimed = commit_directory(experiment.directory(d), [&](const Path& to) {
      write_yaml(to / "origin.yaml", origin);
      write_file(to / "proposal.md", page(d, import, file, line));
      write_file(to / "candidate.yaml", tree);
      write_yaml(to / "review.yaml", review);
    });
    if (claimed) return d;  // else another took the slot meanwhile
  }
}

}  // namespace gradus
