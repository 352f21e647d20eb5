// new - an experiment is a directory: make one, with its settings resolved and frozen.
#include "base/log.h"
#include "base/terminal.h"
#include "base/tool.h"
#include "design/builtin.h"
#include "design/experiment.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: new [options] EXP

Makes an experiment: its settings resolved and frozen, its baselines as generation 0.

Reads   --from CONFIG: a file, or one that is built in: demo, reference, tiny; --set on top of it, where the section of
        the keys that stand alone (name, seed, rungs, baselines, proposals) is called experiment
Writes  EXP/experiment.yaml, EXP/units/, EXP/designs/g000/g000-000, … (one a baseline)
Prints  design  verdict  .  name  tree
Exits   0 made, or there already with these settings; 2 not done, or there with others

Examples
  $ bin/new exp --from demo
  $ bin/new exp2 --from configs/tiny.yaml --set experiment.proposals=4 --set rules.seeds=2
  $ bin/new --from reference --print-config
)";

/// The configuration named: a file if there is one, else what is built in under that name.
YAML::Node read_configuration(const std::string& from) {
  if (from.empty()) return YAML::Node(YAML::NodeType::Map);
  if (std::filesystem::exists(from)) return load_yaml(from);
  std::vector<std::string> names;
  for (const auto& [file, text] : builtin_configs()) {
    const std::string name = Path(file).stem().string();
    if (name == "scales" || name == "models" || name == "worlds" || file.starts_with("site"))
      continue;  // no experiments
    if (name == from) return parse_yaml(std::string(text), "configs/" + std::string(file));
    names.push_back(name);
  }
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  const std::string near = nearest(from, names);
  throw UsageError("no configuration '" + from + "': no such file, and built in are " + all +
                   (near.empty() ? "" : " (did you mean '" + near + "'?)"));
}

int make_experiment(const Args& args) {
  const std::string from = args.get_or("from", args.config);
  YAML::Node document = read_configuration(from);
  for (const auto& [key, value] : args.settings)
    set_value(document, key.starts_with("experiment.") ? key.substr(11) : key, value);
  const Settings settings = resolve_settings(document, from.empty() ? "--set" : from);
  if (args.print_config) {
    print_text(to_yaml(write_value(settings)));
    return kDone;
  }
  if (args.paths.size() != 1) throw UsageError("expected one directory, EXP");
  const Path root = args.paths[0];
  const bool made = create_experiment(root, settings);
  const Experiment experiment(root);
  const UnitStore units = experiment.units();
  if (args.header || is_terminal(1)) print_header({"name", "tree"});
  for (size_t slot = 0; slot < settings.baselines.size(); ++slot) {
    const DesignName place{0, static_cast<int>(slot)};
    const Design tree = experiment.read_tree(place);
    const std::string line = to_line(tree, [&](const std::string& unit) { return units.interface(unit).class_name; });
    print_record({experiment.directory(place).string(), Verdict::kOk, ".", {settings.baselines[slot], line}});
  }
  log_info(made ? "made '" + root.string() + "'" : "'" + root.string() + "' exists with these settings: nothing to do");
  return kDone;
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  return gradus::run_tool(argc, argv, gradus::kUsage,
                          {{"from", "CONFIG", "a configuration file, or the name of one that is built in"}},
                          gradus::make_experiment, 0);
}
