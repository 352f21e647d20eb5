#include "check/short_run.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/nonzero.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

#include "base/rng.h"
#include "train/head_loss.h"
#include "train/optimizer.h"
#include "train/schedule.h"

namespace gradus {
namespace {

/// The rows of (B·T) that are asked.
struct Asked {
  explicit Asked(const at::Tensor& all)
      : flat(all.reshape({-1})), rows(at::nonzero(flat.ne(kIgnored)).reshape({-1})), targets(flat.index({rows})) {}
  at::Tensor flat, rows, targets;
  bool every() const { return rows.numel() == flat.numel(); }
  at::Tensor of(const at::Tensor& hidden) const {
    const at::Tensor h = hidden.reshape({-1, hidden.size(-1)});
    return every() ? h : h.index_select(0, rows);
  }
};

double step_loss(LanguageModel& model, Optimizer& optimizer, const TokenBatch& batch) {
  optimizer.zero_gradients();
  const at::Tensor hidden = model.hidden(batch.inputs);
  const Asked asked(batch.targets);
  const double share = 1.0 / static_cast<double>(asked.rows.numel());
  const HeadLoss head = head_loss(asked.of(hidden.detach()), model.head().detach(), asked.targets, share,
                                  optimizer.gradient_of(model.head()));
  at::Tensor gradient = head.hidden_gradient;
  if (!asked.every())
    gradient = at::zeros_like(hidden.detach().reshape({-1, hidden.size(-1)})).index_copy_(0, asked.rows, gradient);
  hidden.backward(gradient.view(hidden.sizes()));
  optimizer.collect_gradients();
  return head.loss * share;
}

}  // namespace

at::Tensor asked_losses(LanguageModel& model, const TokenBatch& batch) {
  const at::NoGradGuard no_grad;
  const Asked asked(batch.targets);
  return row_losses(asked.of(model.hidden(batch.inputs)), model.head(), asked.targets);
}

Answers answer_targets(LanguageModel& model, const TokenBatch& batch) {
  const at::NoGradGuard no_grad;
  const Asked asked(batch.targets);
  return {at::argmax(at::mm(asked.of(model.hidden(batch.inputs)), model.head().t()), 1), asked.targets};
}

ShortRun train_briefly(LanguageModel& model, const Scale& scale, double multiplier, const BatchSource& source,
                       uint64_t key, const std::function<bool(const ShortRun&)>& go_on) {
  Optimizer optimizer(model.parameters(), scale);
  model.set_training(true);
  ShortRun run;
  for (int64_t step = 0; step < scale.steps(); ++step) {
    model.set_step(stream_key("short run", {key, static_cast<uint64_t>(step)}));
    const double loss = step_loss(model, optimizer, source(step));
    const double norm = optimizer.update(learning_rate(scale, multiplier, step), step);
    run.losses.push_back(loss);
    run.gradient_norms.push_back(norm);
    if (!std::isfinite(loss) || !std::isfinite(norm)) {
      run.not_finite_step = step;
      break;
    }
    if (go_on && !go_on(run)) break;
  }
  return run;
}

Scale short_scale(const Scale& scale, int64_t steps, int64_t batch, int64_t context) {
  Scale out = scale;
  out.context = context;
  out.batch_tokens = batch * context;
  out.tokens = steps * out.batch_tokens;
  out.warmup = std::max(scale.warmup, 0.1);  // of 200 steps, a scale's 2 % would be four
  return out;
}

}  // namespace gradus
