// pretrain - train designs at a rung of the ladder; killed anywhere, it goes on where it was.
#include "base/log.h"
#include "base/settings.h"
#include "base/tool.h"
#include "train/machine.h"
#include "train/run.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: pretrain [options] DESIGN…
       mpirun -n RANKS pretrain [options] DESIGN…

Trains each design at a scale, seed and learning rate, on every rank that the launcher started. Without --scale it does
the run that the record names, else those that the newest decision under selected/ names for the design. Finished runs
are not repeated.

Reads   check.yaml and design.yaml of the designs, corpus/, experiment.yaml (pretrain.*, scales)
Writes  designs/…/runs/SCALE-sSEED-lrMULT/: config.yaml, log.jsonl, checkpoint-…/, weights.h5, metrics.h5, pretrain.yaml
Prints  design  verdict  run  steps  loss  bpb    (of several runs: '.', the steps together, the means)
Exits   0 done; 1 the one design named diverged; 2 not done; 75 checkpointed on USR1, TERM or INT: run again

Examples
  $ bin/pretrain exp/designs/g000/g000-000 --scale nano
  $ bin/pretrain exp/designs/g000/g000-000 --scale nano --seed 1 --lr 3 --set pretrain.checkpoint_steps=200
  $ ls -d exp/designs/g000/* | bin/pretrain - --scale nano
)";

PretrainSettings settings_of(const Experiment& experiment, const Args& args) {
  ToolSettings file(args, experiment.root() / "experiment.yaml");
  PretrainSettings settings;
  file.read("pretrain", settings);
  file.finish();
  return settings;
}

Record answer(const Record& input, const std::vector<RunResult>& results, const Path& only_run) {
  Record record = input;
  record.run = results.size() == 1 ? only_run.string() : ".";
  double steps = 0, loss = 0, bits = 0;
  for (const auto& r : results) {
    if (r.verdict != "done") record.verdict = Verdict::kNo;
    steps += static_cast<double>(r.steps);
    loss += r.loss / static_cast<double>(results.size());
    bits += r.bits_per_byte / static_cast<double>(results.size());
  }
  record.detail = {format_g(steps), format_g(loss), bits > 0 ? format_g(bits) : "."};
  return record;
}

int pretrain(const Args& args, const Communicator& communicator, int threads) {
  share_streams(communicator, std::find(args.paths.begin(), args.paths.end(), "-") != args.paths.end());
  const auto work = [&](const Record& input) {
    const Located located = locate_design(input.design);
    const Experiment experiment(located.experiment);
    const auto runs = asked_runs(args, input, experiment, located.design);
    const PretrainSettings settings = settings_of(experiment, args);
    std::vector<RunResult> results;
    for (const auto& run : runs) {
      results.push_back(pretrain_run({experiment, located.design, run, settings, threads, args.force}, communicator));
      if (results.back().verdict != "done" && communicator.first())
        log_info("'" + input.design + "' " + run.text() + ": diverged: " + results.back().reason);
    }
    return answer(input, results, experiment.run_directory(located.design, runs.front()));
  };
  return for_each_design(args, work, {"steps", "loss", "bpb"});
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  using namespace gradus;
  const auto tool = [](const Args& args) {
    const int threads = default_threads();
    prepare_process(threads);
    const Communicator communicator;
    set_log_name(args.verb, communicator.rank(), communicator.size());
    set_fatal_hook([&](int code) { communicator.abort(code); });
    const int code = pretrain(args, communicator, threads);
    set_fatal_hook({});
    return code;
  };
  return run_tool(argc, argv, kUsage,
                  {{"scale", "NAME", "the rung to train at"},
                   {"seed", "N", "of initial weights and data order (0)", true},
                   {"lr", "MULT", "times the scale's learning rate (1)", true}},
                  tool);
}
