/// What happens at a step, as pure functions: the learning rate, and which samples are seen.
#pragma once

#include <cstdint>

#include "design/scales.h"

namespace gradus {

/// Linear warm-up over `warmup` of the steps, then half a cosine down to `final_rate` of the peak. step: from 0.
double learning_rate(const Scale& scale, double multiplier, int64_t step);

/// Order of the samples: a new permutation each epoch; the sample at position p is a pure function of (seed, epoch, p),
/// so neither ranks nor restarts change what is seen when.
class Order {
 public:
  /// Samples are windows of context + 1 tokens, `context` apart. A shard shorter than one window is an Error.
  Order(uint64_t n_tokens, int64_t context, uint64_t seed);
  uint64_t samples() const { return n_samples_; }  // an epoch
  uint64_t first_token(uint64_t position) const;   // of the sample at this position of the run

 private:
  uint64_t n_samples_, context_, seed_;
};

/// The part [begin, end) of n things that is rank's: sizes differ by at most one.
struct Part {
  int64_t begin, end;
};
Part part_of(int64_t n, int rank, int n_ranks);

}  // namespace gradus
