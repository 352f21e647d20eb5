// try - does this block beat GPT2 at matched parameters?
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/log.h"
#include "base/tool.h"
#include "check/gate.h"
#include "ladder/block_file.h"
#include "ladder/trial.h"
#include "ladder/trial_setup.h"
#include "train/default_corpus.h"

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
  $ bin/try data/units/multi_head_attention.py --scale nano --corpus texts
  $ bin/try data/units/pre_norm.py --against data/units/swiglu.py --scale nano --corpus texts
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

int print_verdict(const std::string& verdict, const std::string& text) {
  print_text(verdict + (text.empty() ? "" : " " + text) + "\n");
  return verdict == "beats" ? kDone : kNo;
}

int try_block(const Args& args) {
  const auto start = Clock::now();
  if (args.paths.size() != 1) throw UsageError("expected one PyTorch file");
  const double seconds = 60 * args.get_double("minutes").value_or(10);
  const std::string scale_name = args.get_or("scale", "nano"), other_file = args.get_or("against", "");
  const std::string corpus_name = args.get_or("corpus", "");
  if (!corpus_name.empty() && !std::filesystem::exists(corpus_name))
    throw Error("cannot read '" + corpus_name + "': No such file or directory");
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
  const Path corpus = default_corpus(corpus_name, scale.vocabulary);
  if (!std::filesystem::exists(experiment.corpus()))
    std::filesystem::create_directory_symlink(corpus, experiment.corpus());
  plan.workers = int(std::clamp(std::thread::hardware_concurrency(), 1u, 2u));
  plan.seconds = seconds - std::chrono::duration<double>(Clock::now() - start).count();
  const TrialResult result = run_trial(experiment, plan, [](const std::string& line) { log_info(line); });
  return print_verdict(to_string(result.duel.outcome), trial_sentence(result, other));
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
