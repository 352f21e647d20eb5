/// The model under test as the checks call it: embeddings in, the last block's output out, in any mode.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/IListRef.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "design/model.h"

namespace gradus {

/// The four ways a trainer or evaluator may call a block; a leak may hide in one of them.
struct Mode {
  bool training = false, grad = false;
};
constexpr Mode kModes[] = {{false, false}, {true, true}, {true, false}, {false, true}};
std::string to_string(Mode mode);  // "train mode with autograd"

/// What to build: a design at a scale with its fit applied.
struct Recipe {
  const Design& design;
  const UnitStore& units;
  Shape shape;  // vocabulary: as small as the check allows, the head is the harness's own
  double multiplier = 1;
  uint64_t key = 0;  // the design's hash: rotates kinds, draws noise
};

class Subject {
 public:
  /// kOpened: noise added, whatever starts at zero is open. kScrambled: what starts shut by more than noise may be.
  enum class Weights { kInitial, kOpened, kScrambled };
  /// float64 that the units take for float32, with dropout that drops nothing (UnderTest).
  Subject(const Recipe& recipe, Weights weights, uint64_t seed = 0);
  /// As it will be trained or used: float32 or bfloat16, dropout active.
  Subject(const Recipe& recipe, Weights weights, at::ScalarType dtype);

  /// (B, T, C) → (B, T, C). Random draws depend on `step` alone. With mode.grad the result has a graph.
  at::Tensor operator()(const at::Tensor& x, Mode mode = {}, uint64_t step = 0);
  /// The block changes what it is given.
  bool writes_input(const at::Tensor& x, Mode mode);
  /// Training or eval mode and the step of the draws, for calls of model() itself.
  void enter(Mode mode, uint64_t step = 0);
  /// backward of a scalar, with the units' own autograd functions under the same rules.
  void backward(const at::Tensor& loss);

  DesignModel& model() { return *model_; }
  int64_t width() const { return model_->shape().d_model; }
  const Recipe& recipe() const { return recipe_; }
  /// Dropout drops nothing in training mode; so from the start where the model is under test.
  void set_quiet(bool quiet) { quiet_ = quiet; }
  /// It draws random numbers in this mode: only calls of one step and shape can be compared.
  bool stochastic(Mode mode);

 private:
  Recipe recipe_;
  std::unique_ptr<DesignModel> model_;
  at::ScalarType dtype_ = at::kDouble;
  bool training_ = true;  // as built
  bool wide_ = false, quiet_ = false;
  int stochastic_[2] = {-1, -1};  // by training; -1: not yet known
};

}  // namespace gradus
