/// Controls: what no honest model can do, however it is trained (design.md §5.6). They look at the real thing, float32
/// training with its optimizer, so a leak that only training opens is seen too.
///   random    every token of every step is a fresh uniform draw: the loss stays at or above ln V
///   shuffled  inputs are text, targets are drawn from the text without regard to them: the loss stays at or above the
///             entropy of the tokens' shares
/// Both bounds are exact for any causal model, so z = (loss − bound) / SE below −4 is a refusal (one false alarm in
/// 30,000 designs). The first finds models that see the future. The second controls the bench, since targets that
/// inputs know nothing of can be beaten only by a loss that is none. (Permuting targets within a batch would not do: an
/// honest model knows its row's past, and so part of what is permuted.)
#pragma once

#include <cstdint>
#include <vector>

#include "check/learning_data.h"
#include "design/files.h"
#include "design/store.h"
#include "design/tree.h"

namespace gradus {

/// The smallest leak that this finds is not measured yet.
struct ControlPlan {
  int64_t vocabulary = 64;  // few tokens: what leaks is learned in few steps
  int64_t steps = 100, batch = 16, context = 32;
  int64_t measured_batches = 32;  // after training, fresh
  int64_t n_blocks = 2;           // at most
  double learning_rate = 5e-3;    // no rung's: high, to learn a leak quickly; an honest model may do badly
};

struct Control {
  double loss = 0, bound = 0, standard_error = 0;  // nats a token
  double z = 0;  // (loss − bound) / standard_error; the lower of train and eval mode
};
Control measure_random_control(const Design& design, const UnitStore& units, const Scale& scale, double fit_multiplier,
                               int64_t n_blocks, const ControlPlan& plan, uint64_t key);
/// The data's tokens are taken modulo the plan's vocabulary.
Control measure_shuffled_control(const Design& design, const UnitStore& units, const Scale& scale,
                                 double fit_multiplier, int64_t n_blocks, const LearningData& data,
                                 const ControlPlan& plan, uint64_t key);

/// "control, random tokens" or "control, shuffled targets": value z, limit −4.
Measurement judge_random_control(const Control& control);
Measurement judge_shuffled_control(const Control& control);

}  // namespace gradus
