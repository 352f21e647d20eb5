// evaluate - trained runs on text they have not seen and on tasks, beside the same model untrained.
#include "base/log.h"
#include "base/settings.h"
#include "base/tool.h"
#include "eval/free_text.h"
#include "eval/recall.h"
#include "eval/score.h"
#include "eval/task_run.h"
#include "eval/task_view.h"
#include "train/machine.h"
#include "train/run.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: evaluate [options] DESIGN…

Scores a run of each design on the validation and confirmation shards, every token once, with a standard error over
documents, from weights whose hash is checked. The run is the one that the record of `pretrain` names; else --scale,
--seed, --lr; else those of the newest decision under selected/. With --task: on tasks written as lm-evaluation-harness
writes them, with its numbers, over local rows. With --text or --generate: on a text, after a prompt. Without a design
--list, --validate and --show say which tasks there are, whether their rows are lawful, what a model is given of them.

Reads   runs/…/pretrain.yaml and weights.h5, corpus/, experiment.yaml (evaluate.*); with --task rows below --data
Writes  designs/…/evaluate/SCALE-sSEED-lrMULT.yaml and .h5, untrained-SCALE-sSEED.yaml; with --task the same and -tasks
Prints  design  verdict  run  bpb  se  untrained    (of validation; of several runs: '.', the means)
        with --task for each task or group and metric  name  value  se  untrained  better | <=untrained
        with --text  bpb  untrained  bytes  tokens;  with --generate the text as JSON
        with --recall  nats a token on pairs seen before, on others, untrained on the first;  tokens of both
Exits   0 done; 2 not done: no such run, other weights, no better than untrained in bits per byte, unlawful rows

Examples
  $ bin/evaluate exp/designs/g000/g000-000 --scale nano
  $ bin/pretrain exp/designs/g000/g000-000 --scale nano | bin/evaluate -
  $ bin/evaluate --list
  $ bin/evaluate --show lambada_openai -n 2 --data data/tasks
  $ bin/evaluate exp/designs/g000/g000-000 --scale nano --task arc_easy --data data/tasks --limit 100
  $ bin/evaluate exp/designs/g000/g000-000 --scale nano --generate "The first" -n 20 --temperature 0.8
)";

EvaluateSettings settings_of(const Experiment& experiment, const Args& args) {
  ToolSettings file(args, experiment.root() / "experiment.yaml");
  EvaluateSettings settings;
  file.read("evaluate", settings);
  file.finish();
  return settings;
}

struct Work {
  const Args& args;
  const Communicator& communicator;
  const Located& located;
  const Experiment& experiment;

  std::vector<std::string> bits(const std::vector<RunName>& runs) const {
    const EvaluateSettings settings = settings_of(experiment, args);
    double mean = 0, error = 0, untrained = 0;
    for (const auto& run : runs) {
      const auto shards = evaluate_run({experiment, located.design, run, settings, args.force}, communicator).shards;
      const Score& score = shards.at("validation");
      const double share = 1.0 / static_cast<double>(runs.size());
      mean += share * score.bits_per_byte;
      error += share * score.standard_error;
      untrained += share * score.untrained_bits_per_byte;
    }
    return {format_g(mean), format_g(error), format_g(untrained)};
  }

  std::vector<std::string> tasks(const RunName& run) const {
    TaskRequest request{experiment, located.design, run, find_all_tasks(args.all("task")), args.get_or("data", ".")};
    request.limit = args.get_int("limit").value_or(0);
    request.bootstrap_draws = args.get_int("bootstrap").value_or(request.bootstrap_draws);
    request.force = args.force;
    if (request.limit < 0 || request.bootstrap_draws < 0) throw UsageError("--limit and --bootstrap are 0 or more");
    return record_words(evaluate_tasks(request, communicator), request.groups);
  }

  std::vector<std::string> text(const RunName& run) const {
    TrainedModel trained(experiment, located.design, run);
    if (args.has("recall"))
      return words_of(score_recall(trained, experiment, run, settings_of(experiment, args).tokens, communicator));
    if (const auto file = args.get("text")) return words_of(score_text(trained, read_file(*file), *file, communicator));
    const GenerateOptions options = read_generate_options(args);
    trained.load();
    return {write_after(trained, *args.get("generate"), options, communicator)};
  }
};

int evaluate(const Args& args) {
  if (args.has("list") || args.has("validate") || args.has("show")) {
    print_text(view_text(args));
    return kDone;
  }
  if (args.paths.empty()) throw UsageError("no design named: evaluate DESIGN…, or '-' for those on standard input");
  if (args.has("task") + args.has("text") + args.has("generate") + args.has("recall") > 1)
    throw UsageError("--task, --text, --generate, --recall: one at a time");
  prepare_process(default_threads());
  const Communicator communicator;
  set_log_name(args.verb, communicator.rank(), communicator.size());
  if (communicator.size() > 1)  // alone there is nobody to end, and the hook is called when this object is gone
    set_fatal_hook([&](int code) { communicator.abort(code); });
  share_streams(communicator, std::find(args.paths.begin(), args.paths.end(), "-") != args.paths.end());
  const bool task = args.has("task"), free = args.has("text") || args.has("generate") || args.has("recall");
  const auto work = [&](const Record& input) {
    const Located located = locate_design(input.design);
    const Experiment experiment(located.experiment);
    const auto runs = asked_runs(args, input, experiment, located.design);
    if ((task || free) && runs.size() != 1)
      throw UsageError("--task, --text, --recall and --generate take one run: --scale, --seed, --lr");
    const Work on{args, communicator, located, experiment};
    Record record = input;
    record.run = runs.size() == 1 ? experiment.run_directory(located.design, runs[0]).string() : ".";
    record.detail = task ? on.tasks(runs[0]) : free ? on.text(runs[0]) : on.bits(runs);
    return record;
  };
  using Columns = std::vector<std::string>;
  const Columns columns = task   ? Columns{"task", "value", "se", "untrained", "mark"}
                          : free ? Columns{"score"}
                                 : Columns{"bpb", "se", "untrained"};
  const int code = for_each_design(args, work, columns);
  set_fatal_hook({});
  return code;
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  return gradus::run_tool(argc, argv, gradus::kUsage,
                          {{"scale", "NAME", "the rung whose run is scored"},
                           {"seed", "N", "of the run (0)", true},
                           {"lr", "MULT", "of the run (1)", true},
                           {"task", "NAME", "a task or group, or the path of its .yaml", true},
                           {"data", "DIR", "folder that holds the rows of tasks (.)"},
                           {"limit", "N", "first items of each task alone (all)"},
                           {"bootstrap", "N", "draws for errors of perplexity, f1, mcc (100000)"},
                           {"list", "", "the tasks that ship, and the rows they need"},
                           {"validate", "TASK", "read and render all its rows", true},
                           {"show", "TASK", "its first -n items", true},
                           {"text", "FILE", "bits per byte of a text"},
                           {"recall", "", "validation losses where a rare pair of tokens comes again, and elsewhere"},
                           {"generate", "PROMPT", "what the model writes after it"},
                           {"n", "N", "items shown (3), tokens written (64)", false, 'n'},
                           {"temperature", "X", "of --generate; 0: the likeliest token (0)"},
                           {"top-k", "N", "only the N likeliest tokens (all)"},
                           {"top-p", "X", "only the likeliest of this mass (1)"},
                           {"draw", "N", "seed of --generate (0)"}},
                          gradus::evaluate, 0);
}
