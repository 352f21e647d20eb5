// try - does this block beat GPT2 at matched parameters?
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "base/log.h"
#include "base/tool.h"
#include "check/gate.h"
#include "ladder/block_file.h"
#include "ladder/trial.h"
#include "ladder/trial_corpus.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: try [options] BLOCK.py

Trains the block of a PyTorch file against GPT2 (or --against FILE) at matched parameters and says whether it beats it:
learning rates 1/3, 1 and 3 on one seed for both, then paired fresh seeds, scored on a held-out shard, until one side has won
by a test that may be looked at any time, or the minutes are over. The file's last nn.Module is the block: built with (dim),
called with x of shape (B, T, dim), returning the same shape. It runs in the unit language: no Python is needed.

Reads   BLOCK.py, FILE, a corpus
Writes  a small experiment, removed at the end; with --keep DIR it stays, and the same command goes on where it was
Prints  verdict  difference  ±  bits per byte, parameters, tokens, learning rates tried, seeds, p
Exits   0 it beats the other; 1 it loses, is undecided or identical, or the gate refuses it; 2 not done

Examples
  $ try data/units/multi_head_attention.py --scale pico --corpus text
  $ try data/units/pre_norm.py --against data/units/swiglu.py --scale pico --corpus text
)";

using Clock = std::chrono::steady_clock;

/// The experiment's directory: --keep's, or one that goes with the process.
struct Place {
  Path root;
  bool temporary;
  explicit Place(const Args& args) : root(args.get_or("keep", "")), temporary(root.empty()) {
    if (temporary) root = std::filesystem::temp_directory_path() / ("gradus-try-" + std::to_string(::getpid()));
  }
  ~Place() {
    std::error_code ignored;
    if (temporary) std::filesystem::remove_all(root, ignored);
  }
};

Settings trial_settings(const std::string& scale_name, double tolerance) {
  const auto scale = builtin_scales().find(scale_name);
  if (scale == builtin_scales().end()) {
    const std::string near = nearest(scale_name, ladder_order(builtin_scales()));
    throw UsageError("no scale '" + scale_name + "'" + (near.empty() ? "" : " (did you mean '" + near + "'?)"));
  }
  Settings s;
  s.name = "try";
  s.rungs = {scale_name};
  s.scales = {{scale_name, scale->second}};
  s.check.parameter_tolerance = s.check.block_tolerance = tolerance;
  s.pretrain.checkpoint_steps = std::max<int64_t>(1, scale->second.steps() / 2);
  s.pretrain.validate_steps = s.pretrain.checkpoint_steps;
  s.evaluate.tokens = 65'536;
  return s;
}

/// A design directory with its tree and the gate's verdict; `match`: the fit it must follow in parameters.
CheckResult admit(const Experiment& experiment, const DesignName& name, const Design& design, const Fit* match) {
  const Path directory = experiment.directory(name);
  if (const auto known = read_yaml_if_exists<CheckResult>(directory / "check.yaml"); known && !match) return *known;
  write_file(directory / "design.yaml", to_yaml(write_design(design)));
  const GateJob job{to_yaml(write_design(design)), (experiment.root() / "units").string()};
  CheckResult check = check_in_child({job}, gate_settings(experiment.settings())).front();
  if (match && check.passed) {
    const std::string& scale = experiment.settings().rungs.front();
    check.fits[scale] = match_parameters(design, experiment.units(), experiment.scale(scale), *match);
  }
  write_yaml(directory / "check.yaml", check);
  return check;
}

std::string refusal(const CheckResult& check) {
  return check.reason + ": " + check.evidence + (check.hint.empty() ? "" : " (" + check.hint + ")");
}

int print_verdict(const std::string& verdict, const std::string& text) {
  print_text(verdict + (text.empty() ? "" : " " + text) + "\n");
  return verdict == "beats" ? kDone : kNo;
}

std::string describe(const TrialResult& r, const std::string& other) {
  const Duel& d = r.duel;
  if (r.candidate_multiplier == 0)
    return "against " + other + ": " + r.note + "; " + std::to_string(r.rates_tried) +
           " of 3 learning rates were tried";
  const std::string half = std::isfinite(d.half_width) ? format_fixed(d.half_width, 4) : "unknown";
  return other + " by " + format_fixed(std::abs(d.difference), 4) + (d.difference < 0 ? " (worse)" : "") + " ± " +
         half + " bits per byte at " + format_count(double(r.candidate_parameters)) +
         (r.candidate_parameters == r.reference_parameters
              ? ""
              : " against " + format_count(double(r.reference_parameters))) +
         " parameters, " + format_count(double(r.tokens)) + " tokens (" + std::to_string(r.rates_tried) +
         " learning rates tried, best " + format_g(r.candidate_multiplier) + "× against " +
         format_g(r.reference_multiplier) + "×; " + std::to_string(d.pairs) + " paired fresh seeds; p " +
         (d.p < 0.0001 ? "< 0.0001" : "= " + format_fixed(d.p, 4)) + "); " + r.note;
}

int try_block(const Args& args) {
  const auto start = Clock::now();
  if (args.paths.size() != 1) throw UsageError("expected one PyTorch file");
  const double seconds = 60 * args.get_double("minutes").value_or(10);
  const std::string scale_name = args.get_or("scale", "nano"), other_file = args.get_or("against", "");
  const Settings strict = trial_settings(scale_name, 0.02);
  const Scale& scale = strict.scales.at(scale_name);
  std::vector<std::string> sources{read_file(args.paths[0])};
  if (!other_file.empty()) sources.push_back(read_file(other_file));
  const Place place(args);

  // 1. The files as designs; what is computed alike needs no trial.
  const auto blocks = import_blocks(sources, place.root / "units", scale, strict.check);
  if (!blocks[0].fault.empty()) return print_verdict("refused", args.paths[0] + ": " + blocks[0].fault);
  if (blocks.size() > 1 && !blocks[1].fault.empty())
    throw Error("cannot try against '" + other_file + "': " + blocks[1].fault);
  const std::string other = other_file.empty() ? "GPT2" : other_file;
  const Design& reference = other_file.empty() ? gpt2_seed() : blocks[1].design;
  if (blocks[0].trace_id == (other_file.empty() ? trace_id(reference, UnitStore()) : blocks[1].trace_id))
    return print_verdict("identical", "to " + other + ": it computes the same operators in the same order");

  // 2. An experiment, and the gate for both.
  double tolerance = blocks[0].tolerance;
  if (blocks.size() > 1) tolerance = std::max(tolerance, blocks[1].tolerance);
  create_experiment(place.root, trial_settings(scale_name, tolerance));
  const Experiment experiment(place.root);
  TrialPlan plan;
  plan.scale = scale_name;
  plan.reference = other_file.empty() ? DesignName{0, 0} : DesignName{1, 1};
  const CheckResult check = admit(experiment, plan.candidate, blocks[0].design, nullptr);
  if (!check.passed) return print_verdict("refused", args.paths[0] + ": " + refusal(check));
  log_info(blocks[0].line + ": passed the gate, " + format_count(double(check.fits.at(scale_name).parameters)) +
           " parameters in " + std::to_string(check.fits.at(scale_name).n_blocks) + " blocks");
  const CheckResult their = admit(experiment, plan.reference, reference, &check.fits.at(scale_name));
  if (!their.passed) throw Error("'" + other + "' does not pass the gate: " + refusal(their));

  // 3. The corpus, and the trial with what is left of the time.
  const Path corpus = trial_corpus(args.get_or("corpus", ""), scale.vocabulary);
  if (!std::filesystem::exists(experiment.corpus()))
    std::filesystem::create_directory_symlink(corpus, experiment.corpus());
  plan.workers = int(std::clamp(std::thread::hardware_concurrency(), 1u, 2u));
  plan.seconds = seconds - std::chrono::duration<double>(Clock::now() - start).count();
  const TrialResult result = run_trial(experiment, plan, [](const std::string& line) { log_info(line); });
  return print_verdict(to_string(result.duel.outcome), describe(result, other));
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  gradus::register_block_child();
  gradus::register_gate_child();
  gradus::register_trial_child();
  return gradus::run_tool(argc, argv, gradus::kUsage,
                          {{"against", "FILE", "another PyTorch file instead of GPT2"},
                           {"corpus", "C", "an experiment, its corpus, or a folder of text (text of this machine)"},
                           {"scale", "NAME", "the rung (nano)"},
                           {"minutes", "M", "end by then, undecided if need be (10)"},
                           {"keep", "DIR", "keep the experiment there"}},
                          gradus::try_block);
}
