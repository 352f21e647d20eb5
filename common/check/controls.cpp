#include "check/controls.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/remainder.h>

#include <cmath>
#include <limits>

#include "base/log.h"
#include "base/rng.h"
#include "check/input.h"
#include "check/short_run.h"
#include "design/model.h"

namespace gradus {
namespace {

constexpr double kLargestDeviation = 4;  // standard errors below the bound
constexpr int64_t kFresh = 1'000'000;    // batches measured are numbered from here: none was trained on

/// Loss of each target and the bound's: its loss under the distribution it was drawn from.
using Bound = std::function<at::Tensor(const at::Tensor& targets)>;

Control compare(const at::Tensor& losses, const at::Tensor& bounds) {
  const at::Tensor difference = losses - bounds;
  const auto n = static_cast<double>(difference.numel());
  Control c{losses.mean().item<double>(), bounds.mean().item<double>(), difference.std().item<double>() / std::sqrt(n),
            0};
  // A loss that is not finite beats nothing; one that is the bound exactly (a head that ignores all) has no deviation.
  const double mean = difference.mean().item<double>();
  c.z = !std::isfinite(mean)       ? std::numeric_limits<double>::max()
        : c.standard_error > 1e-12 ? mean / c.standard_error
        : std::abs(mean) < 1e-6    ? 0
                                   : std::copysign(1e6, mean);
  return c;
}

Control run_control(DesignModel& model, const Scale& scale, const ControlPlan& plan, const BatchSource& source,
                    const Bound& bound, uint64_t key) {
  Scale brief = short_scale(scale, plan.steps, plan.batch, plan.context);
  brief.learning_rate = plan.learning_rate;
  brief.weight_decay = 0;
  train_briefly(model, brief, 1, source, key);
  Control worst;
  worst.z = std::numeric_limits<double>::infinity();
  for (bool training : {true, false}) {
    model.set_training(training);
    std::vector<at::Tensor> losses, bounds;
    for (int64_t k = 0; k < plan.measured_batches; ++k) {
      model.set_step(stream_key("control", {key, static_cast<uint64_t>(k)}));
      const TokenBatch batch = source(kFresh + 2 * k + training);
      losses.push_back(asked_losses(model, batch));
      bounds.push_back(bound(batch.targets.flatten()));
    }
    const Control c = compare(at::cat(losses), at::cat(bounds));
    if (c.z < worst.z) worst = c;
  }
  return worst;
}

std::unique_ptr<DesignModel> build(const Design& design, const UnitStore& units, const Scale& scale,
                                   double fit_multiplier, int64_t n_blocks, const ControlPlan& plan, uint64_t key) {
  ModelOptions options;
  options.seed = key;
  options.limits.steps = UINT64_MAX / 2;  // the child's wall clock ends it
  return std::make_unique<DesignModel>(
      design, units, Shape{scale.d_model, std::min(n_blocks, plan.n_blocks), plan.vocabulary, plan.context},
      fit_multiplier, options);
}

Measurement judge(const Control& c, const std::string& name, const std::string& bound, const std::string& hint) {
  const bool ok = c.z >= -kLargestDeviation;
  return {name,
          ok ? "ok" : "no",
          c.z,
          -kLargestDeviation,
          "",
          "loss " + format_fixed(c.loss, 4) + " nats a token, " + bound + " " + format_fixed(c.bound, 4) + " (z " +
              format_fixed(c.z, 1) + ")",
          ok ? "" : hint,
          0};
}

}  // namespace

Control measure_random_control(const Design& design, const UnitStore& units, const Scale& scale, double fit_multiplier,
                               int64_t n_blocks, const ControlPlan& plan, uint64_t key) {
  const auto model = build(design, units, scale, fit_multiplier, n_blocks, plan, key);
  const auto source = [&](int64_t step) {
    const at::Tensor tokens = random_tokens(plan.batch, plan.context + 1, plan.vocabulary,
                                            stream_key("control tokens", {key, static_cast<uint64_t>(step)}));
    return TokenBatch{tokens.narrow(1, 0, plan.context).contiguous(), tokens.narrow(1, 1, plan.context).contiguous()};
  };
  const double bound = std::log(static_cast<double>(plan.vocabulary));
  return run_control(
      *model, scale, plan, source,
      [bound](const at::Tensor& targets) { return at::full_like(targets, bound, at::dtype(at::kDouble)); }, key);
}

Control measure_shuffled_control(const Design& design, const UnitStore& units, const Scale& scale,
                                 double fit_multiplier, int64_t n_blocks, const LearningData& data,
                                 const ControlPlan& plan, uint64_t key) {
  const auto model = build(design, units, scale, fit_multiplier, n_blocks, plan, key);
  LearningData few;
  few.tokens = at::remainder(data.tokens, plan.vocabulary).contiguous();
  const int64_t n = few.tokens.numel();
  const at::Tensor counts = at::bincount(few.tokens, {}, plan.vocabulary).to(at::kDouble);
  const at::Tensor surprise = -(counts / static_cast<double>(n)).log();  // infinite where a token is never drawn
  const auto source = [&](int64_t step) {
    TokenBatch batch = window_batch(few, step % (n / (plan.context + 1)), plan.batch, plan.context);
    const at::Tensor places =
        random_tokens(plan.batch, plan.context, n, stream_key("control targets", {key, static_cast<uint64_t>(step)}));
    batch.targets = few.tokens.index({places});
    return batch;
  };
  return run_control(
      *model, scale, plan, source, [&](const at::Tensor& targets) { return surprise.index({targets}); }, key);
}

Measurement judge_random_control(const Control& control) {
  return judge(control, "control, random tokens", "no causal model is below ln V",
               "it sees the tokens it has to predict: look for what reads later positions");
}

Measurement judge_shuffled_control(const Control& control) {
  return judge(control, "control, shuffled targets", "no model is below the entropy of the tokens' shares",
               "the loss is none: look for outputs that depend on what was called before");
}

}  // namespace gradus
