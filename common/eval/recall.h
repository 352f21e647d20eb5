/// The associative-recall slice of held-out text: tokens that complete a pair already seen in the same window and rare
/// in training, where only looking back helps. Most of what sets attention apart from fixed states is there (Arora et
/// al. 2023, arXiv:2312.04927, "Zoology"). A description of a design, never its rank.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eval/trained_model.h"
#include "train/communicator.h"

namespace gradus {

/// Of tokens [0, n) in windows of `context`, each with the token before it: whether (last token, token) came earlier in
/// the window, its first input included. `before_first` precedes token 0.
std::vector<bool> repeated_pairs(const std::vector<int64_t>& tokens, int64_t before_first, int64_t context);

struct RecallScore {
  double recall_loss = 0, other_loss = 0;  // nat/token
  double untrained_recall_loss = 0;
  int64_t recall_tokens = 0, other_tokens = 0;
};

/// On the first `n_tokens` of validation at most; a pair is rare that has at most one occurrence in 100,000 of the
/// first four million training tokens. Loads the weights of `trained`.
RecallScore score_recall(TrainedModel& trained, const Experiment& experiment, const RunName& run, int64_t n_tokens,
                         const Communicator& communicator);

/// As a record shows it: both losses, the untrained one, both counts.
std::vector<std::string> words_of(const RecallScore& score);

}  // namespace gradus
