/// Log-likelihoods of continuations, as lm-evaluation-harness 0.4.13 encodes and scores them, but for its one known bug
/// (a continuation that is another's context cut at a later place reads the wrong positions there).
///   A context's trailing white space moves to the continuation; ids of the context, and of both together cut at that
///   many; an empty context is the end token; too long loses its left end.
/// Fast: rows that begin another row are not run, rows go in batches of like length and a budget of tokens, and the
/// head is applied only where a token is scored, with float32 softmax.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "design/model.h"
#include "train/communicator.h"
#include "train/vocabulary.h"

namespace gradus {

/// The last `n_scored` tokens are scored from those before; at least one precedes them.
struct ScoredTokens {
  std::vector<uint32_t> tokens;
  uint32_t n_scored = 0;
};

struct Likelihood {
  double nats = 0;      // Σ log p: negative
  bool greedy = false;  // every token is the likeliest; of equals the lowest id
};

/// `max_length`: tokens a forward pass takes. Error: a context of white space alone, an empty continuation, one longer
/// than max_length.
ScoredTokens encode_pair(const Vocabulary& vocabulary, const std::string& context, const std::string& continuation,
                         int64_t max_length);
/// A whole text in windows that do not overlap, each token scored once, as much before it as fits.
std::vector<ScoredTokens> encode_rolling(const Vocabulary& vocabulary, const std::string& text, int64_t max_length);

/// The ranks share the batches; every rank gets all results, the same for any number of ranks.
std::vector<Likelihood> score_likelihoods(LanguageModel& model, const std::vector<ScoredTokens>& requests,
                                          const Communicator& communicator);

}  // namespace gradus
