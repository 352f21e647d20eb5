#include "train/optimizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace gradus {

Optimizer::Optimizer(const std::vector<ModelParameter>& parameters, const Scale& scale, int rank, int n_ranks,
                     int64_t bucket_elements)
    : parameters_(parameters), offsets_(parameters.size()), scale_(scale), rank_(rank) {
  const at::NoGradGuard no_grad;
  require(!parameters_.empty(), "a model has parameters");
  const auto options = at::TensorOptions(at::kFloat).device(parameters_[0].tensor.device());
  int64_t n = 0;
  for (bool decaying : {true, false}) {
    for (size_t i = 0; i < parameters_.size(); ++i) {
      const auto& p = parameters_[i];
      if (p.decays != decaying) continue;
      const bool half = p.tensor.scalar_type() == at::kBFloat16;
      half_ = half_ || half;
      require((half || p.tensor.scalar_type() == at::kFloat) && p.tensor.is_leaf() && p.tensor.requires_grad(),
              "parameters are leaves, float32 or bfloat16");
      offsets_[i] = n;
      n += p.tensor.numel();
    }
    if (decaying) n_decaying_ = n;
  }
  partition_ = std::make_unique<Partition>(n, n_ranks, bucket_elements);
  for (const auto& piece : partition_->pieces(rank)) {
    const int64_t decaying = std::clamp<int64_t>(n_decaying_ - piece.begin, 0, piece.count);
    if (decaying > 0) pieces_.push_back({piece.begin, decaying, piece.own});
    if (decaying < piece.count)
      pieces_.push_back({piece.begin + decaying, piece.count - decaying, piece.own + decaying});
  }
  for (auto* flat : {&weights_, &gradients_}) *flat = at::zeros({partition_->padded()}, options);
  for (auto* own : {&first_, &second_}) *own = at::zeros({partition_->owned()}, options);
  if (half_) halves_ = at::zeros({partition_->padded()}, options.dtype(at::kBFloat16));
  for (size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor& t = parameters_[i].tensor;
    const at::Tensor place = weights_.narrow(0, offsets_[i], t.numel()).view(t.sizes());
    place.copy_(t);
    if (half_ && t.scalar_type() == at::kFloat) continue;
    if (half_) {
      const at::Tensor half = halves_.narrow(0, offsets_[i], t.numel()).view(t.sizes());
      half.copy_(t);
      t.set_data(half);
      continue;
    }
    t.set_data(place);
    t.mutable_grad() = gradients_.narrow(0, offsets_[i], t.numel()).view(t.sizes());
  }
}

at::Tensor Optimizer::gradient_of(const at::Tensor& parameter) {
  for (size_t i = 0; i < parameters_.size(); ++i)
    if (parameters_[i].tensor.is_same(parameter))
      return gradients_.narrow(0, offsets_[i], parameter.numel()).view(parameter.sizes());
  throw std::logic_error("the head is one of the model's parameters");
}

std::vector<Optimizer::Slice> Optimizer::slices(const Partition& partition, int rank) const {
  std::vector<Slice> out;
  for (const auto& piece : partition.pieces(rank))
    for (size_t i = 0; i < parameters_.size(); ++i) {
      const int64_t begin = std::max(piece.begin, offsets_[i]);
      const int64_t end = std::min(piece.begin + piece.count, offsets_[i] + parameters_[i].tensor.numel());
      if (begin < end) out.push_back({i, begin - offsets_[i], end - begin, begin, piece.own + begin - piece.begin});
    }
  return out;
}

void Optimizer::zero_gradients() { gradients_.zero_(); }

void Optimizer::collect_gradients() {
  for (size_t i = 0; i < parameters_.size(); ++i) collect_gradient(i);
}

void Optimizer::collect_gradient(size_t i) {
  const at::NoGradGuard no_grad;
  at::Tensor& t = parameters_[i].tensor;
  const at::Tensor place = gradients_.narrow(0, offsets_[i], t.numel()).view(t.sizes());
  if (t.grad().defined() && t.grad().data_ptr() == place.data_ptr()) return;
  if (t.grad().defined()) place.add_(t.grad());
  t.mutable_grad() = half_ ? at::Tensor() : place;  // undefined: the next is made anew, in bfloat16
}

void Optimizer::discard_gradients() {
  for (auto& p : parameters_)
    if (half_) p.tensor.mutable_grad() = at::Tensor();
}

void Optimizer::publish() {
  if (!half_) return;
  const at::NoGradGuard no_grad;
  halves_.copy_(weights_);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor& t = parameters_[i].tensor;
    if (t.scalar_type() == at::kFloat) t.copy_(weights_.narrow(0, offsets_[i], t.numel()).view(t.sizes()));
  }
}

double Optimizer::own_norm() const {
  const at::NoGradGuard no_grad;
  if (partition_->ranks() == 1) return at::linalg_vector_norm(gradients_).item<double>();
  double squares = 0;
  for (const auto& piece : pieces_) {
    const double norm = at::linalg_vector_norm(gradients_.narrow(0, piece.begin, piece.count)).item<double>();
    squares += norm * norm;
  }
  return std::sqrt(squares);
}

void Optimizer::apply(double learning_rate, int64_t step, double norm) {
  const at::NoGradGuard no_grad;
  const at::Tensor count = at::full({}, static_cast<double>(step + 1), weights_.options());
  for (const auto& piece : pieces_) {
    at::Tensor gradient = gradients_.narrow(0, piece.begin, piece.count);
    if (norm > scale_.clip) gradient.mul_(scale_.clip / (norm + 1e-6));
    at::_fused_adamw_({weights_.narrow(0, piece.begin, piece.count)}, {gradient},
                      {first_.narrow(0, piece.own, piece.count)}, {second_.narrow(0, piece.own, piece.count)}, {},
                      {count}, learning_rate, scale_.beta1, scale_.beta2,
                      piece.begin < n_decaying_ ? scale_.weight_decay : 0.0, scale_.epsilon, false, false);
  }
}

double Optimizer::update(double learning_rate, int64_t step) {
  const double norm = own_norm();
  apply(learning_rate, step, norm);
  return norm;
}

}  // namespace gradus
