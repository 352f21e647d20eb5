/// AdamW over one flat vector (Loshchilov and Hutter 2017, arXiv:1711.05101), with the clip of the gradient's norm.
///   m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;  θ ← θ − η (λ θ + m̂ / (√v̂ + ε))
/// The model's parameters and gradients become views of flat vectors, those that decay first, so that norm, sum over
/// ranks and update are few calls whatever the number of tensors; they are where the parameters are. A bfloat16 model
/// keeps float32 weights here, which are what is updated and saved; publish() rounds them into its parameters. Of
/// several ranks each keeps the moments of, and updates, its own pieces alone (train/partition.h); train/reduce.h
/// brings it their gradients and everybody the weights.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "design/model.h"
#include "train/partition.h"

namespace gradus {

class Optimizer {
 public:
  Optimizer(const std::vector<ModelParameter>& parameters, const Scale& scale, int rank = 0, int n_ranks = 1,
            int64_t bucket_elements = Partition::kBucketElements);

  at::Tensor& gradients() { return gradients_; }        // flat
  at::Tensor gradient_of(const at::Tensor& parameter);  // a view
  void zero_gradients();
  /// After backward: brings home a gradient that autograd put elsewhere (it adds in place wherever it can).
  void collect_gradients();
  void collect_gradient(size_t parameter);
  /// Of a pass that was broken off: what autograd put elsewhere is nobody's.
  void discard_gradients();
  /// Of the gradients of this rank's pieces.
  double own_norm() const;
  /// Scales the gradients down to the scale's clip, given the norm of all, and updates this rank's pieces. step: from
  /// 0.
  void apply(double learning_rate, int64_t step, double norm);
  /// The weights into the model's parameters, where these are not views of them.
  void publish();
  /// own_norm and apply, where one rank owns all; returns the norm before the clip.
  double update(double learning_rate, int64_t step);

  /// What a rank of a partition owns, cut at the parameters' borders.
  struct Slice {
    size_t parameter;
    int64_t offset, count;  // within the parameter
    int64_t flat, own;      // where it lies in the flat vector, and in the owner's own
  };
  std::vector<Slice> slices(const Partition& partition, int rank) const;

  const std::vector<ModelParameter>& parameters() const { return parameters_; }
  const Partition& partition() const { return *partition_; }
  int rank() const { return rank_; }
  at::Tensor& weights() { return weights_; }     // flat
  at::Tensor& first_moment() { return first_; }  // of the own pieces, in their order
  at::Tensor& second_moment() { return second_; }
  /// Where parameter i lies in the flat vectors.
  int64_t offset(size_t i) const { return offsets_[i]; }

 private:
  std::vector<ModelParameter> parameters_;
  std::vector<int64_t> offsets_;
  int64_t n_decaying_ = 0;  // elements, first in the flat vectors
  Scale scale_;
  int rank_;
  bool half_ = false;  // the model computes in bfloat16: its parameters are no views of the weights
  std::unique_ptr<const Partition> partition_;
  std::vector<Partition::Piece> pieces_;  // the own, none with both kinds
  at::Tensor weights_, gradients_, first_, second_;
  at::Tensor halves_;  // then its bfloat16 parameters are views of this
};

}  // namespace gradus
