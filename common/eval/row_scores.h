/// Rows of logits against their targets: what a task needs of a softmax over the vocabulary, a block of it at a time,
/// so that the (rows × vocabulary) logits never exist.
///   log p = z[t] − max z − ln Σ exp(z − max z), the exponentials in float32 (relative error below 2e-7), sums in
///   float64
#pragma once

#include <cstdint>

namespace gradus {

class RowScore {
 public:
  explicit RowScore(int64_t target) : target_(target) {}
  /// Logits [first, first + n) of the row; blocks come in order.
  void add(const float* logits, int64_t first, int64_t n);
  double log_probability() const;
  /// The target's logit is the largest; of equals the one with the lowest id.
  bool likeliest() const { return largest_at_ == target_; }

 private:
  int64_t target_, largest_at_ = -1;
  float largest_ = 0, of_target_ = 0;
  double sum_ = 0;  // Σ exp(z − largest)
};

}  // namespace gradus
