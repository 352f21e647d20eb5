#include "base/rng.h"

#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/hash.h"

namespace gradus {
namespace {

// One block of Philox 4x32-10: 128 bits from a 128-bit counter and a 64-bit key.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> c, uint64_t key) {
  uint32_t k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * c[0], p1 = uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k0, static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k1, static_cast<uint32_t>(p0)};
    k0 += 0x9E3779B9, k1 += 0xBB67AE85;
  }
  return c;
}

uint64_t join(uint32_t low, uint32_t high) { return uint64_t{high} << 32 | low; }
double to_unit(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

// The finaliser of splitmix64: a bijection in which each input bit moves about half of the output bits.
uint64_t mix(uint64_t x) {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
  x = (x ^ x >> 27) * 0x94D049BB133111EB;
  return x ^ x >> 31;
}

}  // namespace

uint64_t stream_key(std::string_view name, std::initializer_list<uint64_t> numbers) {
  uint64_t key = checksum64(name);
  for (uint64_t number : numbers) {
    unsigned char bytes[8];  // little-endian on every machine
    for (int i = 0; i < 8; ++i) bytes[i] = static_cast<unsigned char>(number >> 8 * i);
    key = checksum64(bytes, 8, key);
  }
  return key;
}

uint64_t Stream::bits(uint64_t index) const {
  const uint64_t block = index >> 1;
  const auto x = philox({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), 0, 0}, key_);
  return index & 1 ? join(x[2], x[3]) : join(x[0], x[1]);
}

double Stream::uniform(uint64_t index) const { return to_unit(bits(index)); }

// Box and Muller 1958: sqrt(-2 ln u) cos(2 pi v), u in (0, 1]. A counter domain of its own (third word 1).
double Stream::normal(uint64_t index) const {
  const auto x = philox({static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32), 1, 0}, key_);
  const double u = 1 - to_unit(join(x[0], x[1])), v = to_unit(join(x[2], x[3]));
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

// Lemire 2019, arXiv:1805.10941: the high word of bits * n, rejecting the few low words that would bias it.
uint64_t Stream::next_below(uint64_t n) {
  require(n >= 1, "next_below of an empty range");
  const uint64_t reject_below = (0 - n) % n;
  for (;;) {
    __extension__ const unsigned __int128 product = static_cast<unsigned __int128>(next()) * n;
    if (static_cast<uint64_t>(product) >= reject_below) return static_cast<uint64_t>(product >> 64);
  }
}

Permutation::Permutation(uint64_t n, uint64_t key) : n_(n), key_(key), half_bits_(1) {
  require(n >= 1, "permutation of nothing");
  while (half_bits_ < 32 && (uint64_t{1} << 2 * half_bits_) < n) ++half_bits_;
  // Six rounds in a small domain send pairs to some places a tenth too often (measured at n = 5).
  n_rounds_ = half_bits_ < 8 ? 16 : 6;
}

uint64_t Permutation::operator()(uint64_t i) const {
  require(i < n_, "permutation index out of range");
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  do {  // at most four times the domain: about four walks at worst, on average
    uint64_t left = i >> half_bits_, right = i & mask;
    for (int round = 0; round < n_rounds_; ++round) {
      const uint64_t f = mix(mix(key_ + 0x9E3779B97F4A7C15 * static_cast<uint64_t>(round + 1)) ^ right) & mask;
      const uint64_t swapped = left ^ f;
      left = right, right = swapped;
    }
    i = left << half_bits_ | right;
  } while (i >= n_);
  return i;
}

}  // namespace gradus
