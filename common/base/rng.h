/// Counter-based random numbers by name: every draw is a pure function of (stream, index), so nothing depends on the
/// order in which things run. Philox 4×32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace gradus {

/// The key of a named stream: stream("init", seed, layer) … Stable for ever (golden values in the tests).
uint64_t stream_key(std::string_view name, std::initializer_list<uint64_t> numbers = {});

class Stream {
 public:
  explicit Stream(uint64_t key) : key_(key) {}
  Stream(std::string_view name, std::initializer_list<uint64_t> numbers) : key_(stream_key(name, numbers)) {}
  uint64_t key() const { return key_; }
  uint64_t bits(uint64_t index) const;   // 64 uniform bits of draw `index`
  double uniform(uint64_t index) const;  // [0, 1)
  double normal(uint64_t index) const;   // N(0, 1); within 1e-14 of the golden values on any libm
  // Sequential use:
  uint64_t next() { return bits(position_++); }
  double next_uniform() { return uniform(position_++); }
  double next_normal() { return normal(position_++); }  // N(0, 1)
  uint64_t next_below(uint64_t n);                      // unbiased in [0, n), n ≥ 1
  template <class T>
  void shuffle(std::vector<T>& v) {
    for (size_t i = v.size(); i > 1; --i) std::swap(v[i - 1], v[next_below(i)]);
  }

 private:
  uint64_t key_, position_ = 0;
};

/// A pseudo-random permutation of [0, n), element by element, without a table: a Feistel network
/// (Luby and Rackoff 1988) with cycle walking.
class Permutation {
 public:
  Permutation(uint64_t n, uint64_t key);
  uint64_t operator()(uint64_t i) const;

 private:
  uint64_t n_, key_;
  int half_bits_, n_rounds_ = 0;
};

}  // namespace gradus
