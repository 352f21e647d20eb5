// pretrain - train designs at a rung of the ladder; killed anywhere, it goes on where it was.
#include "base/log.h"
#include "base/settings.h"
#include "base/tool.h"
#include "train/machine.h"
#include "train/plan.h"
#include "train/run.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: pretrain [options] DESIGN…
       mpirun -n RANKS pretrain [options] DESIGN…
       pretrain --plan [options] DESIGN…

Trains each design at a scale, seed and learning rate, on every rank that the launcher started. Without --scale it does
the run that the record names, else those that the newest decision under selected/ names for the design. Finished runs
are not repeated. --plan trains for seconds instead and says what the run would take on 1, 2, 4 … ranks: under mpirun with
the rate measured between them, else with --gbs.

Reads   check.yaml and design.yaml of the designs, corpus/, experiment.yaml (pretrain.*, scales)
Writes  designs/…/runs/SCALE-sSEED-lrMULT/: config.yaml, log.jsonl, checkpoint-…/, weights.h5, metrics.h5, pretrain.yaml
Prints  design  verdict  run  steps  loss  bpb    (of several runs: '.', the steps together, the means)
        --plan: design  ranks  seconds a step  tokens/s  hours  core hours  GB a rank  GB on disk  files
Exits   0 done; 1 the one design named diverged; 2 not done; 75 checkpointed on USR1, TERM or INT: run again

Examples
  $ bin/pretrain exp/designs/g000/g000-000 --scale nano
  $ bin/pretrain exp/designs/g000/g000-000 --scale nano --seed 1 --lr 3 --set pretrain.checkpoint_steps=200
  $ bin/pretrain exp/designs/g000/g000-000 --scale nano --device cpu
  $ bin/pretrain --plan exp/designs/g000/g000-000 --scale nano
  $ ls -d exp/designs/g000/* | bin/pretrain - --scale nano
)";

PretrainSettings settings_of(const Experiment& experiment, const Args& args) {
  ToolSettings file(args, experiment.root() / "experiment.yaml");
  PretrainSettings settings;
  file.read("pretrain", settings);
  file.finish();
  if (const auto device = args.get("device")) settings.device = *device;
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

void print_plan(const std::string& design, const Plan& plan) {
  std::printf("# ranks of this machine's kind; exchange %s GB/s, %s\n", format_g(plan.exchange_gbs).c_str(),
              plan.measured_exchange ? "measured" : "assumed (--gbs)");
  std::printf("# design\tranks\tstep_seconds\ttokens_per_second\thours\tcore_hours\tmemory_gb\tdisk_gb\tfiles\n");
  for (const PlanRow& row : plan.rows)
    std::printf("%s\t%d\t%.4g\t%.4g\t%.4g\t%.4g\t%.3g\t%.3g\t%lld\n", design.c_str(), row.ranks, row.step_seconds,
                row.tokens_per_second, row.hours, row.core_hours, row.memory_gb, 1e-9 * static_cast<double>(plan.bytes),
                static_cast<long long>(plan.files));
}

int plan(const Args& args, const Communicator& communicator, int threads) {
  const double rate = std::atof(args.get("gbs").value_or("5").c_str());
  if (!(rate > 0)) throw UsageError("--gbs is a positive number of GB/s");
  if (std::find(args.paths.begin(), args.paths.end(), "-") != args.paths.end())
    throw UsageError("--plan takes designs by name, not '-'");
  for (const std::string& path : args.paths) {
    const Located located = locate_design(path);
    const Experiment experiment(located.experiment);
    const PretrainSettings settings = settings_of(experiment, args);
    const auto runs = asked_runs(args, Record{path}, experiment, located.design);
    const Plan made = plan_run({experiment, located.design, runs.front(), settings, threads}, communicator, rate);
    if (communicator.first()) print_plan(path, made);
  }
  return kDone;
}

int pretrain(const Args& args, Communicator& communicator, int threads) {
  share_streams(communicator, std::find(args.paths.begin(), args.paths.end(), "-") != args.paths.end());
  const auto work = [&](const Record& input) {
    const Located located = locate_design(input.design);
    const Experiment experiment(located.experiment);
    const auto runs = asked_runs(args, input, experiment, located.design);
    const PretrainSettings settings = settings_of(experiment, args);
    communicator.set_deadline(settings.deadline_seconds);
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
    Communicator communicator;
    set_log_name(args.verb, communicator.rank(), communicator.size());
    if (communicator.size() > 1)  // alone there is nobody to end, and the hook is called when this object is gone
      set_fatal_hook([&](int code) { communicator.abort(code); });
    const int code = args.has("plan") ? plan(args, communicator, threads) : pretrain(args, communicator, threads);
    set_fatal_hook({});
    return code;
  };
  return run_tool(argc, argv, kUsage,
                  {{"scale", "NAME", "the rung to train at"},
                   {"seed", "N", "of initial weights and data order (0)", true},
                   {"lr", "MULT", "times the scale's learning rate (1)", true},
                   {"device", "WHERE", "cpu, cuda, or auto: a GPU where there is one (pretrain.device)"},
                   {"plan", "", "say what the run would take; train nothing"},
                   {"gbs", "GB/S", "with --plan: the rate between ranks where none is measured (5)"}},
                  tool);
}
