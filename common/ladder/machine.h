/// Barrier against async promotion on a machine of workers: generations of designs on a world's ladder, each run a
/// worker for as long as it takes. The same designs, the same luck; what differs is who waits for whom.
#pragma once

#include <string>
#include <vector>

#include "ladder/simulate.h"

namespace gradus {

struct MachineSettings {
  int workers = 16, generations = 8, proposals = 32;  // a generation
  double promote_share = 0.25;
  int staleness = 1;         // async: generations before that may still be open when parents are drawn
  double inherit = 0.7;      // of the parent's true lead that a child has, in spreads of each rung
  double spread_time = 0.4;  // of ln(time) over runs of one rung
};

struct MachinePlay {
  double hours = 0, busy = 0;  // until the last run ends, in the lowest rung's runs; share of the workers' time
  double cost = 0;             // of all runs
  double lead = 0;             // true, of the design named: the best shown at the highest rung
};
MachinePlay play_machine(const World& world, const MachineSettings& settings, bool async, uint64_t key);

struct MachineComparison {
  std::string world;
  Estimate barrier_busy, async_busy, hours_ratio;  // async over barrier
  Estimate lead_gain;   // async less barrier, in spreads of the target: the same number of generations
  Estimate time_gain;   // the same time: async with kGenerationsInTime as many generations
  Estimate time_ratio;  // that takes, over the barrier's
};
inline constexpr double kGenerationsInTime = 1.75;
MachineComparison compare_promotion(const std::string& name, const World& world, const MachineSettings& settings,
                                    int plays);

}  // namespace gradus
