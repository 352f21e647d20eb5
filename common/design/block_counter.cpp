#include "design/block_counter.h"

#include <cmath>

#include "unit/tensor/tensor.h"

namespace gradus {

BlockCounter::BlockCounter(const Design& design, const UnitStore& units, const Shape& shape)
    : builder_(design, units, {}), layered_(builder_.depends_on_layer()), shape_(shape) {}

int64_t BlockCounter::blocks(double multiplier, int64_t n_blocks) {
  const int64_t first = block(multiplier, n_blocks, 0);
  if (!layered_ ||
      (block(multiplier, n_blocks, n_blocks / 2) == first && block(multiplier, n_blocks, n_blocks - 1) == first)) {
    return n_blocks * first;
  }
  int64_t sum = 0;
  for (int64_t k = 0; k < n_blocks; ++k) sum += block(multiplier, n_blocks, k);
  return sum;
}

double BlockCounter::nearest_multiplier(int64_t n_blocks, int64_t target) {
  auto distance = [&](double m) { return std::abs(blocks(m, n_blocks) - target); };
  const bool low = blocks(1, n_blocks) < target;
  double below = low ? 1 : range().first, above = low ? range().second : 1;
  while (above / below > 1.0002 && blocks(below, n_blocks) != blocks(above, n_blocks)) {
    const double middle = std::sqrt(below * above);
    (blocks(middle, n_blocks) <= target ? below : above) = middle;
  }
  double best = 1;
  for (double m : {below, above}) {
    if (distance(m) < distance(best)) best = m;
  }
  for (double step : {10.0, 100.0, 1000.0}) {
    const double rounded = std::round(best * step) / step;
    if (rounded > 0 && distance(rounded) == distance(best)) return rounded;
  }
  return best;
}

int64_t BlockCounter::block(double multiplier, int64_t n_blocks, int64_t layer) {
  const auto key = std::tuple(multiplier, layered_ ? n_blocks : 0, layered_ ? layer : 0);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  Shape shape = shape_;
  shape.n_blocks = n_blocks;
  const Value instance = builder_.build(shape, layer, multiplier, 0);
  int64_t count = 0;
  for (const NamedTensor& p : named_parameters(builder_.interpreter(), instance)) count += p.tensor.numel();
  return known_[key] = count;
}

}  // namespace gradus
