#include "check/learning.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "design/model.h"

namespace gradus {
namespace {

constexpr double kSmoothing = 0.95;  // as train/loop.h judges divergence: over some 20 steps
constexpr double kDivergedRatio = 1.5;
constexpr size_t kGraceSteps = 50, kFinalSteps = 20, kSlopeSteps = 50, kPointSteps = 10;
constexpr double kClearly =
    0.05;                       // nats that the seed must be below the tokens' shares for a design to be held to them
constexpr double kSpike = 0.5;  // nats; a step of 512 tokens of text scatters by 0.15

/// Smoothed losses, without the bias of their start.
std::vector<double> smoothed(const std::vector<double>& losses) {
  std::vector<double> out;
  double sum = 0, weight = 0;
  for (double loss : losses) {
    sum = kSmoothing * sum + (1 - kSmoothing) * loss;
    weight = kSmoothing * weight + (1 - kSmoothing);
    out.push_back(sum / weight);
  }
  return out;
}

/// Mean of the `n` values before `end`.
double mean_before(const std::vector<double>& values, size_t end, size_t n) {
  end = std::min(end, values.size());
  const size_t begin = end > n ? end - n : 0;
  double sum = 0;
  for (size_t i = begin; i < end; ++i) sum += values[i];
  return end > begin ? sum / static_cast<double>(end - begin) : 0;
}

/// Least squares over the last values.
double slope_at_end(const std::vector<double>& values) {
  const size_t n = std::min(kSlopeSteps, values.size());
  const double middle = static_cast<double>(n - 1) / 2, mean = mean_before(values, values.size(), n);
  double above = 0, below = 0;
  for (size_t i = 0; i < n; ++i) {
    const double x = static_cast<double>(i) - middle;
    above += x * (values[values.size() - n + i] - mean);
    below += x * x;
  }
  return below > 0 ? above / below : 0;
}

bool diverged(const std::vector<double>& losses, int64_t steps) {
  const auto smooth = smoothed(losses);
  if (losses.size() < std::min<size_t>(kGraceSteps, static_cast<size_t>(steps) / 4)) return false;
  return smooth.back() > kDivergedRatio * *std::min_element(smooth.begin(), smooth.end());
}

LearningCurve describe_run(const ShortRun& run, double multiplier, int64_t steps) {
  LearningCurve c;
  c.multiplier = multiplier;
  c.steps = static_cast<int64_t>(run.losses.size());
  if (run.not_finite_step >= 0)
    c.fault = "not finite at step " + std::to_string(run.not_finite_step + 1);
  else if (diverged(run.losses, steps))
    c.fault = "diverged at step " + std::to_string(c.steps);
  if (run.not_finite_step >= 0) return c;
  const auto& x = run.losses;
  c.start = x.front();
  const std::pair<double*, size_t> points[] = {{&c.at_25, 25}, {&c.at_50, 50}, {&c.at_100, 100}, {&c.at_200, 200}};
  for (auto [point, step] : points) *point = mean_before(x, step, kPointSteps);
  c.final_loss = mean_before(x, x.size(), kFinalSteps);
  c.area = mean_before(x, x.size(), x.size());
  c.slope = slope_at_end(x);
  const auto smooth = smoothed(x);
  for (size_t i = 1; i < x.size(); ++i) c.spikes += x[i] > smooth[i - 1] + kSpike;
  auto norms = run.gradient_norms;
  std::sort(norms.begin(), norms.end());
  c.gradient_norm = norms[norms.size() / 2];
  c.largest_gradient_norm = norms.back();
  return c;
}

/// Cross-entropy of the last steps' targets under the data's token shares: nothing but noise of the data is common to
/// it and a run's final loss.
double unigram_loss(const LearningData& data, const LearningPlan& plan) {
  double sum = 0;
  int64_t n = 0;
  for (int64_t k = std::max<int64_t>(0, plan.steps - int64_t{kFinalSteps}); k < plan.steps; ++k) {
    const at::Tensor targets = window_batch(data, k, plan.batch, plan.context).targets;
    for (int64_t i = 0; i < targets.numel(); ++i, ++n)
      sum -= data.unigram[static_cast<size_t>(targets.data_ptr<int64_t>()[i])];
  }
  return sum / static_cast<double>(n);
}

Measurement measurement(const std::string& name, const std::string& verdict, double value, double limit,
                        const std::string& evidence, const std::string& hint) {
  return {name, verdict, value, limit, "", evidence, hint, 0};
}

const LearningCurve* best_of(const Learning& learning) {
  const LearningCurve* best = nullptr;
  for (const auto& c : learning.curves)
    if (c.fault.empty() && (!best || c.final_loss < best->final_loss)) best = &c;
  return best;
}

Measurement judge_stability(const Learning& design) {
  double largest = 0;
  std::string faults;
  bool refused = best_of(design) == nullptr;
  for (const auto& c : design.curves) {
    if (c.fault.empty()) {
      largest = std::max(largest, c.multiplier);
      continue;
    }
    faults += (faults.empty() ? "" : "; ") + format_g(c.multiplier) + "× the learning rate: " + c.fault;
    refused |= c.multiplier <= 1 && c.fault.starts_with("not finite");
  }
  return measurement("stability",
                     refused          ? "no"
                     : faults.empty() ? "ok"
                                      : "warning",
                     largest, 1 / 3.0, faults,
                     refused ? "normalise what grows: the same steps train the GPT2 seed" : "");
}

}  // namespace

Learning measure_learning(const Design& design, const UnitStore& units, const Scale& scale, double fit_multiplier,
                          int64_t n_blocks, const LearningData& data, const LearningPlan& plan, uint64_t key) {
  const Scale brief = short_scale(scale, plan.steps, plan.batch, plan.context);
  const Shape shape{scale.d_model, std::min(n_blocks, plan.n_blocks), data.vocabulary, plan.context};
  ModelOptions options;
  options.seed = key;
  options.limits.steps = UINT64_MAX / 2;  // the child's wall clock ends it
  Learning out{{}, unigram_loss(data, plan), data.vocabulary, shape.n_blocks, data.source, data.hash};
  for (double multiplier : plan.multipliers) {
    DesignModel model(design, units, shape, fit_multiplier, options);
    const ShortRun run = train_briefly(
        model, brief, multiplier, [&](int64_t step) { return window_batch(data, step, plan.batch, plan.context); }, key,
        [&](const ShortRun& r) { return !diverged(r.losses, plan.steps); });
    out.curves.push_back(describe_run(run, multiplier, plan.steps));
  }
  return out;
}

std::vector<Measurement> judge_learning(const Learning& design, const Learning& seed, double share) {
  std::vector<Measurement> out{judge_stability(design)};
  const double nothing = std::log(static_cast<double>(design.vocabulary));
  const auto &first = design.curves.front(), *mine = best_of(design), *theirs = best_of(seed);
  if (first.steps > 0 && first.start > 1.5 * nothing)
    out.push_back(measurement("learning start", "warning", first.start, 1.5 * nothing,
                              "the first loss on text is far above ln V", "scale the output down at initialisation"));
  if (!mine) return out;
  // At the smallest widths 200 steps bring the seed itself no further than the tokens' shares: then they bound nobody.
  const double fall = theirs ? nothing - theirs->final_loss : 0;
  const bool shares_count = theirs && theirs->final_loss < design.unigram_loss - kClearly;
  const double limit = std::min(shares_count ? design.unigram_loss : nothing, nothing - share * fall);
  const std::string evidence =
      "after " + std::to_string(mine->steps) + " steps at " + format_g(mine->multiplier) + "× the learning rate " +
      format_fixed(mine->final_loss, 3) + " nats a token; the GPT2 seed " +
      (theirs ? format_fixed(theirs->final_loss, 3) : std::string("diverges")) + ", token shares alone " +
      format_fixed(design.unigram_loss, 3) + ", ln V " + format_fixed(nothing, 3) + " (" + design.data + ")";
  const bool learns = mine->final_loss < limit;
  out.push_back(
      measurement("learning", learns ? "ok" : "no", mine->final_loss, limit, evidence,
                  learns ? "" : "let the gradient reach the mixer from the first step; keep a residual path"));
  return out;
}

}  // namespace gradus
