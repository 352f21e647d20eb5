/// A few hundred training steps on batches made on the fly, with the optimizer and schedule of a scale: what the
/// learning tier, the controls and the probes share. No files, no resume.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "design/model.h"

namespace gradus {

/// A target that is not asked.
inline constexpr int64_t kIgnored = -100;

struct TokenBatch {
  at::Tensor inputs, targets;  // (B, T) int64; some target is asked
};
using BatchSource = std::function<TokenBatch(int64_t step)>;

/// Loss of each asked target, float64 (N), in row order, without gradients.
at::Tensor asked_losses(LanguageModel& model, const TokenBatch& batch);
/// The likeliest token at each asked target, int64 (N), and those targets.
struct Answers {
  at::Tensor likeliest, targets;
};
Answers answer_targets(LanguageModel& model, const TokenBatch& batch);

struct ShortRun {
  std::vector<double> losses;          // a step: mean over its asked targets, nats, before the update
  std::vector<double> gradient_norms;  // before the clip
  int64_t not_finite_step = -1;        // where loss or gradient stopped being finite; the run ends there
};
/// scale: optimizer and schedule; its steps() are the steps made. `go_on` (if given) ends the run early.
ShortRun train_briefly(LanguageModel& model, const Scale& scale, double multiplier, const BatchSource& source,
                       uint64_t key, const std::function<bool(const ShortRun&)>& go_on = {});

/// The scale's optimizer over `steps` steps of batch × context tokens, warm-up over at least a tenth of them.
Scale short_scale(const Scale& scale, int64_t steps, int64_t batch, int64_t context);

}  // namespace gradus
