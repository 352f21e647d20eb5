/// One row of logits against its target: what a task needs of a softmax over the vocabulary, in one pass for the
/// largest and one for the sum, without writing the row.
///   log p = z[t] − max z − ln Σ exp(z − max z), the exponentials in float32 (relative error below 2e-7), sums in
///   float64
#pragma once

#include <cstdint>

namespace gradus {

struct RowScore {
  double log_probability = 0;
  bool likeliest = false;  // z[target] is the largest; of equals the one with the lowest id
};

RowScore score_row(const float* logits, int64_t n, int64_t target);

}  // namespace gradus
