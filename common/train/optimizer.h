/// AdamW over one flat vector (Loshchilov and Hutter 2017, arXiv:1711.05101), with the clip of the gradient's norm.
///   m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;  θ ← θ − η (λ θ + m̂ / (√v̂ + ε))
/// The model's parameters and gradients become views of flat vectors, those that decay first: one all-reduce, one norm
/// and two fused updates a step whatever the number of tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "design/model.h"

namespace gradus {

class Optimizer {
 public:
  Optimizer(const std::vector<ModelParameter>& parameters, const Scale& scale);

  at::Tensor& gradients() { return gradients_; }  // flat
  at::Tensor& gradient_of(const at::Tensor& parameter);
  void zero_gradients();
  /// After backward: brings home a gradient that autograd put elsewhere (it adds in place wherever it can).
  void collect_gradients();
  /// Scales the gradients to the scale's clip and updates; returns the norm before the clip. step: from 0.
  double update(double learning_rate, int64_t step);

  /// Of the whole state, for checkpoints: each tensor under its name.
  const std::vector<ModelParameter>& parameters() const { return parameters_; }
  at::Tensor& weights() { return weights_; }  // flat
  at::Tensor& first_moment() { return first_; }
  at::Tensor& second_moment() { return second_; }
  /// Where parameter i lies in the flat vectors.
  int64_t offset(size_t i) const { return offsets_[i]; }

 private:
  std::vector<ModelParameter> parameters_;
  std::vector<int64_t> offsets_;
  int64_t n_decaying_ = 0;  // elements, first in the flat vectors
  Scale scale_;
  at::Tensor weights_, gradients_, first_, second_;
};

}  // namespace gradus
