#include "train/optimizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>

#include <map>

#include "base/error.h"

namespace gradus {

Optimizer::Optimizer(const std::vector<ModelParameter>& parameters, const Scale& scale)
    : parameters_(parameters), offsets_(parameters.size()), scale_(scale) {
  const at::NoGradGuard no_grad;
  int64_t n = 0;
  for (bool decaying : {true, false}) {
    for (size_t i = 0; i < parameters_.size(); ++i) {
      const auto& p = parameters_[i];
      if (p.decays != decaying) continue;
      require(p.tensor.scalar_type() == at::kFloat && p.tensor.is_leaf() && p.tensor.requires_grad(),
              "parameters are float32 leaves");
      offsets_[i] = n;
      n += p.tensor.numel();
    }
    if (decaying) n_decaying_ = n;
  }
  for (auto* flat : {&weights_, &gradients_, &first_, &second_}) *flat = at::zeros({n}, at::kFloat);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor& t = parameters_[i].tensor;
    const at::Tensor place = weights_.narrow(0, offsets_[i], t.numel()).view(t.sizes());
    place.copy_(t);
    t.set_data(place);
    t.mutable_grad() = gradients_.narrow(0, offsets_[i], t.numel()).view(t.sizes());
  }
}

at::Tensor& Optimizer::gradient_of(const at::Tensor& parameter) {
  for (auto& p : parameters_)
    if (p.tensor.is_same(parameter)) return p.tensor.mutable_grad();
  throw std::logic_error("the head is one of the model's parameters");
}

void Optimizer::zero_gradients() { gradients_.zero_(); }

void Optimizer::collect_gradients() {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor& t = parameters_[i].tensor;
    const at::Tensor place = gradients_.narrow(0, offsets_[i], t.numel()).view(t.sizes());
    if (t.grad().defined() && t.grad().data_ptr() == place.data_ptr()) continue;
    if (t.grad().defined()) place.add_(t.grad());
    t.mutable_grad() = place;
  }
}

double Optimizer::update(double learning_rate, int64_t step) {
  const at::NoGradGuard no_grad;
  const double norm = at::linalg_vector_norm(gradients_).item<double>();
  if (norm > scale_.clip) gradients_.mul_(scale_.clip / (norm + 1e-6));
  const auto part = [&](bool decaying, const at::Tensor& flat) {
    return decaying ? flat.narrow(0, 0, n_decaying_) : flat.narrow(0, n_decaying_, flat.numel() - n_decaying_);
  };
  const at::Tensor count = at::full({}, static_cast<double>(step + 1), at::kFloat);
  for (bool decaying : {true, false}) {
    if (part(decaying, weights_).numel() == 0) continue;
    at::_fused_adamw_({part(decaying, weights_)}, {part(decaying, gradients_)}, {part(decaying, first_)},
                      {part(decaying, second_)}, {}, {count}, learning_rate, scale_.beta1, scale_.beta2,
                      decaying ? scale_.weight_decay : 0.0, scale_.epsilon, false, false);
  }
  return norm;
}

}  // namespace gradus
