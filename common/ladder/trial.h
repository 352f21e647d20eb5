/// Two blocks against each other: learning rates on seed 0 for both, then paired fresh seeds on the confirmation shard
/// until one has won or the time is over. Runs are made by children, as many at once as there are cores.
#pragma once

#include <functional>
#include <string>

#include "design/experiment.h"
#include "ladder/duel.h"

namespace gradus {

struct TrialPlan {
  DesignName candidate{1, 0}, reference{0, 0};
  std::string scale = "nano";
  double seconds = 600;  // from the call on; the trial ends before, undecided if need be
  int most_pairs = 12;
  int workers = 1;                    // runs at once, one thread each
  int64_t reference_seed_offset = 0;  // not 0: independent seeds instead of paired ones (A/A tests)
};

struct TrialResult {
  Duel duel;
  std::string note;                                           // why it ended
  double candidate_multiplier = 0, reference_multiplier = 0;  // 0: the search was not finished
  int rates_tried = 0;
  int64_t candidate_parameters = 0, reference_parameters = 0, tokens = 0;
};

/// Both designs must have passed the gate. `report` hears a line after each round.
TrialResult run_trial(const Experiment& experiment, const TrialPlan& plan,
                      const std::function<void(std::string)>& report);
void register_trial_child();

/// "GPT2 by 0.0310 ± 0.0120 bits per byte at 330k parameters, 512k tokens (3 learning rates tried, best 1× against 3×;
/// 5 paired fresh seeds; p = 0.0123); decided after 5 paired seeds": what follows the verdict.
std::string trial_sentence(const TrialResult& result, const std::string& other);

}  // namespace gradus
