/// Designs of a rung against the reference baseline, by paired seeds: difference, interval, posterior, claims.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ladder/arm.h"
#include "ladder/noise.h"

namespace gradus {

struct Standing {
  DesignName design;
  bool baseline = false, diverged = false, audit = false, untrained_no_worse = false;
  double plausible_floor =
      0;  // bits per byte; above 0: quarantined, a run of it is below this floor (rules.floor_share)
  bool quarantined() const { return plausible_floor > 0; }
  double multiplier = 1;  // the arm's own learning rate
  int rates_tried = 0, seeds = 0, pairs = 0;
  double bits_per_byte = 0;    // validation, mean over seeds
  double difference = 0;       // baseline - design, mean over paired seeds: positive is better
  double half_difference = 0;  // the same after half the tokens, on the slice scored while training
  double half_error = 0;       // its standard error
  double standard_error = 0, degrees = 0, lower = 0, upper = 0;  // two-sided at rules.confidence
  double posterior = 0, posterior_deviation = 0;                 // shrunk by reliability
  int fresh_pairs = 0;                                           // seeds that chose nothing
  double confirmation_difference = 0, confirmation_p = 1;        // on the confirmation shard, fresh seeds only
  bool confirmed = false;  // better, after Holm's correction over all designs of the rung
  int64_t parameters = 0, tokens = 0;
};

struct Standings {
  std::string scale;
  DesignName reference;
  double reference_bits_per_byte = 0;
  Noise noise;
  std::vector<Standing> rows;  // best first; diverged and audit last
  const Standing* find(const DesignName& design) const;
};

/// baselines: the first is the reference. Arms without a run of the reference's seeds stand with no pair and no
/// interval. An arm with a run better than the reference's mean by more than `floor_share` of it is quarantined: too
/// good to be true (the largest honest lead in our pilot is 15 %), so it neither competes nor climbs until a person has
/// looked at it.
Standings rank_arms(const std::string& scale, const Arms& arms, const std::vector<DesignName>& baselines,
                    const std::set<DesignName>& audit, double confidence, const std::optional<Noise>& below,
                    double floor_share = 0.3);

/// "0.083 bits per byte better than the seed (0.041 to 0.125; 2 seeds, learning rate 3×)".
std::string describe(const Standing& standing);

}  // namespace gradus
