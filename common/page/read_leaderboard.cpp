#include <algorithm>

#include "base/log.h"
#include "ladder/admission.h"
#include "ladder/promote.h"
#include "page/facts.h"
#include "page/leaderboard.h"

namespace gradus {
namespace {

std::string plural(int n, const std::string& noun) { return std::to_string(n) + " " + noun + (n == 1 ? "" : "s"); }

std::string block_line(const Experiment& experiment, const UnitStore& units, const DesignName& d) {
  for (const char* file : {"design.yaml", "candidate.yaml"}) {
    const Path path = experiment.directory(d) / file;
    if (!std::filesystem::exists(path)) continue;
    return to_line(read_design(load_yaml(path), path.string()),
                   [&](const std::string& hash) { return class_name(units, hash); });
  }
  return "";
}

}  // namespace

LeaderboardText read_leaderboard(const Experiment& experiment) {
  LeaderboardText board;
  const auto& settings = experiment.settings();
  board.title = settings.name + ": " + experiment.root().string();
  board.confidence = settings.rules.confidence;
  const UnitStore units = experiment.units();
  int proposed = 0, unfinished = 0;
  std::map<std::string, int> refused;
  for (const DesignName& d : experiment.all_designs()) {
    board.blocks[d] = block_line(experiment, units, d);
    if (d.generation == 0) continue;
    ++proposed;
    const Admission a = admission(experiment, d);
    if (a.kind == Admission::Kind::kRefused) ++refused[a.reason.substr(0, a.reason.find(':'))];
    if (a.kind == Admission::Kind::kUnfinished) ++unfinished;
  }
  std::string line = plural(proposed, "proposal") + " in " +
                     plural(int(std::max<size_t>(1, experiment.generations().size()) - 1), "generation");
  for (const auto& [stage, n] : refused) line += ", " + std::to_string(n) + " refused by " + stage;
  if (unfinished) line += ", " + std::to_string(unfinished) + " unfinished";
  board.summary.push_back(line);
  const auto& rates = settings.rules.learning_rates;
  board.summary.push_back("rules: " + plural(int(rates.size()), "learning rate") + " for every design at " +
                          settings.rungs.front() + ", " + plural(settings.rules.seeds, "seed") + " (baseline " +
                          std::to_string(settings.rules.baseline_seeds) + "), above " +
                          plural(settings.rules.upper_seeds, "seed"));
  for (auto rung = settings.rungs.rbegin(); rung != settings.rungs.rend(); ++rung)
    board.rungs.push_back(read_standings(experiment, *rung));
  board.outlook = look_ahead(experiment);
  for (const bool beats : {true, false})
    for (int generation : experiment.generations())
      if (const auto claims = experiment.read_selection(generation, "claims"))
        for (const Chosen& c : beats ? claims->chosen : claims->passed_over) board.claims.push_back(c.reason);
  return board;
}

}  // namespace gradus
