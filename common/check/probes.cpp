#include "check/probes.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>

#include <chrono>
#include <cmath>
#include <map>

#include "base/rng.h"
#include "design/model.h"

namespace gradus {
namespace {

constexpr int64_t kBlocks = 2;
constexpr double kSaturated = 0.99;
constexpr int64_t kScoredAtOnce = 64;  // examples

/// sin and cos of position × 10,000^(−2i/D) (Vaswani et al. 2017, arXiv:1706.03762). (T, D)
at::Tensor sine_positions(int64_t length, int64_t width) {
  at::Tensor out = at::empty({length, width}, at::kFloat);
  float* p = out.data_ptr<float>();
  for (int64_t t = 0; t < length; ++t)
    for (int64_t i = 0; i < width; ++i) {
      const double angle =
          static_cast<double>(t) * std::pow(1e4, -static_cast<double>(i - i % 2) / static_cast<double>(width));
      p[t * width + i] = static_cast<float>(i % 2 ? std::cos(angle) : std::sin(angle));
    }
  return out;
}

/// For compression: all positions are read back from the last one by y_t = W₂ gelu(W₁ (h_last + position_t)).
class Autoencoder : public LanguageModel {
 public:
  Autoencoder(std::unique_ptr<DesignModel> trunk, int64_t width, uint64_t seed) : trunk_(std::move(trunk)) {
    parameters_ = trunk_->parameters();
    for (int k = 0; k < 2; ++k) {
      const Stream stream("probe decoder", {seed, static_cast<uint64_t>(k)});
      at::Tensor weight = at::empty({width, width}, at::kFloat);
      const double deviation = 1 / std::sqrt(static_cast<double>(width));
      for (int64_t i = 0; i < weight.numel(); ++i)
        weight.data_ptr<float>()[i] = static_cast<float>(deviation * stream.normal(static_cast<uint64_t>(i)));
      weights_[k] = weight.requires_grad_();
      biases_[k] = at::zeros({width}, at::kFloat).requires_grad_();
      parameters_.push_back({"decoder." + std::to_string(k) + ".weight", weights_[k], true});
      parameters_.push_back({"decoder." + std::to_string(k) + ".bias", biases_[k], false});
    }
  }
  at::Tensor hidden(const at::Tensor& tokens) override {
    const int64_t length = tokens.size(1);
    const at::Tensor h = trunk_->hidden(tokens);
    const at::Tensor x = h.narrow(1, length - 1, 1) + sine_positions(length, h.size(2));
    return at::linear(at::gelu(at::linear(x, weights_[0], biases_[0])), weights_[1], biases_[1]);
  }
  const at::Tensor& head() override { return trunk_->head(); }
  const std::vector<ModelParameter>& parameters() override { return parameters_; }
  void set_training(bool training) override { trunk_->set_training(training); }
  void set_step(uint64_t key) override { trunk_->set_step(key); }

 private:
  std::unique_ptr<DesignModel> trunk_;
  at::Tensor weights_[2], biases_[2];
  std::vector<ModelParameter> parameters_;
};

double score_split(LanguageModel& model, const ProbeTask& task, ProbeSplit split, int64_t n, uint64_t seed) {
  model.set_training(false);
  std::vector<int64_t> answers, targets;
  for (int64_t at = 0; at < n; at += kScoredAtOnce) {
    const Answers a = answer_targets(model, probe_examples(task, split, at, std::min(kScoredAtOnce, n - at), seed));
    const auto append = [](std::vector<int64_t>& to, const at::Tensor& from) {
      const at::Tensor flat = from.contiguous();
      to.insert(to.end(), flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel());
    };
    append(answers, a.likeliest);
    append(targets, a.targets);
  }
  model.set_training(true);
  return balanced_accuracy(answers, targets);
}

struct Trained {
  double validation = 0, test = 0;
  int64_t steps = 0;
};

/// A run that becomes infinite scores what it last had: nothing.
Trained train_probe(LanguageModel& model, const Scale& scale, const ProbeTask& task, const ProbePlan& plan,
                    uint64_t seed) {
  Trained out;
  const auto source = [&](int64_t step) {
    const int64_t first = step * plan.batch % std::max<int64_t>(1, task.examples);
    return probe_examples(task, ProbeSplit::kTrain, first, std::min(plan.batch, task.examples - first), seed);
  };
  const auto validate = [&] {
    out.validation = score_split(model, task, ProbeSplit::kValidation, plan.held_out, seed);
  };
  const ShortRun run = train_briefly(model, scale, 1, source, seed, [&](const ShortRun& r) {
    if (static_cast<int64_t>(r.losses.size()) % plan.validate_steps != 0) return true;
    validate();
    return out.validation < plan.enough;
  });
  out.steps = static_cast<int64_t>(run.losses.size());
  if (run.not_finite_step >= 0) return out;
  validate();
  out.test = score_split(model, task, ProbeSplit::kTest, plan.held_out, seed);
  return out;
}

}  // namespace

ProbePlan fast_probe_plan() { return {}; }

ProbePlan full_probe_plan() {
  ProbePlan plan;
  plan.learning_rates = {1e-4, 5e-4, 1e-3};
  plan.weight_decays = {0, 0.1};
  plan.batch = 128, plan.most_steps = 20'000, plan.held_out = 1280, plan.enough = 0.999, plan.seeds = 3;
  return plan;
}

double balanced_accuracy(const std::vector<int64_t>& answers, const std::vector<int64_t>& targets) {
  std::map<int64_t, std::pair<double, double>> kinds;  // right, asked
  for (size_t i = 0; i < targets.size(); ++i) {
    auto& [right, asked] = kinds[targets[i]];
    right += answers[i] == targets[i], ++asked;
  }
  double sum = 0;
  for (const auto& [kind, counts] : kinds) sum += counts.first / counts.second;
  return kinds.empty() ? 0 : sum / static_cast<double>(kinds.size());
}

ProbeScore run_probe(const Design& design, const UnitStore& units, const Scale& scale, double fit_multiplier,
                     const ProbeTask& task, const ProbePlan& plan) {
  const auto begin = std::chrono::steady_clock::now();
  ProbeScore score{task.name, task.setting()};
  score.chance = probe_chance(task);
  const int64_t batches = (task.examples + plan.batch - 1) / plan.batch;
  const auto train = [&](double rate, double decay, uint64_t seed) {
    Scale s = short_scale(scale, std::min(plan.most_steps, plan.epochs * batches), plan.batch, task.length);
    s.learning_rate = rate, s.weight_decay = decay, s.final_rate = 0.01;
    ModelOptions options;
    options.seed = seed;
    options.limits.steps = UINT64_MAX / 2;  // the child's wall clock ends it
    std::unique_ptr<LanguageModel> model = std::make_unique<DesignModel>(
        design, units, Shape{scale.d_model, kBlocks, task.vocabulary, task.length}, fit_multiplier, options);
    if (task.name == "compression")
      model = std::make_unique<Autoencoder>(std::unique_ptr<DesignModel>(static_cast<DesignModel*>(model.release())),
                                            scale.d_model, seed);
    const Trained t = train_probe(*model, s, task, plan, seed);
    score.steps = std::max(score.steps, t.steps);
    return t;
  };
  Trained best{-1, 0, 0};
  for (double rate : plan.learning_rates)
    for (double decay : plan.weight_decays)
      if (const Trained t = train(rate, decay, 0); t.validation > best.validation)
        best = t, score.learning_rate = rate, score.weight_decay = decay;
  std::vector<double> accuracies{best.test};
  for (int64_t seed = 1; seed < plan.seeds; ++seed)
    accuracies.push_back(train(score.learning_rate, score.weight_decay, static_cast<uint64_t>(seed)).test);
  score.seeds = static_cast<int64_t>(accuracies.size());
  const auto n = static_cast<double>(accuracies.size());
  for (double a : accuracies) score.accuracy += a / n;
  for (double a : accuracies) score.deviation += (a - score.accuracy) * (a - score.accuracy) / std::max(1.0, n - 1);
  score.deviation = std::sqrt(score.deviation);
  score.saturated = score.accuracy > kSaturated;
  score.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return score;
}

}  // namespace gradus
