/// Builds blocks of a design: its units run once in one interpreter, and each slot's filler is a factory that the
/// parent's constructor calls as `slot(dim)` or `slot(dim, dim_out=…)` (design.md §4, Construction).
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "design/scales.h"
#include "design/store.h"
#include "design/tree.h"
#include "unit/run/interpreter.h"
#include "unit/tensor/tensor.h"

namespace gradus {

/// An argument after fitting: FIT arguments times the multiplier, within their range; a whole number stays one.
nlohmann::json fitted_argument(const UnitInterface& unit, const std::string& name, const nlohmann::json& value,
                               double multiplier);

class FusedKernels;

class BlockBuilder {
 public:
  /// Runs the units (UnitError when one fails); throws Error for a tree with faults.
  BlockBuilder(const Design& design, const UnitStore& units, const Limits& limits, UnderTest under_test = {});
  ~BlockBuilder();

  /// The instance of the root for layer `layer` of `shape.n_blocks`. The draws of its weights depend on seed, layer,
  /// slot path, instance and draw number alone, so a change of one slot leaves all others' as they are.
  Value build(const Shape& shape, int64_t layer, double multiplier, uint64_t seed);

  /// y of an instance at a layer; `carry` goes in and out where the design has one. UnitError unless y is like x.
  at::Tensor run(const Value& block, int64_t layer, const at::Tensor& x, Value& carry);

  /// Instances of the library's units in a block use these where there is one for them (unit/tensor/fused.h).
  void use_kernels(const Value& block, FusedKernels& kernels);

  Interpreter& interpreter();
  const UnitInterface& root() const;
  /// Where in the design an instance stands; none for the modules inside a unit.
  std::optional<SlotPath> slot_of(const Value& instance) const;
  /// A unit asks for its layer or for their number, so blocks may differ.
  bool depends_on_layer() const;
  /// Multipliers at which every FIT argument is at its least and at its most; {1, 1} when there is none.
  std::pair<double, double> multiplier_range() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gradus
