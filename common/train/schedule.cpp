#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "base/error.h"
#include "base/rng.h"

namespace gradus {

double learning_rate(const Scale& scale, double multiplier, int64_t step) {
  const double peak = scale.learning_rate * multiplier;
  const int64_t steps = scale.steps();
  const int64_t warm = std::max<int64_t>(1, std::llround(scale.warmup * static_cast<double>(steps)));
  if (step < warm) return peak * static_cast<double>(step + 1) / static_cast<double>(warm);
  const double progress = static_cast<double>(step - warm) / static_cast<double>(std::max<int64_t>(1, steps - warm));
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, progress)));
  return peak * (scale.final_rate + (1 - scale.final_rate) * cosine);
}

Order::Order(uint64_t n_tokens, int64_t context, uint64_t seed)
    : n_samples_(n_tokens > 0 ? (n_tokens - 1) / static_cast<uint64_t>(context) : 0),
      context_(static_cast<uint64_t>(context)),
      seed_(seed) {
  if (n_samples_ == 0)
    throw Error("the train split has " + std::to_string(n_tokens) + " tokens, a sample needs " +
                std::to_string(context + 1) + ": give `prepare` more text");
}

uint64_t Order::first_token(uint64_t position) const {
  const uint64_t epoch = position / n_samples_;
  const Permutation permutation(n_samples_, stream_key("order", {seed_, epoch}));
  return permutation(position % n_samples_) * context_;
}

Part part_of(int64_t n, int rank, int n_ranks) { return {n * rank / n_ranks, n * (rank + 1) / n_ranks}; }

}  // namespace gradus
