/// Text that a model writes after another: greedy for tasks, drawn for people. The whole text is run anew for each
/// token, since a design need not have a state that can be kept.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "design/model.h"
#include "train/communicator.h"
#include "train/vocabulary.h"

namespace gradus {

struct GenerateOptions {
  int64_t most_tokens = 256;
  double temperature = 0;  // 0: the likeliest token, of equals the lowest id
  int64_t top_k = 0;       // only the k likeliest; 0: all
  double top_p = 1;        // only the likeliest that make up this mass
  uint64_t seed = 0;
  std::vector<std::string> until;  // ends before the first of these, and at the end token
};

/// What follows each context, of which the last tokens that leave room are read (an empty one is the end token).
/// `max_length`: tokens a forward pass takes; most_tokens is at most half of it. The ranks share the contexts.
std::vector<std::string> generate(LanguageModel& model, const Vocabulary& vocabulary,
                                  const std::vector<std::string>& contexts, const GenerateOptions& options,
                                  int64_t max_length, const Communicator& communicator);

/// A token drawn from a row of logits; `uniform` in [0, 1).
int64_t draw_token(const std::vector<float>& logits, const GenerateOptions& options, double uniform);

}  // namespace gradus
