// propose - new designs from the parents of a generation.
#include <charconv>

#include "agent/proposer.h"
#include "base/hash.h"
#include "base/ledger.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"
#include "base/tool.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: propose [options] EXP

Proposes designs for the open generation: typed operators on the parents' trees, lawful by construction, each with a
written rationale. A candidate that repeats a known design, cannot be fitted or costs too much is drawn again.

Reads   experiment.yaml (propose.*, review.*), selected/gNNN-parents.yaml (generation 1: the baselines), designs/, units/
Writes  designs/gNNN/gNNN-SSS/{origin.yaml,proposal.md,candidate.yaml}, units/
Prints  design  verdict  .  operation  where  parents
Exits   0 done; 2 not done; 75 stopped, run again

-n K takes the next free slots of the generation (its size: `proposals`, or K where that is more) and, where fewer are
free, the designs that are there: the same command twice proposes nothing twice. --slots A-B names them.

Examples
  $ bin/propose exp -n 2
  $ bin/propose exp --generation 1 --slots 0-1
  $ bin/propose exp -n 2 | bin/review - | bin/implement - | bin/check -
)";

std::vector<DesignName> parse_slots(const std::string& text, int generation) {
  const size_t dash = text.find('-');
  int first = -1, last = -1;
  const auto number = [](std::string_view part, int& out) {
    return !part.empty() &&
           std::from_chars(part.data(), part.data() + part.size(), out).ptr == part.data() + part.size();
  };
  const bool read = number(std::string_view(text).substr(0, dash), first) &&
                    (dash == std::string::npos || number(std::string_view(text).substr(dash + 1), last));
  if (dash == std::string::npos) last = first;
  if (!read || first < 0 || last < first) throw UsageError("--slots '" + text + "': expected A-B, such as 0-5");
  std::vector<DesignName> out;
  for (int slot = first; slot <= last; ++slot) out.push_back({generation, slot});
  return out;
}

Record to_record(const Experiment& experiment, const DesignName& d, const Origin& origin) {
  std::string parents;
  for (const std::string& p : origin.parents) parents += (parents.empty() ? "" : ",") + p;
  const auto dot = [](const std::string& s) { return s.empty() ? std::string(".") : s; };
  return {experiment.directory(d).string(), Verdict::kOk, ".", {origin.operation, dot(origin.where), dot(parents)}};
}

/// A slot that is taken is printed as it is; nullopt where it is free.
std::optional<Record> present(const Experiment& experiment, const DesignName& d) {
  const auto origin = read_yaml_if_exists<Origin>(experiment.directory(d) / "origin.yaml");
  if (!origin) return std::nullopt;
  return to_record(experiment, d, *origin);
}

int propose(const Args& args) {
  if (args.paths.size() != 1) throw UsageError("expected one experiment");
  const Experiment experiment(args.paths[0]);
  const int generation =
      int(args.get_int("generation").value_or(args.has("generation") ? 0 : open_generation(experiment)));
  if (generation < 1) throw UsageError("--generation must be 1 or more: generation 0 are the baselines");
  const int n = int(args.get_int("n").value_or(experiment.settings().proposals));
  if (n < 0) throw UsageError("-n must be 0 or more");
  const auto slots =
      args.has("slots") ? parse_slots(*args.get("slots"), generation) : slots_for(experiment, generation, n);

  if (args.header) print_header({"operation", "where", "parents"});
  std::optional<Proposer> proposer;  // made when a slot is free: it runs the library
  Progress progress("proposing", double(slots.size()), "designs");
  int code = kDone;
  for (size_t i = 0; i < slots.size(); ++i) {
    const DesignName& d = slots[i];
    if (auto known = present(experiment, d)) {
      print_record(*known);
      continue;
    }
    if (stop_requested()) {
      print_record({experiment.directory(d).string(), Verdict::kWaiting, ".", {}});
      code = worst_exit(code, kResume);
      continue;
    }
    if (!proposer) proposer.emplace(experiment, generation);
    const auto made = proposer->propose(d);
    if (!made) {
      log_error("no new design was found for " + d.text() + " in " +
                std::to_string(experiment.settings().propose.attempts) +
                " attempts: raise propose.attempts or wait for other parents");
      print_record({experiment.directory(d).string(), Verdict::kError, ".", {}});
      code = worst_exit(code, kNotDone);
      continue;
    }
    const Path file = experiment.directory(d) / "candidate.yaml";
    if (made->claimed)
      append_ledger(experiment.root(),
                    {d.text(), "propose", "ok", std::filesystem::relative(file, experiment.root()).string(),
                     file_hash_hex16(file)});
    print_record(made->claimed ? to_record(experiment, d, made->origin) : present(experiment, d).value());
    progress.update(double(i + 1), d.text() + " " + made->origin.operation);
  }
  progress.finish();
  return code;
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  gradus::register_examination_child();
  return gradus::run_tool(argc, argv, gradus::kUsage,
                          {{"n", "K", "how many designs (the experiment's `proposals`)", false, 'n'},
                           {"generation", "G", "the generation (the open one)"},
                           {"slots", "A-B", "these slots instead of the next free ones"}},
                          gradus::propose);
}
