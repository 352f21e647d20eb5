// What may be trained, and which runs: the parts of run.h that read decisions and build models.
#include <algorithm>

#include "train/run.h"

namespace gradus {
namespace {

/// The runs that a decision, if it was made, names for a design; each once.
void add_decided(const Experiment& experiment, int generation, const std::string& stage, const DesignName& design,
                 std::vector<RunName>& runs) {
  const auto selection = experiment.read_selection(generation, stage);
  if (!selection) return;
  for (const auto& chosen : selection->chosen) {
    if (chosen.design != design.text()) continue;
    for (const auto& text : chosen.runs) {
      const auto run = RunName::parse(text);
      if (!run) throw Error("'" + experiment.selection(generation, stage).string() + "' names no run: '" + text + "'");
      if (std::find(runs.begin(), runs.end(), *run) == runs.end()) runs.push_back(*run);
    }
  }
}

}  // namespace

Trainable read_trainable(const Experiment& experiment, const DesignName& design, const std::string& scale) {
  const Path directory = experiment.directory(design), file = directory / "check.yaml";
  if (!std::filesystem::exists(file))
    throw Error("'" + directory.string() + "' is not checked: run: check " + directory.string());
  const auto check = read_yaml<CheckResult>(file);
  if (!check.passed) throw Error("'" + directory.string() + "' did not pass the gate: " + check.reason);
  Trainable t;
  t.design = experiment.read_tree(design);
  const UnitStore units = experiment.units();
  t.design_id = design_id(t.design, units);
  if (t.design_id != check.design_id)
    throw Error("'" + file.string() + "' is of another tree than design.yaml: run: check --force " +
                directory.string());
  std::string why;
  const auto known = check.fits.find(scale);
  t.fit = known != check.fits.end()
              ? known->second
              : fit_design(t.design, units, experiment.scale(scale), experiment.settings().check, &why);
  if (!t.fit.fits)
    throw Error("'" + directory.string() + "' does not fit scale '" + scale + "'" + (why.empty() ? "" : ": " + why));
  return t;
}

std::unique_ptr<LanguageModel> build_model(const Experiment& experiment, const Trainable& trainable, const Scale& scale,
                                           int64_t seed, at::ScalarType precision) {
  ModelOptions options;
  options.dtype = precision;
  options.seed = static_cast<uint64_t>(seed);
  options.limits.steps = UINT64_MAX / 2;  // a passed design may compute for as long as its run takes
  return std::make_unique<DesignModel>(trainable.design, experiment.units(), fitted_shape(scale, trainable.fit),
                                       trainable.fit.multiplier, options);
}

std::vector<RunName> asked_runs(const Args& args, const Record& input, const Experiment& experiment,
                                const DesignName& design) {
  if (const auto scale = args.get("scale")) return named_runs(experiment, *scale, args.all("seed"), args.all("lr"));
  if (args.has("seed") || args.has("lr")) throw UsageError("--seed and --lr need --scale");
  if (input.run == ".") return decided_runs(experiment, design);
  const auto run = RunName::parse(Path(input.run).filename().string());
  if (!run) throw Error("the record names no run: '" + input.run + "'");
  return {*run};
}

std::vector<RunName> decided_runs(const Experiment& experiment, const DesignName& design) {
  auto generations = experiment.generations();
  auto rungs = experiment.settings().rungs;
  std::sort(generations.rbegin(), generations.rend());
  std::reverse(rungs.begin(), rungs.end());
  for (int generation : generations) {
    for (const auto& rung : rungs) {
      std::vector<RunName> runs;
      add_decided(experiment, generation, rung, design, runs);
      add_decided(experiment, generation, rung + "-seeds", design, runs);
      if (!runs.empty()) return runs;
    }
  }
  throw Error("no decision under '" + (experiment.root() / "selected").string() + "' names runs of '" + design.text() +
              "': give --scale, or run select");
}

std::vector<RunName> named_runs(const Experiment& experiment, const std::string& scale,
                                const std::vector<std::string>& seeds, const std::vector<std::string>& multipliers) {
  experiment.scale(scale);  // UsageError naming the nearest
  std::vector<RunName> runs;
  for (const auto& seed : seeds.empty() ? std::vector<std::string>{"0"} : seeds) {
    for (const auto& multiplier : multipliers.empty() ? std::vector<std::string>{"1"} : multipliers) {
      const auto run = RunName::parse(scale + "-s" + seed + "-lr" + multiplier);
      if (!run) throw UsageError("no seed and multiplier: '" + seed + "', '" + multiplier + "' (as 0, 0.333)");
      runs.push_back(*run);
    }
  }
  return runs;
}

}  // namespace gradus
