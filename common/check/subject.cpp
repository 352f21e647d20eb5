#include "check/subject.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>

#include "base/rng.h"
#include "check/input.h"

namespace gradus {
namespace {

std::unique_ptr<DesignModel> build(const Recipe& r, Subject::Weights weights, const ModelOptions& options) {
  auto model = std::make_unique<DesignModel>(r.design, r.units, r.shape, r.multiplier, options);
  if (weights == Subject::Weights::kOpened) perturb_parameters(*model, r.key);
  if (weights == Subject::Weights::kScrambled) scramble_parameters(*model, r.key);
  return model;
}

}  // namespace

std::string to_string(Mode mode) {
  return std::string(mode.training ? "train" : "eval") + " mode, autograd " + (mode.grad ? "on" : "off");
}

Subject::Subject(const Recipe& recipe, Weights weights, uint64_t seed) : recipe_(recipe), wide_(true), quiet_(true) {
  ModelOptions options;
  options.seed = seed;
  options.under_test = {.wide = true, .no_dropout = true};
  model_ = build(recipe, weights, options);
}

Subject::Subject(const Recipe& recipe, Weights weights, at::ScalarType dtype) : recipe_(recipe), dtype_(dtype) {
  ModelOptions options;
  options.dtype = dtype;
  model_ = build(recipe, weights, options);
}

void Subject::enter(Mode mode, uint64_t step) {
  if (training_ != mode.training) model_->set_training(mode.training);
  training_ = mode.training;
  // What drops in eval mode too is noise that the checks must see.
  set_under_test(model_->interpreter(), {.wide = wide_, .no_dropout = quiet_ && mode.training});
  model_->set_step(stream_key("check", {recipe_.key, step}));
}

at::Tensor Subject::operator()(const at::Tensor& x, Mode mode, uint64_t step) {
  enter(mode, step);
  const at::AutoGradMode grad(mode.grad);
  // A copy, so that a block that writes on its input spoils no other check; but the caller's own where it wants
  // gradients.
  at::Tensor input = x.requires_grad() ? x : x.detach().to(dtype_, false, true);
  if (mode.grad) input.requires_grad_();
  return model_->blocks(input);
}

bool Subject::writes_input(const at::Tensor& x, Mode mode) {
  enter(mode);
  const at::AutoGradMode grad(mode.grad);
  const at::Tensor input = x.detach().to(dtype_, false, true), before = input.clone();
  model_->blocks(input);
  return !at::equal(input, before);
}

void Subject::backward(const at::Tensor& loss) {
  const WideDefault wide(under_test(model_->interpreter()).wide);
  loss.backward();
}

bool Subject::stochastic(Mode mode) {
  int& known = stochastic_[mode.training];
  if (known < 0) {
    const at::Tensor x = random_input({2, 8, width()}, recipe_.key + 77);
    const at::Tensor a = (*this)(x, {mode.training, false}, 1), b = (*this)(x, {mode.training, false}, 2);
    known = at::equal(a, b) ? 0 : 1;
  }
  return known == 1;
}

}  // namespace gradus
