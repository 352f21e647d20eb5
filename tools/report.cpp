// report - the whole experiment on one page.
#include "page/report.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>

#include "base/log.h"
#include "base/signals.h"
#include "base/tool.h"
#include "page/leaderboard.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: report [options] EXP

Writes the experiment as one HTML file that needs nothing else, to open in a browser, mail or archive: the ladder and its
budget, the family tree, the leaderboard with intervals and confirmations, loss curves, how well one rung tells the next,
scaling fits, refusals and canaries, what agents cost, the timeline, and a page a design with its source, its difference to
its parent, checks, runs, scores and the commands that make it again. --text prints the leaderboard for a terminal of 100
columns instead. --watch writes the page again whenever the experiment has changed, and an open page follows, until Ctrl-C.

Reads   the whole experiment; what cannot be read is named on the page
Writes  EXP/report.html, or the file of -o; with --text nothing
Prints  the file's name; with --text the leaderboard
Exits   0 done; 2 not done

Examples
  $ bin/report exp
  $ bin/report exp -o exp/monday.html
  $ bin/report exp --text
  $ bin/report exp --watch 60 & sleep 5; kill $!; wait
)";

constexpr double kLeastWatch = 2, kMostWatch = 86400;

void write_page(const Experiment& experiment, const Path& file, double watch_seconds, std::vector<DataBlock>& before) {
  const std::string now = time_text(double(std::time(nullptr)));
  std::vector<DataBlock> blocks = report_blocks(read_facts(experiment), now, watch_seconds);
  nlohmann::json& written = blocks.front().value["experiment"]["written"];
  if (!before.empty()) written = before.front().value["experiment"]["written"];  // alone it is no change
  const auto same = [](const DataBlock& a, const DataBlock& b) { return a.id == b.id && a.value == b.value; };
  if (std::equal(blocks.begin(), blocks.end(), before.begin(), before.end(), same)) return;
  written = now;
  write_file(file, render_report(experiment.settings().name, blocks));
  before = std::move(blocks);
}

int watch(const Experiment& experiment, const Path& file, double seconds) {
  std::vector<DataBlock> before;
  write_page(experiment, file, seconds, before);
  print_text(file.string() + "\n");
  while (!stop_requested()) {
    const auto next = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (!stop_requested() && std::chrono::steady_clock::now() < next)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (!stop_requested()) write_page(experiment, file, seconds, before);
  }
  write_page(experiment, file, 0, before);  // the last one does not wait for another
  return kDone;
}

int report(const Args& args) {
  if (args.paths.size() != 1) throw UsageError("expected one experiment");
  const Experiment experiment(args.paths[0]);
  if (args.has("text")) {
    if (args.has("output") || args.has("watch"))
      throw UsageError("--text goes to the terminal, without -o and --watch");
    print_text(render_leaderboard(read_leaderboard(experiment)));
    return kDone;
  }
  const Path file = args.get_or("output", (experiment.root() / "report.html").string());
  if (const auto seconds = args.get_double("watch")) {
    if (!(*seconds >= kLeastWatch && *seconds <= kMostWatch)) throw UsageError("--watch takes seconds, 2 to 86400");
    return watch(experiment, file, *seconds);
  }
  std::vector<DataBlock> none;
  write_page(experiment, file, 0, none);
  print_text(file.string() + "\n");
  return kDone;
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  return gradus::run_tool(argc, argv, gradus::kUsage,
                          {{"text", "", "the leaderboard, for a terminal"},
                           {"output", "FILE", "where the page goes (EXP/report.html)", false, 'o'},
                           {"watch", "SECONDS", "write it again so often while something changes"}},
                          gradus::report);
}
