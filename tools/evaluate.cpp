// evaluate - bits per byte of trained runs on text they have not seen, beside the same model untrained.
#include "base/log.h"
#include "base/settings.h"
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
  $ bin/evaluate exp/designs/g000/g000-000 --scale nano
  $ bin/pretrain exp/designs/g000/g000-000 --scale nano | bin/evaluate -
)";

EvaluateSettings settings_of(const Experiment& experiment, const Args& args) {
  ToolSettings file(args, experiment.root() / "experiment.yaml");
  EvaluateSettings settings;
  file.read("evaluate", settings);
  file.finish();
  return settings;
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
    const auto runs = asked_runs(args, input, experiment, located.design);
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
