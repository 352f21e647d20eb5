// propose - new designs from the parents of a generation.
#include <charconv>

#include "agent/online.h"
#include "agent/studio.h"
#include "base/hash.h"
#include "base/ledger.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"
#include "base/terminal.h"
#include "base/tool.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: propose [options] EXP
       propose --search WORDS [--online WHERE] [EXP]

Proposes designs for the open generation. propose.agent genetic: typed operators on the parents' trees, lawful by
construction, each with a written rationale; a candidate that repeats a known design, cannot be fitted or costs too much is
drawn again. openai, mailbox, replay: a language model searches the library, drafts and answers its reviewer, until one draft
is accepted or propose.attempts are used up (common/agent/README.md). Run again after a kill, it repeats no answered call.

Reads   experiment.yaml (propose.*, agents.*, review.*), selected/gNNN-parents.yaml (generation 1: the baselines), designs/,
        units/, transcripts/, library/, prompts/, hint.md (a wish for the proposer); the environment: keys of models
Writes  designs/gNNN/gNNN-SSS/{origin.yaml,proposal.md}, candidate.yaml of genetic, units/, transcripts/, mailbox/
Prints  design  verdict  .  operation  where  parents; --search: key  year  title  summary
Exits   0 done; 2 not done; 75 stopped or waiting for an answer in mailbox/, run again

--online semantic-scholar or arxiv searches there and adds what it finds to EXP/library, for jobs without a network too.
-n K takes the next free slots of the generation (its size: `proposals`, or K where that is more) and, where fewer are
free, the designs that are there: the same command twice proposes nothing twice. --slots A-B names them.

Examples
  $ bin/propose exp -n 2
  $ bin/propose exp --generation 1 --slots 0-1
  $ bin/propose exp -n 2 | bin/review - | bin/implement - | bin/check -
  $ bin/propose --search "gated linear attention" | cut -f1-3
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

int search(const Args& args) {
  const int n = int(args.get_int("n").value_or(10));
  if (n < 1) throw UsageError("-n must be 1 or more");
  std::optional<Experiment> experiment;
  if (!args.paths.empty()) experiment.emplace(args.paths[0]);
  const Path folder = experiment ? experiment->root() / "library" : Path();
  if (const auto where = args.get("online")) {
    if (!experiment) throw UsageError("--online adds cards to an experiment: name it");
    const auto found =
        search_online(*where, *args.get("search"), n, folder / "cache", experiment->settings().agents.transport);
    log_info(std::to_string(add_cards(found, folder)) + " new cards in '" + folder.string() + "'");
  }
  const Library library(folder);
  for (const Card& c : library.search(*args.get("search"), n))
    print_text(c.key + "\t" + std::to_string(c.year) + "\t" + c.title + "\t" + (c.summary.empty() ? "." : c.summary) +
               "\n");
  return kDone;
}

/// One slot, by the experiment's agent.
class Maker {
 public:
  Maker(const Experiment& experiment, int generation, const Args& args)
      : experiment_(experiment), generation_(generation), args_(args) {}

  std::optional<Proposer::Made> make(const DesignName& d) {
    if (experiment_.settings().propose.agent != "genetic") return studio_of(experiment_.root(), args_).propose(d);
    if (args_.has("show-prompt"))
      throw UsageError("--show-prompt: the genetic engine asks nobody; propose.agent is genetic here");
    if (!genetic_) genetic_.emplace(experiment_, generation_);  // when a slot is free: it runs the library
    auto made = genetic_->propose(d);
    if (!made)
      log_error("no new design was found for " + d.text() + " in " +
                std::to_string(experiment_.settings().propose.attempts) +
                " attempts: raise propose.attempts or wait for other parents");
    return made;
  }

 private:
  const Experiment& experiment_;
  int generation_;
  const Args& args_;
  std::optional<Proposer> genetic_;
};

Record propose_one(const Experiment& experiment, const DesignName& d, Maker& maker) {
  const std::string directory = experiment.directory(d).string();
  if (auto known = present(experiment, d)) return *known;
  if (stop_requested()) return {directory, Verdict::kWaiting, ".", {}};
  std::optional<Proposer::Made> made;
  try {
    made = maker.make(d);
  } catch (const Stopped&) {
    return {directory, Verdict::kWaiting, ".", {}};
  } catch (const UsageError&) {
    throw;
  } catch (const Error& fault) {
    if (experiment.settings().propose.agent == "genetic") throw;
    log_error(fault.what());
  }
  if (!made) return {directory, Verdict::kError, ".", {}};
  if (!made->claimed) return present(experiment, d).value();
  Path file = experiment.directory(d) / "candidate.yaml";
  if (!std::filesystem::exists(file)) file = experiment.directory(d) / "proposal.md";
  append_ledger(
      experiment.root(),
      {d.text(), "propose", "ok", std::filesystem::relative(file, experiment.root()).string(), file_hash_hex16(file)});
  return to_record(experiment, d, made->origin);
}

int propose(const Args& args) {
  if (args.has("search") && args.paths.size() <= 1) return search(args);
  if (args.has("online")) throw UsageError("--online goes with --search WORDS: they are searched there");
  if (args.paths.size() != 1) throw UsageError("expected one experiment; usage: propose [options] EXP");
  const Experiment experiment(args.paths[0]);
  const int generation =
      int(args.get_int("generation").value_or(args.has("generation") ? 0 : open_generation(experiment)));
  if (generation < 1) throw UsageError("--generation must be 1 or more: generation 0 are the baselines");
  const int n = int(args.get_int("n").value_or(experiment.settings().proposals));
  if (n < 0) throw UsageError("-n must be 0 or more");
  const auto slots =
      args.has("slots") ? parse_slots(*args.get("slots"), generation) : slots_for(experiment, generation, n);

  if (args.header || is_terminal(1)) print_header({"operation", "where", "parents"});
  Maker maker(experiment, generation, args);
  Progress progress("proposing", double(slots.size()), "designs");
  int code = kDone;
  for (size_t i = 0; i < slots.size(); ++i) {
    try {
      const Record record = propose_one(experiment, slots[i], maker);
      if (record.verdict == Verdict::kWaiting) code = worst_exit(code, kResume);
      if (record.verdict == Verdict::kError) code = worst_exit(code, kNotDone);
      print_record(record);
    } catch (const ShownPrompt& prompt) {
      print_text(prompt.text);
    }
    progress.update(double(i + 1), slots[i].text());
  }
  progress.finish();
  return code;
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  gradus::register_examination_child();
  const auto options = gradus::studio_options(
      {{"n", "K", "how many designs (the experiment's `proposals`), with --search cards (10)", false, 'n'},
       {"generation", "G", "the generation (the open one)"},
       {"slots", "A-B", "these slots instead of the next free ones"},
       {"search", "WORDS", "print what the library has on this, the best first"},
       {"online", "WHERE", "with --search: semantic-scholar or arxiv, whose cards are added"}});
  return gradus::run_tool(argc, argv, gradus::kUsage, options, gradus::propose, 0);
}
