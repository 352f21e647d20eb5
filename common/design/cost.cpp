// What a design costs to run, counted from its operators.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones.h>

#include <algorithm>

#include "design/block.h"
#include "design/fit.h"
#include "unit/tensor/counts.h"

namespace gradus {
namespace {

constexpr int64_t kLongestRun = 512;  // tokens; costs of longer contexts are extrapolated

/// All blocks on one sequence of T tokens.
Cost count_blocks(BlockBuilder& builder, const Shape& shape, double multiplier, int64_t T) {
  const at::NoGradGuard no_grad;
  const int64_t built = builder.depends_on_layer() ? shape.n_blocks : 1;
  at::Tensor x = at::ones({1, T, shape.d_model});
  Value carry;
  Cost total;
  for (int64_t k = 0; k < built; ++k) {
    const Value block = builder.build(shape, k, multiplier, 0);
    set_training(builder.interpreter(), block, false);
    const Counter counter(builder.interpreter());
    x = builder.run(block, k, x, carry);
    total.add(counter.total());
  }
  const double copies = static_cast<double>(shape.n_blocks) / static_cast<double>(built);
  return {total.flops * copies, total.bytes * copies, total.output_bytes * copies, total.calls};
}

/// a T + b T² through two points: what recurrences and attention cost.
double extrapolate(double at_half, double at_whole, double T_whole, double T) {
  const double b = (at_whole - 2 * at_half) / (T_whole * T_whole / 2), a = at_whole / T_whole - b * T_whole;
  return a * T + b * T * T;
}

}  // namespace

DesignCost design_cost(const Design& design, const UnitStore& units, const Shape& shape, double fit_multiplier) {
  BlockBuilder builder(design, units, {});
  const double T = static_cast<double>(shape.context), D = static_cast<double>(shape.d_model),
               V = static_cast<double>(shape.vocabulary);
  Cost cost = count_blocks(builder, shape, fit_multiplier, std::min(shape.context, kLongestRun));
  if (shape.context > kLongestRun) {
    const Cost half = count_blocks(builder, shape, fit_multiplier, kLongestRun / 2);
    cost.flops = extrapolate(half.flops, cost.flops, kLongestRun, T);
    cost.bytes = extrapolate(half.bytes, cost.bytes, kLongestRun, T);
    cost.output_bytes = extrapolate(half.output_bytes, cost.output_bytes, kLongestRun, T);
  }
  // The final norm (8 an element, as the counts have it) and the head, whose weight is read once a sequence.
  return {cost.flops / T + 8 * D + 2 * D * V, cost.bytes / T + 4 * (3 * D + V + D * V / T), cost.output_bytes};
}

}  // namespace gradus
