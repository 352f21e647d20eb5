// manifest - a list of work as job arrays: what of it is done, and what is to be submitted next.
#include <algorithm>

#include "base/log.h"
#include "base/tool.h"
#include "design/forecast.h"
#include "design/work_list.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: manifest [options] EXP --list FILE --kind VERB --name NAME

For slurm/slurm.sh: cuts the lines of FILE (DESIGN, or DESIGN --scale NAME --seed N --lr MULT) into the tasks of an array,
and says what of an earlier array is done. A line that crashed twice alike is set aside with its log; one that failed or
was lost too often stops the recipe. Sends nothing itself.

Reads   FILE; --config FILE, else GRADUS_SITE, else EXP/site.yaml, else configs/site.yaml; EXP/ledger/ for what such
        work took before
Writes  EXP/slurm/NAME/HASH/: manifest.tsv (never changed), site.sh, rounds.tsv; when all is done EXP/logs/NAME.log
Prints  nothing when there is nothing to submit; else the manifest, then words for sbatch, one a line
Exits   0 all done; 1 all done but what was set aside; 2 lines failed too often; 75 to be submitted

Examples
  $ echo exp/designs/g000/g000-000 > list && (bin/manifest exp --list list --kind check --name trial || test $? = 75)
)";

struct Request {
  Path experiment, directory, log, out;
  std::string name;
  Site site;
  Resources resources;
};

void complain(const Request& request, const WorkList& list, const std::vector<LineState>& states) {
  for (size_t n = 0; n < states.size(); ++n) {
    const LineState& s = states[n];
    if (s.done || s.open()) continue;
    const Path own = request.directory / "log" / (std::to_string(n) + ".log");
    const std::string log = (std::filesystem::exists(own) ? own : request.log).string();
    const std::string what = "'" + list.kind + " " + list.lines[n].words + "'";
    if (s.set_aside)
      log_warning(what + " is set aside: it crashed " + std::to_string(s.crashes) + " times alike (code " +
                  std::to_string(s.code) + "): see '" + log + "'; to try again remove '" + request.directory.string() +
                  "'");
    else
      log_error(what + " failed " + std::to_string(s.failures) + " times, the last with code " +
                std::to_string(s.code) + (s.place.empty() ? "" : ": " + s.place) + ": see '" + log + "'");
  }
}

/// The words of the array over the tasks that have open lines; a round of which nothing came is waited for.
void print_submission(const Request& request, const WorkList& list, const std::vector<LineState>& states) {
  const Site& site = request.site;
  std::vector<double> work(size_t(list.n_tasks), 0);
  for (size_t n = 0; n < states.size(); ++n)
    if (states[n].open()) work[size_t(list.lines[n].task)] += list.lines[n].seconds;
  std::vector<int64_t> tasks;
  double longest = 0;
  for (size_t t = 0; t < work.size(); ++t) {
    if (work[t] > 0) tasks.push_back(int64_t(t));
    longest = std::max(longest, work[t] / double(request.resources.side_by_side));
  }
  const int64_t idle = idle_rounds(request.directory);
  if (idle >= site.limits.rounds)
    throw Error("nothing came of " + std::to_string(idle) + " arrays in a row: see '" +
                (request.directory / "log").string() + "', mend, and submit again");
  write_file(request.directory / "site.sh", shell_facts(site, request.resources));
  std::filesystem::create_directories(request.directory / "log");
  std::filesystem::create_directories(request.directory / "state");
  write_aside(request.directory, states);
  note_round(request.directory, int64_t(tasks.size()));
  std::string text = (request.directory / "manifest.tsv").string() + "\n";
  text += "--array=" + index_ranges(tasks) + "%" + std::to_string(site.limits.at_once) + "\n";
  text += "--output=" + (request.directory / "log" / "task-%a.log").string() + "\n";
  if (idle > 0) text += "--begin=now+" + std::to_string(idle * site.limits.settle_seconds) + "\n";
  // Half as much again as was forecast, and five minutes to begin; what was begun in vain gets all there is.
  const bool again = std::any_of(states.begin(), states.end(), [](const LineState& s) { return s.open() && s.starts; });
  const double seconds = again ? 60.0 * double(request.resources.minutes) : 1.5 * longest + 300;
  for (const std::string& word : sbatch_words(site, request.resources, seconds)) text += word + "\n";
  print_text(text);
  log_info(request.name + ": " + std::to_string(tasks.size()) + " tasks, the longest of about " +
           format_duration(longest));
}

WorkList list_of(Request& request, const Experiment& experiment, const std::string& kind,
                 const std::vector<std::string>& words) {
  const std::string scale = words.empty() ? "" : scale_in(words[0]);
  request.resources = request.site.resources(kind, scale);
  const double seconds = words.empty() ? 0 : forecast_seconds(experiment, kind, scale, request.resources);
  WorkList list = pack_work(kind, words, seconds, request.site.limits, request.resources.side_by_side);
  request.directory = request.experiment / "slurm" / request.name / list.hash();
  const Path file = request.directory / "manifest.tsv";
  if (std::filesystem::exists(file)) return read_work_list(file);
  write_work_list(file, list);
  return list;
}

int manifest(const Args& args) {
  if (args.paths.size() != 1) throw UsageError("expected one experiment");
  for (const char* option : {"list", "kind", "name"})
    if (!args.has(option)) throw UsageError(std::string("--") + option + " is missing");
  const Experiment experiment(args.paths[0]);
  Request request;
  request.experiment = experiment.root(), request.name = *args.get("name");
  request.log = request.experiment / "logs" / (request.name + ".log"), request.out = args.get_or("out", "");
  request.site = read_site(site_file(args.config, experiment.root()));
  const WorkList list = list_of(request, experiment, *args.get("kind"), read_lines(*args.get("list")));
  auto states = settled_states(request.directory, list, request.site.limits);
  if (args.has("again")) {
    forget_failures(request.directory, states);
    states = read_states(request.directory, list, request.site.limits);
  }
  const auto any = [&](auto what) { return std::any_of(states.begin(), states.end(), what); };
  if (any([](const LineState& s) { return s.open(); })) {
    print_submission(request, list, states);
    return kResume;
  }
  const bool given_up = any([](const LineState& s) { return s.given_up; });
  if (!given_up) {
    if (!request.out.empty()) write_records(request.out, states);
    close_work(request.directory, list, states, request.log);
  }
  complain(request, list, states);
  if (given_up) return kNotDone;
  return any([](const LineState& s) { return s.set_aside; }) ? kNo : kDone;
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  return gradus::run_tool(argc, argv, gradus::kUsage,
                          {{"list", "FILE", "the work, a line each"},
                           {"kind", "VERB", "implement, check, pretrain or evaluate"},
                           {"name", "NAME", "of the stage: g001-6-nano-pretrain"},
                           {"out", "FILE", "for the records of all lines, when done"},
                           {"again", "", "forget failures: somebody has mended something"}},
                          gradus::manifest);
}
