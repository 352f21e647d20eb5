/// Who is a parent of the next generation: four rules over what is known of each design (rules.draw).
#pragma once

#include <string>
#include <vector>

#include "design/experiment.h"

namespace gradus {

struct ParentCandidate {
  DesignName design;
  double posterior = 0, deviation = 0;  // of the lead at the target, bits per byte
  int rung = 0;                         // the highest with runs
  double cost = 1;                      // FLOPs a token over the seed's (elites)
  std::string family;                   // what mixes its tokens (elites)
};

struct ParentRequest {
  DrawSettings settings;
  std::vector<DesignName> baselines;  // the first stands at 0 where it is no candidate
  int n = 2;
  int generation = 1;  // that the parents are for
  uint64_t key = 0;
};

struct DrawnParent {
  DesignName design;
  std::string how;  // "good, high confidence", "guest of island 2"
};

/// thompson   A draw of each posterior; the n best draws.
/// quadrants  By fitness (posterior) and confidence (the reference's points for the rungs behind it), a design is in
/// the top
///            good_share of each or not. With probability `restart` a baseline, each alike; else with probability
///            `explore` one of poor fitness and high confidence, else of good and high; an empty quadrant gives way to
///            the other, two empty ones to all. Inside, the k-th of m by Borda's sum of both ranks has weight m - k +
///            1: the reference gives its first 95 % or more, so that one design becomes the parent of nearly all.
/// islands    Generation g lives on island g mod `islands`, and so do its designs; baselines on all. Parents are drawn
///            by Thompson among the island's own; every `migrate_turns` turns of the ring the last is a guest from the
///            island before.
/// elites     MAP-Elites: the best of each cell of family and half doublings of cost; cells alike.
/// All parents drawn are different; fewer than n where there are no more.
std::vector<DrawnParent> draw_parents(const std::vector<ParentCandidate>& candidates, const ParentRequest& request);

/// The reference's confidence: a point each for being proposed and built, k for the k-th rung.
double confidence_points(int rung);

}  // namespace gradus
