/// What is known of a design's lead at the target, the highest rung, from its runs at all rungs. The lead of a rung
/// predicts that of the next by a line fitted to the designs that have runs at both; nothing is told in advance of how
/// well rungs agree. Selection below does not bias such a line, as it would a correlation.
#pragma once

#include <span>
#include <vector>

namespace gradus {

/// Runs of a design at one rung, each a lead over the baseline.
struct Shows {
  int n = 0;
  double lead = 0;    // mean
  double square = 0;  // sum of squared deviations from it
  double trend = 0;   // mean change of the lead from half of the tokens to the end: fast learners' leads shrink
  void add(double lead, double half_lead);
};
using Climb = std::vector<Shows>;  // by rung, lowest first

/// Posterior of the lead at the target.
struct TargetLead {
  double mean = 0, deviation = 0;
};

/// The next run of a design, by what it would settle for its cost.
struct Step {
  int rung = -1;     // -1: none, each rung it has reached has kMostSeeds
  double worth = 0;  // share of the outlook's variance that the run would settle, over its cost
};
inline constexpr int kMostSeeds = 4;

class TargetModel {
 public:
  explicit TargetModel(int rungs);
  void fit(std::span<const Climb> climbs);
  TargetLead lead(const Climb& climb) const;
  /// Share of the lead's variance that one more run at `rung` would settle.
  double settles(const Climb& climb, int rung) const;
  /// A design climbs one rung at a time: one more seed where it was, or the first on the next rung.
  Step next_step(const Climb& climb, std::span<const double> cost) const;
  double noise(int rung) const;        // of a seed at a rung
  double correlation(int rung) const;  // of true leads at `rung` and the one above

 private:
  struct Line {  // to the rung above: y = mean_above + slope (x - mean) + bend (trend - mean_trend) + N(0, rest)
    double slope = 0, bend = 0, rest = 0, mean_above = 0;
  };
  struct Rung {
    double mean = 0, variance = 0, mean_trend = 0, noise = 0;  // noise: variance of a seed
    Line up;
  };
  struct State {
    double mean, variance;
  };
  struct Pair {  // a design at a rung and the one above
    double x, t, y, x_variance, y_variance;
  };
  double own_noise(const Climb& climb) const;
  double variance_of_mean(const Climb& climb, size_t rung) const;
  State filtered(const Climb& climb, size_t rung, size_t extra) const;  // after the runs at `rung` and those below
  State above(const State& state, const Shows& shows, size_t rung) const;
  void fit_noise(std::span<const Climb> climbs);
  void fit_lowest(std::span<const Climb> climbs);
  void fit_line(std::span<const Climb> climbs, size_t rung);
  static void fit_pairs(Rung& r, const std::vector<Pair>& pairs, double rest, double trend_square);
  std::vector<Rung> rungs_;
};

}  // namespace gradus
