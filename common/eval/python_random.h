/// Python's `random.Random(integer)`: MT19937 seeded by init_by_array, 53-bit floats. What the public harness draws
/// few-shot examples and bootstraps by, so that its numbers come out to the last digit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gradus {

class PythonRandom {
 public:
  explicit PythonRandom(uint64_t seed);
  double uniform();            // random(): [0, 1)
  uint64_t below(uint64_t n);  // randrange(n)
  /// sample(range(n), k): positions in the order drawn.
  std::vector<size_t> sample(size_t n, size_t k);

 private:
  uint32_t next();
  uint32_t state_[624];
  int at_ = 624;
};

}  // namespace gradus
