// report - the whole experiment on one page.
#include "base/tool.h"
#include "design/experiment.h"
#include "page/leaderboard.h"

namespace gradus {
namespace {

const char kUsage[] = R"(usage: report [options] EXP

Prints the leaderboard: a table a rung with differences to the baseline, their intervals, learning rates, and which claims
are confirmed. Text for a terminal of 100 columns is its one format; --text says so explicitly.

Reads   the whole experiment
Writes  nothing
Prints  the leaderboard
Exits   0 done; 2 not done

Examples
  $ bin/report exp --text
)";

int report(const Args& args) {
  if (args.paths.size() != 1) throw UsageError("expected one experiment");
  print_text(render_leaderboard(read_leaderboard(Experiment(args.paths[0]))));
  return kDone;
}

}  // namespace
}  // namespace gradus

int main(int argc, char** argv) {
  return gradus::run_tool(argc, argv, gradus::kUsage, {{"text", "", "text for a terminal"}}, gradus::report);
}
