/// Synthetic worlds (configs/worlds.yaml says what each number means): pools of designs with a true lead at every rung,
/// and runs that show it with errors. Everything is a function of (world, play, design, rung, seed), so policies that
/// ask for the same run see the same result.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/rng.h"

namespace gradus {

struct World {
  int designs = 64, top = 4;
  std::vector<double> cost, spread, noise;  // by rung, lowest first
  double noise_spread = 0, wild = 0, correlation = 0.7;
  double fast = 0, fast_lead = 0, rate_width = 0, rate_loss = 0;
  std::vector<double> diverge;  // by rung; empty: none
  double lost = 0;
  template <class V>
  void fields(V& v) {
    v("designs", designs);
    v("top", top);
    v("cost", cost);
    v("spread", spread);
    v("noise", noise);
    v("noise_spread", noise_spread);
    v("wild", wild);
    v("correlation", correlation);
    v("fast", fast);
    v("fast_lead", fast_lead);
    v("rate_width", rate_width);
    v("rate_loss", rate_loss);
    v("diverge", diverge);
    v("lost", lost);
  }
  int rungs() const { return int(cost.size()); }
};

using Worlds = std::map<std::string, World>;
/// A file, or what is built in for an empty path; throws with all faults, each with its line.
Worlds read_worlds(const Path& file);

/// What one run shows: leads over the baseline, at its end and at half of its tokens.
struct Shown {
  bool diverged = false;
  double lead = 0, half_lead = 0;
  double cost = 0;  // lost tries included
};

/// The designs of one play.
class Pool {
 public:
  Pool(const World& world, uint64_t key);
  const World& world() const { return world_; }
  int size() const { return world_.designs; }
  double truth(
      int design) const;  // the target's lead at its own best learning rate; a broken design's: the pool's worst
  int best() const { return best_; }
  double regret(int design) const { return truth(best_) - truth(design); }
  /// rate: powers of three from the scale's own learning rate (-1, 0, 1).
  Shown run(int design, int rung, int seed, int rate = 0) const;

 private:
  struct Design {
    std::vector<double> lead;  // by rung
    double noise = 1;          // factor
    double speed = 0, rate = 0;
    int broken_from = 0;  // rung; rungs(): never
  };
  Design draw(uint64_t design, const std::vector<double>& chain) const;
  World world_;
  uint64_t key_;
  std::vector<Design> designs_;
  double worst_ = 0;
  int best_ = 0;
};

}  // namespace gradus
