#include "ladder/climb.h"

#include <algorithm>
#include <cmath>

#include "design/forecast.h"
#include "ladder/fitness.h"
#include "ladder/promote.h"

namespace gradus {

Shows shows_of(const Standing& s, const Noise& noise) {
  Shows out;
  if (s.diverged || s.pairs == 0) return out;
  out.n = s.pairs, out.lead = s.difference, out.trend = s.difference - s.half_difference;
  // The moderated variance of a difference (noise.h) taken apart again: what its own pairs add to the rung's noise.
  const double own = s.pairs - 1, prior = s.degrees - own;
  const double variance = s.standard_error * s.standard_error * s.pairs;
  out.square = std::max(0.0, variance * s.degrees - prior * 2 * noise.deviation * noise.deviation);
  return out;
}

ClimbValues value_climbs(const Experiment& experiment, size_t level) {
  const auto& settings = experiment.settings();
  const size_t rungs = settings.rungs.size();
  std::map<DesignName, Climb> known;
  std::vector<double> cost;  // of what a decision asks for
  for (size_t k = 0; k < rungs; ++k) {
    const Scale& scale = experiment.scale(settings.rungs[k]);
    const double runs =
        k == 0 ? double(settings.rules.learning_rates.size()) + settings.rules.seeds - 1 : settings.rules.upper_seeds;
    cost.push_back(runs * 3 * seed_forward_flops(scale) * double(scale.tokens));
    const Standings standings = read_standings(experiment, settings.rungs[k]);
    for (const Standing& row : standings.rows)
      if (!row.baseline && !row.quarantined() && !row.untrained_no_worse && row.pairs > 0 && !row.diverged)
        known.try_emplace(row.design, Climb(rungs)).first->second[k] = shows_of(row, standings.noise);
  }
  std::vector<Climb> climbs;
  for (const auto& [design, climb] : known) climbs.push_back(climb);
  TargetModel model{int(rungs)};
  model.fit(climbs);
  ClimbValues out;
  double first = 0, second = 0;  // the baseline
  for (const auto& [design, climb] : known) {
    const double mean = (out.lead[design] = model.lead(climb)).mean;
    second = std::max(second, std::min(first, mean)), first = std::max(first, mean);
  }
  for (const auto& [design, climb] : known) {
    if (climb[level - 1].n == 0) continue;
    const TargetLead& lead = out.lead[design];
    const double other = lead.mean == first && first > 0 ? second : first;
    out.worth[design] = expected_improvement(-std::abs(lead.mean - other), lead.deviation, 0) *
                        model.settles(climb, int(level)) / cost[level];
  }
  const Climb none(rungs);
  const TargetLead fresh = model.lead(none);
  out.fresh = expected_improvement(fresh.mean, fresh.deviation, first) * model.settles(none, 0) / cost[0];
  return out;
}

}  // namespace gradus
