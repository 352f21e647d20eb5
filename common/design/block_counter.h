/// Parameters of a design's blocks at a width, for any multiplier of its FIT arguments and any depth.
#pragma once

#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "design/block.h"

namespace gradus {

/// Where no unit asks for its layer one block tells; else one of each kind, layers being alike when they are so at two
/// small widths. Each count is made once, by building a block.
class BlockCounter {
 public:
  BlockCounter(const Design& design, const UnitStore& units, const Shape& shape);

  int64_t blocks(double multiplier, int64_t n_blocks);
  std::pair<double, double> range() const { return builder_.multiplier_range(); }
  /// The multiplier whose blocks come nearest to `target`: counts rise with it, in steps, since units round. 1 wherever
  /// that is as near; else the shortest decimal on the step.
  double nearest_multiplier(int64_t n_blocks, int64_t target);
  BlockBuilder& builder() { return builder_; }

 private:
  int64_t block(double multiplier, int64_t n_blocks, int64_t layer);
  int64_t count(int64_t d_model, double multiplier, int64_t n_blocks, int64_t layer);
  /// For every layer the first that is like it.
  const std::vector<int64_t>& kinds(int64_t n_blocks);
  BlockBuilder builder_;
  bool layered_;
  Shape shape_;
  std::map<std::tuple<double, int64_t, int64_t>, int64_t> known_;
  std::map<int64_t, std::vector<int64_t>> kinds_;
};

}  // namespace gradus
