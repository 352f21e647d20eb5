// implement - turn an accepted proposal into units that run, and say what happened on the way.
#include <filesystem>

#include "agent/importer.h"
#include "agent/studio.h"
#include "base/hash.h"
#include "base/ledger.h"
#include "base/log.h"
#include "base/tool.h"
#include "check/gate.h"
#include "design/experiment.h"
#include "design/fill.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: implement [options] DESIGN…
       implement --from PATH [--from PATH…] EXP

Builds accepted designs. A proposed tree (propose.agent genetic) is taken as it is, and the whole passes the gate's fast tier.
What a model proposed is written unit by unit: a planner picks an open slot, a coder writes its unit, the fast tier and an
observer judge it, and what has passed is frozen (agents.*). Run again after a kill, it goes on at its open slot.
With --from a file of another make becomes a design of the open generation, in its next free slot, and is built: a plain
PyTorch file (classes that are defaults of keyword-only constructor arguments become units in slots), or a unit tree of
Genesys, as JSON, as a folder of units, or composed (class GAB). It is not reviewed; the same file twice is one design.

Reads   designs/…/{candidate,review,origin}.yaml, proposal.md, units/, transcripts/; the PATHs
Writes  designs/…/{design,implement}.yaml, units/, transcripts/, mailbox/; --from: origin.yaml, proposal.md, candidate.yaml,
        review.yaml too
Prints  design  verdict  .  reason  units (of a model: its answers)
Exits   0 done; 1 the one design named is not built; 2 not done; 75 stopped or waiting for an answer, run again

Examples
  $ bin/propose EXP -n 2 | bin/review - | bin/implement -
  $ ls -d EXP/designs/g001/* | bin/implement -
  $ bin/implement --from data/units/pre_norm.py exp
  $ bin/implement --from data/units/pre_norm.py exp | bin/check - | bin/pretrain - --scale nano
)";

const std::vector<std::string> kColumns = {"reason", "units"};

Record to_record(const Record& input, const Implementation& result) {
  Record record = input;
  record.verdict = result.built ? Verdict::kOk : Verdict::kNo;
  record.detail = {result.reason.empty() ? "." : result.reason, std::to_string(result.attempts.size())};
  return record;
}

/// What the fast tier said, slot by slot: the blamed slot gets the checker's words, the others passed.
Implementation describe(const Design& design, const CheckResult& check) {
  Implementation result;
  result.built = check.passed;
  if (!check.passed) result.reason = check.reason + (check.unit.empty() ? "" : " in " + check.unit);
  std::string blamed = check.unit == "root" ? "" : check.unit;
  for (const auto& path : all_paths(design)) {
    bool told = !check.passed && path == blamed;
    result.attempts.push_back({path.empty() ? "root" : path, find_node(design, path)->unit,
                               told ? check.evidence + (check.hint.empty() ? "" : "; " + check.hint) : "passed"});
  }
  return result;
}

/// What became of it, and the tree of what is built.
std::pair<Implementation, std::string> build_one(const Args& args, const Experiment& experiment, const DesignName& d) {
  if (is_proposal_alone(experiment, d)) {
    const Writing::Result written = studio_of(experiment.root(), args).implement(d);
    return {written.implementation, written.implementation.built ? to_yaml(write_design(written.design)) : ""};
  }
  const Path candidate = experiment.directory(d) / "candidate.yaml";
  const Design design = read_design(load_yaml(candidate), candidate.string());
  const std::string text = to_yaml(write_design(design));
  GateSettings settings = gate_settings(experiment.settings());
  settings.check.tier = to_string(Tier::kFast);
  const CheckResult check = check_in_child({{text, (experiment.root() / "units").string()}}, settings).front();
  return {describe(design, check), text};
}

Record implement_one(const Args& args, const Record& input) {
  auto located = locate_design(input.design);
  Experiment experiment(located.experiment);
  Path directory = experiment.directory(located.design);
  if (!args.force)
    if (auto known = read_yaml_if_exists<Implementation>(directory / "implement.yaml")) return to_record(input, *known);
  auto review = read_yaml_if_exists<Review>(directory / "review.yaml");
  if (!review) throw Error("'" + directory.string() + "' has no review.yaml: run review on it first");
  if (!review->accepted) return {input.design, Verdict::kSkipped, ".", {"rejected by review", "0"}};

  const auto [result, text] = build_one(args, experiment, located.design);
  if (result.built) write_file(directory / "design.yaml", text);  // before implement.yaml: its existence means done
  write_yaml(directory / "implement.yaml", result);
  append_ledger(experiment.root(), {located.design.text(), "implement", result.built ? "ok" : "no",
                                    std::filesystem::relative(directory / "implement.yaml", experiment.root()).string(),
                                    file_hash_hex16(directory / "implement.yaml"), 0, 0, 0});
  return to_record(input, result);
}

/// Each file is a design of its own: the loop goes over the files, the records name the designs.
int implement_files(const Args& args) {
  if (args.paths.size() != 1 || args.paths[0] == "-") throw UsageError("--from takes one experiment after the files");
  const Experiment experiment(args.paths[0]);
  Args files = args;
  files.paths = args.all("from");
  const auto work = [&](const Record& file) {
    const DesignName d = place_import(experiment, import_design(file.design), file.design);
    return implement_one(args, {experiment.directory(d).string()});
  };
  return for_each_design(files, work, kColumns);
}

int implement(const Args& args) {
  if (args.has("from")) return implement_files(args);
  if (args.has("show-prompt")) return show_prompts(args, [&](const Record& record) { implement_one(args, record); });
  return for_each_design(
      args, [&](const Record& record) { return implement_one(args, record); }, kColumns);
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  gradus::register_gate_child();
  gradus::register_examination_child();
  gradus::register_fill_child();
  gradus::register_unit_check_child();
  return gradus::run_tool(
      argc, argv, gradus::kUsage,
      gradus::studio_options({{"from", "PATH", "a file or folder of another make; may be given several times", true}}),
      gradus::implement);
}
