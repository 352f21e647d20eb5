// evaluate - bits per byte of trained runs on text they have not seen, beside the same model untrained.
#include "base/log.h"
#include "base/tool.h"
#include "eval/score.h"
#include "train/machine.h"
#include "train/run.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: evaluate [options] DESIGN…

Scores a run of each design on the validation and confirmation shards, every token once, with a standard error over
documents, from weights whose hash is checked. The run is the one that the record of `pretrain` names; else --scale, --seed,
--lr; else those of the newest decision under selected/.

Reads   runs/…/pretrain.yaml and weights.h5, corpus/, experiment.yaml (evaluate.*)
Writes  designs/…/evaluate/SCALE-sSEED-lrMULT.yaml and .h5, untrained-SCALE-sSEED.yaml
Prints  design  verdict  run  bpb  se  untrained    (of validation; of several runs: '.', the means)
Exits   0 done; 2 not done: no such run, other weights, no better than untrained

Examples
  $ evaluate exp/designs/g000/g000-000 --scale nano
  $ pretrain exp/designs/g000/g000-000 --scale nano | evaluate -
)";

std::vector<std::string> all(const Args& args, const std::string& option) {
  const auto it = args.options.find(option);
  return it == args.options.end() ? std::vector<std::string>{} : it->second;
}

EvaluateSettings settings_of(const Experiment& experiment, const Args& args) {
  YAML::Node document;
  document["evaluate"] = write_value(experiment.settings().evaluate);
  for (const auto& [key, value] : args.settings) set_value(document, key, value);
  Faults faults("--set");
  EvaluateSettings settings;
  for (const auto& section : document)
    if (section.first.Scalar() != "evaluate") faults.add(section.first, "evaluate has no settings in that section");
  read_settings(document["evaluate"], settings, faults, "evaluate");
  faults.finish();
  return settings;
}

std::vector<RunName> runs_of(const Args& args, const Record& input, const Experiment& experiment,
                             const DesignName& design) {
  if (const auto scale = args.get("scale")) return named_runs(experiment, *scale, all(args, "seed"), all(args, "lr"));
  if (args.has("seed") || args.has("lr")) throw UsageError("--seed and --lr need --scale");
  if (input.run == ".") return decided_runs(experiment, design);
  const auto run = RunName::parse(Path(input.run).filename().string());
  if (!run) throw Error("the record names no run: '" + input.run + "'");
  return {*run};
}

int evaluate(const Args& args) {
  prepare_process(default_threads());
  const Communicator communicator;
  set_log_name(args.verb, communicator.rank(), communicator.size());
  set_fatal_hook([&](int code) { communicator.abort(code); });
  share_streams(communicator, std::find(args.paths.begin(), args.paths.end(), "-") != args.paths.end());
  const auto work = [&](const Record& input) {
    const Located located = locate_design(input.design);
    const Experiment experiment(located.experiment);
    const auto runs = runs_of(args, input, experiment, located.design);
    const EvaluateSettings settings = settings_of(experiment, args);
    double bits = 0, error = 0, untrained = 0;
    for (const auto& run : runs) {
      const auto shards = evaluate_run({experiment, located.design, run, settings, args.force}, communicator).shards;
      const Score& score = shards.at("validation");
      const double share = 1.0 / static_cast<double>(runs.size());
      bits += share * score.bits_per_byte;
      error += share * score.standard_error;
      untrained += share * score.untrained_bits_per_byte;
    }
    Record record = input;
    record.run = runs.size() == 1 ? experiment.run_directory(located.design, runs[0]).string() : ".";
    record.detail = {format_g(bits), format_g(error), format_g(untrained)};
    return record;
  };
  const int code = for_each_design(args, work, {"bpb", "se", "untrained"});
  set_fatal_hook({});
  return code;
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  return gradus::run_tool(argc, argv, gradus::kUsage,
                          {{"scale", "NAME", "the rung whose run is scored"},
                           {"seed", "N", "of the run (0)", true},
                           {"lr", "MULT", "of the run (1)", true}},
                          gradus::evaluate);
}
