/// Language models: embedding → N identical blocks → final RMSNorm → tied head (design.md §4).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "design/files.h"
#include "design/scales.h"
#include "design/store.h"
#include "design/tree.h"
#include "unit/tensor/tensor.h"

namespace gradus {

class BlockBuilder;
class FusedKernels;

struct ModelParameter {
  std::string name;     // "embedding.weight", "blocks.0.mixer.qkv.weight", "norm.weight"
  at::Tensor tensor;    // leaf, requires grad
  bool decays = false;  // ≥ 2-D: weight decay applies
};

/// What the trainer and the evaluator see. Second implementation: the naive GPT2 of tests/train.
class LanguageModel {
 public:
  virtual ~LanguageModel() = default;
  /// Final hidden states after the last norm; tokens (B, T) int64 → (B, T, D).
  virtual at::Tensor hidden(const at::Tensor& tokens) = 0;
  /// (V, D), the embedding.
  virtual const at::Tensor& head() = 0;
  /// In a fixed order; names are unique.
  virtual const std::vector<ModelParameter>& parameters() = 0;
  /// Buffers the units hold (saved with the weights).
  virtual std::vector<ModelParameter> buffers() { return {}; }
  virtual void set_training(bool training) = 0;
  /// Random numbers of the forward pass (dropout) come from this stream until the next call.
  virtual void set_step(uint64_t key) { (void)key; }
  /// Random numbers drawn since then.
  virtual uint64_t draws() { return 0; }
  /// Moves weights, buffers and all that units make from now on; tokens must be there too. Parameters are other tensors
  /// then, and draws those of the device's own generator.
  /// kernels: what the device has of its own for units of the library, if anything; they outlive the model.
  virtual void to_device(c10::Device device, FusedKernels* kernels = nullptr);
  /// Of the last hidden(): the root of the mean square of each block's output. Empty unless asked for before.
  virtual void record_scales(bool record) { (void)record; }
  virtual std::vector<double> block_scales() { return {}; }
};

/// logits = hidden · headᵀ, (B, T, V).
at::Tensor logits(LanguageModel& model, const at::Tensor& tokens);

struct ModelOptions {
  uint64_t seed = 0;                  // of the initial draws (design.md §4.7)
  Limits limits;                      // of the interpreter
  at::ScalarType dtype = at::kFloat;  // weights are drawn in float32 and converted
  UnderTest under_test;               // `wide`: drawn and kept in float64, whatever dtype says
  bool draw = true;                   // false: only shapes matter, weights are left at zero or as cheap as possible
};

/// Builds the design at a shape with its FIT multiplier applied. Throws UnitError when a unit fails.
class DesignModel : public LanguageModel {
 public:
  DesignModel(const Design& design, const UnitStore& units, const Shape& shape, double fit_multiplier,
              const ModelOptions& options);
  ~DesignModel() override;
  at::Tensor hidden(const at::Tensor& tokens) override;
  const at::Tensor& head() override;
  const std::vector<ModelParameter>& parameters() override;
  std::vector<ModelParameter> buffers() override;
  void set_training(bool training) override;
  void set_step(uint64_t key) override;
  uint64_t draws() override;
  void to_device(c10::Device device, FusedKernels* kernels = nullptr) override;
  void record_scales(bool record) override;
  std::vector<double> block_scales() override;

  /// From embeddings (B, T, D) through all blocks, before the final norm: what the gate perturbs.
  at::Tensor blocks(const at::Tensor& x);
  /// Block k alone; carry of the design's protocol is passed through `carry` (an opaque dict value).
  at::Tensor block(int64_t k, const at::Tensor& x, Value& carry);
  const Shape& shape() const;
  Interpreter& interpreter();
  BlockBuilder& builder();
  int64_t parameter_count() const;  // all unique parameters, embedding included
  int64_t block_parameter_count() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gradus
