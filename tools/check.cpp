// check - the gate a design passes before a second of training is spent on it.
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "base/hash.h"
#include "base/ledger.h"
#include "base/log.h"
#include "base/tool.h"
#include "check/canaries.h"
#include "check/gate.h"
#include "check/learning_data.h"
#include "check/probes.h"
#include "check/profile.h"
#include "design/experiment.h"
#include "design/fit.h"
#include "train/default_corpus.h"
#include "train/machine.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: check [options] DESIGN…
       check --file BLOCK.py [--scale NAME] [--seconds N]
       check --profile (DESIGN | --file BLOCK.py) [--scale NAME]
       check --probes (DESIGN | --file BLOCK.py) [--setting fast|full] [--scale NAME] [--seconds N]
       check --canaries [fast | NAME…] [--scale NAME] [--seeds N] [--into EXP]

Judges designs by structure, fit, gradients, causality and batch independence, on the whole model in float64. With
--profile nothing is judged: it counts FLOPs, bytes moved and made, and peak live memory of one block, by unit and operator.
With --probes two of its blocks are trained on synthetic tasks, one ability each: recall, copying, compression, memory.
With --canaries the gate itself is judged, by blocks that are known to cheat or to be honest (data/canaries).

Reads   designs/…/design.yaml, units/, experiment.yaml (check.*, scales)
Writes  designs/…/check.yaml, probes.yaml (this tool alone); EXP/canaries.yaml
Prints  design  verdict  .  reason  unit  evidence; --profile: kind  name  calls  flops  bytes  made_bytes  peak_bytes;
        --probes: task  setting  accuracy  chance  seeds  steps  seconds  note;
        --canaries: name  expected  verdict  reason  unit  seconds, and what the gate is worth on stderr
Exits   0 done; 1 the one design named is refused, or a canary misjudged; 2 not done

Examples
  $ bin/check EXP/designs/g000/g000-000
  $ bin/check --tier fast --file data/units/linear_attention.py
  $ bin/check --profile --file data/units/linear_attention.py --scale micro
  $ bin/check --canaries cheat/batch_mean.py honest/token_shift.py --scale nano
  $ bin/check --canaries --into exp
  $ ls -d EXP/designs/g000/* | bin/check -
)";

Record to_record(const Record& input, const CheckResult& result) {
  Record record = input;
  record.verdict = result.passed ? Verdict::kOk : Verdict::kNo;
  std::string evidence = result.evidence.substr(result.evidence.find_last_of('\n', result.evidence.size() - 2) + 1);
  auto dot = [](const std::string& s) { return s.empty() ? std::string(".") : s; };
  record.detail = {dot(result.reason), dot(result.unit), dot(evidence)};
  return record;
}

/// With --verbose: every measurement, a line each.
void tell(const CheckResult& result) {
  for (const auto& check : result.checks)
    log_debug(check.verdict + "  " + check.name + "  " + format_g(check.value) +
              (check.limit ? " (limit " + format_g(check.limit) + ")" : "") + "  " + format_fixed(check.seconds, 3) +
              " s" + (check.evidence.empty() ? "" : "  " + check.evidence));
}

std::string probe_row(const ProbeScore& s) {
  return s.task + '\t' + s.setting + '\t' + format_fixed(s.accuracy, 3) + '\t' + format_fixed(s.chance, 3) + '\t' +
         std::to_string(s.seeds) + '\t' + std::to_string(s.steps) + '\t' + format_fixed(s.seconds, 1) + '\t' +
         (s.saturated ? "saturated" : ".") + '\n';
}

/// Prints a row as each task ends.
Probes run_probes(const Args& args, const GateJob& job, const Scale& scale, CheckSettings settings) {
  Probes probes;
  probes.setting = args.get_or("setting", "fast");
  if (probes.setting != "fast" && probes.setting != "full")
    throw UsageError("no setting '" + probes.setting + "': fast or full");
  const bool fast = probes.setting == "fast";
  settings.seconds = args.get_double("seconds").value_or(fast ? 300 : 86'400);
  std::string header = "# task\tsetting\taccuracy\tchance\tseeds\tsteps\tseconds\tnote\n";  // before the first row
  probes.scores = probe_in_children(job, scale, settings, fast ? fast_probe_tasks() : full_probe_tasks(),
                                    fast ? fast_probe_plan() : full_probe_plan(), default_threads(),
                                    [&](const ProbeScore& s) { print_text(std::exchange(header, "") + probe_row(s)); });
  return probes;
}

/// Without an experiment: one scale of those built in.
GateSettings settings_of(const Args& args) {
  GateSettings settings;
  settings.shape_scale = args.get_or("scale", "nano");
  auto scale = builtin_scales().find(settings.shape_scale);
  if (scale == builtin_scales().end())
    throw UsageError("no scale '" + settings.shape_scale + "': did you mean '" +
                     nearest(settings.shape_scale, ladder_order(builtin_scales())) + "'?");
  settings.scales[settings.shape_scale] = scale->second;
  settings.check.seconds = args.get_double("seconds").value_or(settings.check.seconds);
  settings.check.tier = args.get_or("tier", args.has("canaries") ? "fast" : settings.check.tier);
  tier_of(settings.check.tier);
  settings.corpus = learning_corpus({});
  settings.cache = cache_directory();
  settings.exhaustive = args.has("exhaustive");
  if (settings.exhaustive && !args.has("seconds")) settings.check.seconds = 3600;
  return settings;
}

/// One plain PyTorch file as the root of a design, judged or profiled without an experiment.
int check_file(const Args& args) {
  const Path path = *args.get("file");
  const GateSettings settings = settings_of(args);
  std::string source = read_file(path);
  auto scratch = std::filesystem::temp_directory_path() /
                 ("gradus-check-" + hash_hex16(path.string() + std::to_string(::getpid())));
  std::filesystem::create_directories(scratch);
  UnitStore units(scratch);
  std::string design_text = to_yaml(write_design(Design{UnitNode{units.add(source), {}, {}}}));
  struct Removed {
    Path path;
    ~Removed() { std::filesystem::remove_all(path); }
  } removed{scratch};
  const GateJob job{design_text, scratch.string()};
  if (args.has("profile"))
    return print_text(profile_in_child(job, settings.scales.at(settings.shape_scale), settings.check)), kDone;
  if (args.has("probes")) return run_probes(args, job, settings.scales.at(settings.shape_scale), settings.check), kDone;
  CheckResult result = check_in_child({job}, settings).front();
  tell(result);
  print_record(to_record({path.string(), Verdict::kOk, ".", {}}, result));
  if (!result.passed)
    log_info("'" + path.string() + "' is refused by " + result.reason +
             (result.hint.empty() ? "" : ": " + result.hint));
  return result.passed ? kDone : kNo;
}

Record check_one(const Args& args, const Record& input) {
  auto located = locate_design(input.design);
  Experiment experiment(located.experiment);
  Path directory = experiment.directory(located.design);
  if (!args.force)
    if (auto known = read_yaml_if_exists<CheckResult>(directory / "check.yaml")) return to_record(input, *known);
  GateJob job{to_yaml(write_design(experiment.read_tree(located.design))), (experiment.root() / "units").string()};
  GateSettings settings = gate_settings(experiment.settings());
  settings.corpus = learning_corpus(experiment.corpus());
  settings.cache = cache_directory();
  settings.exhaustive = args.has("exhaustive");
  if (settings.exhaustive) settings.check.seconds = std::max(settings.check.seconds, 3600.0);
  CheckResult result = check_in_child({job}, settings).front();
  tell(result);
  write_yaml(directory / "check.yaml", result);
  double seconds = 0;
  for (const auto& check : result.checks) seconds += check.seconds;
  append_ledger(experiment.root(), {located.design.text(), "check", result.passed ? "ok" : "no",
                                    std::filesystem::relative(directory / "check.yaml", experiment.root()).string(),
                                    file_hash_hex16(directory / "check.yaml"), 0, 0, seconds});
  return to_record(input, result);
}

int profile_one(const Args& args) {
  if (args.paths.size() != 1 || args.paths[0] == "-")
    throw UsageError("--profile takes one design, or --file BLOCK.py");
  const auto located = locate_design(args.paths[0]);
  const Experiment experiment(located.experiment);
  const Scale& scale = experiment.scale(args.get_or("scale", experiment.settings().rungs.front()));
  const GateJob job{to_yaml(write_design(experiment.read_tree(located.design))),
                    (experiment.root() / "units").string()};
  print_text(profile_in_child(job, scale, experiment.settings().check));
  return kDone;
}

/// Of an experiment (--into): those of check.canaries by its own settings, once, recorded in its canaries.yaml.
int check_canaries(const Args& args) {
  std::optional<Experiment> experiment;
  std::vector<std::string> names = args.paths;
  if (args.has("into")) {
    experiment.emplace(*args.get("into"));
    const std::string& set = experiment->settings().check.canaries;
    if (names.empty() &&
        (set == "none" || (!args.force && std::filesystem::exists(experiment->root() / "canaries.yaml"))))
      return kDone;
    if (names.empty() && set == "fast") names = {"fast"};
  }
  GateSettings settings = experiment ? gate_settings(experiment->settings()) : settings_of(args);
  if (experiment) settings.check.tier = args.get_or("tier", "fast");
  const int64_t n_seeds = args.get_int("seeds").value_or(1);
  if (n_seeds < 1) throw UsageError("--seeds: must be 1 or more");
  const auto print = [](const CanaryRun& run) { print_text(to_line(run) + "\n"); };
  auto canaries = choose_canaries(names);
  std::erase_if(canaries, [&](const Canary& c) { return c.tier > tier_of(settings.check.tier); });  // not yet asked
  const auto runs = run_canaries(canaries, settings, static_cast<int>(n_seeds), print);
  const CanaryRecord record = summarise_canaries(runs, settings.shape_scale);
  if (experiment && args.paths.empty()) write_yaml(experiment->root() / "canaries.yaml", record);
  log_info(canary_text(record));
  return record.misses.empty() && record.false_alarms.empty() ? kDone : kNo;
}

int probe_one(const Args& args) {
  if (args.paths.size() != 1 || args.paths[0] == "-") throw UsageError("--probes takes one design, or --file BLOCK.py");
  const auto located = locate_design(args.paths[0]);
  const Experiment experiment(located.experiment);
  const std::string scale = args.get_or("scale", experiment.settings().rungs.front());
  const Design design = experiment.read_tree(located.design);
  const GateJob job{to_yaml(write_design(design)), (experiment.root() / "units").string()};
  Probes probes = run_probes(args, job, experiment.scale(scale), experiment.settings().check);
  probes.scale = scale;
  probes.design_id = design_id(design, experiment.units());
  write_yaml(experiment.directory(located.design) / "probes.yaml", probes);
  return kDone;
}

int check(const Args& args) {
  if (args.has("canaries")) return check_canaries(args);
  if (args.has("file")) return check_file(args);
  if (args.has("profile")) return profile_one(args);
  if (args.has("probes")) return probe_one(args);
  if (args.paths.empty()) throw UsageError("no design given: name one, '-' for standard input, or --file BLOCK.py");
  return for_each_design(args, [&](const Record& record) { return check_one(args, record); },
                         {"reason", "unit", "evidence"});
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  gradus::register_gate_child();
  gradus::register_profile_child();
  gradus::register_probe_child();
  return gradus::run_tool(
      argc, argv, gradus::kUsage,
      {{"canaries", "", "judge the gate by its canaries: those named, 'fast' for one of each kind, or all"},
       {"file", "BLOCK.py", "judge one PyTorch file instead of an experiment's designs"},
       {"profile", "", "count FLOPs, bytes and memory instead of judging"},
       {"probes", "", "train on synthetic tasks instead of judging"},
       {"setting", "NAME",
        "of the probes: fast (one setting a task, minutes), full (three seeds, a sweep, many hours)"},
       {"scale", "NAME",
        "without a design: the scale whose shape is used (nano); with --profile or --probes: another than the lowest"},
       {"tier", "NAME", "without a design: the last tier that runs: fast, full or learning (full; canaries: fast)"},
       {"exhaustive", "", "causality in every kind, nature, mode and length, whatever it costs"},
       {"seconds", "N", "the longest a block may take (60), or one probe (300; full: a day)"},
       {"into", "EXP",
        "with --canaries: by the experiment's settings; without names its own set, once, recorded there"},
       {"seeds", "N", "with --canaries: how often each is judged, with other draws (1)"}},
      gradus::check, 0);
}
