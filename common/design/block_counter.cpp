#include "design/block_counter.h"

#include <cmath>
#include <numeric>

#include "unit/tensor/tensor.h"

namespace gradus {
namespace {

constexpr int64_t kNarrow = 64, kNarrower = 48;  // two widths, so that two kinds of layers are not alike by chance

}  // namespace

BlockCounter::BlockCounter(const Design& design, const UnitStore& units, const Shape& shape)
    : builder_(design, units, {}), layered_(builder_.depends_on_layer()), shape_(shape) {}

int64_t BlockCounter::blocks(double multiplier, int64_t n_blocks) {
  if (!layered_) return n_blocks * block(multiplier, n_blocks, 0);
  int64_t sum = 0;
  for (int64_t like : kinds(n_blocks)) sum += block(multiplier, n_blocks, like);
  return sum;
}

const std::vector<int64_t>& BlockCounter::kinds(int64_t n_blocks) {
  if (const auto found = kinds_.find(n_blocks); found != kinds_.end()) return found->second;
  std::vector<int64_t> like(static_cast<size_t>(n_blocks));
  std::iota(like.begin(), like.end(), 0);
  try {
    std::map<std::pair<int64_t, int64_t>, int64_t> first;
    for (int64_t& layer : like) {
      const auto sizes = std::pair(count(kNarrow, 1, n_blocks, layer), count(kNarrower, 1, n_blocks, layer));
      layer = first.try_emplace(sizes, layer).first->second;
    }
  } catch (const UnitError&) {  // not made for such widths: every layer counts for itself
    std::iota(like.begin(), like.end(), 0);
  }
  return kinds_[n_blocks] = like;
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
  return known_[key] = count(shape_.d_model, multiplier, n_blocks, layer);
}

int64_t BlockCounter::count(int64_t d_model, double multiplier, int64_t n_blocks, int64_t layer) {
  Shape shape = shape_;
  shape.d_model = d_model, shape.n_blocks = n_blocks;
  const Value instance = builder_.build(shape, layer, multiplier, 0);
  int64_t sum = 0;
  for (const NamedTensor& p : named_parameters(builder_.interpreter(), instance)) sum += p.tensor.numel();
  return sum;
}

}  // namespace gradus
