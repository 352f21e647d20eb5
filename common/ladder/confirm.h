/// Confirmation: what looked best is trained again on seeds that chose nothing, scored on the shard that chose nothing,
/// and judged by evidence that may be looked at after every pair. Only this makes a claim.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "design/experiment.h"
#include "ladder/duel.h"
#include "ladder/rank.h"

namespace gradus {

struct ConfirmRequest {
  int generation = 1;
  std::vector<DesignName> designs;  // none: those of the outlook that beat the baseline with p_better ≥ kLikely
  std::string scale;                // "": the dearest rung that a candidate was trained at
  int most_designs = 3, most_pairs = 12;
  std::optional<Path> second;  // another experiment, on another corpus, with the same designs
};
/// No more: a lone winner among equals is shrunk hard, and it is the confirmation that guards the error.
inline constexpr double kLikely = 0.5;

struct Confirmed {
  DesignName design;
  std::vector<double> differences, second;  // reference less design, confirmation shard, in the order of the seeds
  Duel duel, second_duel;
  Outcome outcome = Outcome::kUndecided;  // `beats` only where all corpora say so
};

/// Holm's step-down over anytime-valid tests: with K designs each is judged at error/K, and as m of them are decided
/// the rest at error/(K - m). The chance that *any* equal design is ever said to beat is at most `error`.
void judge_family(std::vector<Confirmed>& family, double error, bool with_second);

/// The plan, frozen once in selected/gNNN-confirm.yaml: who, at which learning rates, on which seeds, at what error.
/// The error of all confirmations of an experiment together is (1 - confidence)/2: the r-th spends 2^-r of it.
Selection plan_confirmation(const Experiment& experiment, const ConfirmRequest& request);

struct ConfirmationState {
  std::vector<Confirmed> family;
  std::vector<std::pair<Path, Path>> wanted;  // design's and run's directory, next to train and evaluate
  Selection claims;                           // selected/gNNN-claims.yaml; write it when `over`
  bool over = false;
};
ConfirmationState confirmation_state(const Experiment& experiment, const Selection& plan,
                                     const ConfirmRequest& request);

/// The plan read, or made and written; the state; the claims written where it is over. `again`: plan anew.
ConfirmationState confirm(const Experiment& experiment, const ConfirmRequest& request, bool again);

/// "g001-003 beats g000-000 by 0.0310 ± 0.0120 bits per byte at 330k parameters, 512k tokens (3 learning rates tried,
/// best 1× against 3×; 5 paired fresh seeds; p = 0.0123; 2 of 41 designs tried put to confirmation)": design.md §1.7.
struct ClaimFacts {
  DesignName reference{0, 0};
  double multiplier = 1, reference_multiplier = 1;
  int rates_tried = 1, designs_tried = 0, confirmed = 1;
  int64_t parameters = 0, reference_parameters = 0, tokens = 0;
};
std::string claim_sentence(const Confirmed& confirmed, const ClaimFacts& facts);

}  // namespace gradus
