// Making an experiment: its frozen settings, generation 0 from the baselines.
#include "design/experiment.h"
#include "design/fit.h"

namespace gradus {
namespace {

std::string proposal_text(const std::string& name, const Design& design, const UnitStore& units) {
  const auto& library = UnitStore::library();
  auto unit_name = [&](const std::string& hash) {
    for (const auto& [stem, known] : library) {
      if (known == hash) return stem;
    }
    return hash;
  };
  std::string text = "# " + name + "\n\nA baseline: the design `" + name + "` as built in, unchanged.\n\n`" +
                     to_line(design, unit_name) + "`\n\n";
  for (const SlotPath& path : all_paths(design)) {
    const std::string source = units.source(find_node(design, path)->unit);
    const size_t open = source.find("\"\"\""),
                 close = open == source.npos ? open : source.find_first_of("\n\"", open + 3);
    if (close == source.npos) continue;
    text += "- `" + (path.empty() ? "root" : path) + "`: " + source.substr(open + 3, close - open - 3) + "\n";
  }
  return text;
}

}  // namespace

bool create_experiment(const Path& root, const Settings& settings) {
  const Path file = root / "experiment.yaml";
  const std::string text = to_yaml(write_value(settings));
  const std::optional<std::string> present = read_file_if_exists(file);
  if (present && *present != text) {
    const YAML::Node before = write_value(resolve_settings(parse_yaml(*present, file.string()), file.string()));
    if (to_yaml(before) != text)  // a file of an older build lacks what has a default since
      throw UsageError("'" + root.string() + "' exists with other settings" +
                       first_difference(before, write_value(settings), "") +
                       "; choose another directory: an experiment's settings are frozen");
  }
  if (!present) write_file(file, text);
  const Experiment experiment(root);
  const UnitStore units = experiment.units();
  for (size_t slot = 0; slot < settings.baselines.size(); ++slot) {
    const std::string& name = settings.baselines[slot];
    const Design& design = builtin_design(name);
    const DesignName place{0, static_cast<int>(slot)};
    if (std::filesystem::exists(experiment.directory(place))) continue;  // and so do its units
    for (const SlotPath& path : all_paths(design)) units.add(units.source(find_node(design, path)->unit));
    Origin origin;
    origin.operation = "seed";
    origin.rationale = "the built-in design " + name + (slot == 0 ? ", the reference of every comparison" : "");
    origin.agent = "gradus";
    origin.experiment = experiment.settings_hash();
    commit_directory(experiment.directory(place), [&](const Path& to) {
      write_yaml(to / "origin.yaml", origin);
      write_file(to / "proposal.md", proposal_text(name, design, units));
      write_file(to / "design.yaml", to_yaml(write_design(design, design_id(design, units), trace_id(design, units))));
    });
  }
  return !present;
}

}  // namespace gradus
