/// Every parameter must be reached by a finite, non-zero gradient on some of several batches (design.md §5.3).
#pragma once

#include <string>
#include <vector>

#include "design/model.h"

namespace gradus {

struct GradientResult {
  std::vector<std::string> dead;  // no or only zero gradient on every batch
  std::vector<std::string> not_finite;
  double loss = 0;                   // of the first batch, nats a token
  double smallest = 0, largest = 0;  // root mean square of a parameter's gradient
};
GradientResult measure_gradients(LanguageModel& model, int64_t vocabulary, int64_t length, uint64_t key);

/// Mean next-token cross-entropy of uniform random tokens, nats a token.
at::Tensor random_token_loss(LanguageModel& model, const at::Tensor& tokens);

}  // namespace gradus
