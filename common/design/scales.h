/// The rungs of the ladder. Fixed by tokens and FLOPs, never by seconds.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/config.h"

namespace gradus {

struct Scale {
  int64_t d_model = 64;         // channels
  int64_t n_blocks = 4;         // blocks of the GPT2 seed; a design's own depth comes from its fit
  int64_t vocabulary = 1024;    // tokens of the scale's tokenizer
  int64_t context = 128;        // tokens of one sample
  int64_t batch_tokens = 512;   // tokens a step, over all ranks
  int64_t tokens = 512'000;     // tokens a run
  double learning_rate = 3e-3;  // peak of AdamW's rate at multiplier 1
  double warmup = 0.1;          // share of the steps with a rising rate
  double final_rate = 0.1;      // the cosine ends at this share of the peak
  double weight_decay = 0.1;    // on ≥ 2-D weights
  double beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8;
  double clip = 1.0;  // largest gradient norm
  int64_t steps() const { return (tokens + batch_tokens - 1) / batch_tokens; }

  template <class V>
  void fields(V& v) {
    v("d_model", d_model);
    v("n_blocks", n_blocks);
    v("vocabulary", vocabulary);
    v("context", context);
    v("batch_tokens", batch_tokens);
    v("tokens", tokens);
    v("learning_rate", learning_rate);
    v("warmup", warmup);
    v("final_rate", final_rate);
    v("weight_decay", weight_decay);
    v("beta1", beta1);
    v("beta2", beta2);
    v("epsilon", epsilon);
    v("clip", clip);
  }
};

using Scales = std::map<std::string, Scale>;

/// The order of the ladder: by d_model, then blocks, then tokens.
std::vector<std::string> ladder_order(const Scales& scales);

/// What is wrong with a scale of the user's own, a line each.
std::vector<std::string> scale_faults(const Scale& scale);

/// configs/scales.yaml as built in: pico (tests), nano, micro, mini, 14M … 1300M.
const Scales& builtin_scales();

/// What a model is built for: a scale's numbers with the corpus's vocabulary and the fitted depth.
struct Shape {
  int64_t d_model = 64, n_blocks = 4, vocabulary = 1024, context = 128;
};
Shape seed_shape(const Scale& scale);

}  // namespace gradus
