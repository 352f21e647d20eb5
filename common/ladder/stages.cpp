// Stages, standings and counts: what decisions are made of.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ladder/promote.h"

namespace gradus {

std::vector<DesignName> read_baselines(const Experiment& experiment) {
  auto designs = experiment.designs(0);
  if (designs.empty()) throw Error("'" + experiment.root().string() + "' has no baseline: run bin/new again");
  return designs;
}

std::vector<std::string> selection_stages(const Settings& settings) {
  std::vector<std::string> stages{"parents"};
  for (const std::string& rung : settings.rungs) {
    stages.push_back(rung);
    if (rung == settings.rungs.front()) stages.push_back(rung + kSeeds);
  }
  stages.push_back("close");
  return stages;
}

bool is_selection_stage(const Settings& settings, const std::string& stage) {
  const auto stages = selection_stages(settings);
  return std::find(stages.begin(), stages.end(), stage) != stages.end();
}

Standings read_standings(const Experiment& experiment, const std::string& scale) {
  const auto& settings = experiment.settings();
  std::set<DesignName> audit;
  for (int generation : experiment.generations())
    if (const auto decision = experiment.read_selection(generation, scale))
      for (const Chosen& c : decision->chosen)
        if (const auto d = DesignName::parse(c.design); d && c.role == "audit") audit.insert(*d);
  std::optional<Noise> below;
  const auto baselines = read_baselines(experiment);
  for (const std::string& rung : settings.rungs) {
    const Arms arms = read_arms(experiment, rung);
    if (rung == scale)
      return rank_arms(scale, arms, baselines, audit, settings.rules.confidence, below, settings.rules.floor_share);
    below = estimate_noise(arms, baselines, below);
  }
  return rank_arms(scale, read_arms(experiment, scale), baselines, audit, settings.rules.confidence, below,
                   settings.rules.floor_share);
}

int promoted_count(const Rules& rules, int finished) {
  const int share = int(std::ceil(rules.promote_share * finished - 1e-9));
  return std::min(finished, std::max(rules.promote_least, share));
}

}  // namespace gradus
