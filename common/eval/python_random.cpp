#include "eval/python_random.h"

#include <cmath>
#include <set>

namespace gradus {

PythonRandom::PythonRandom(uint64_t seed) {
  uint32_t* mt = state_;
  mt[0] = 19650218U;
  for (uint32_t i = 1; i < 624; ++i) mt[i] = 1812433253U * (mt[i - 1] ^ (mt[i - 1] >> 30)) + i;
  const uint32_t key[2] = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
  const uint32_t length = key[1] ? 2 : 1;
  uint32_t i = 1, j = 0;
  for (int k = 624; k > 0; --k) {
    mt[i] = (mt[i] ^ ((mt[i - 1] ^ (mt[i - 1] >> 30)) * 1664525U)) + key[j] + j;
    if (++i >= 624) mt[0] = mt[623], i = 1;
    if (++j >= length) j = 0;
  }
  for (int k = 623; k > 0; --k) {
    mt[i] = (mt[i] ^ ((mt[i - 1] ^ (mt[i - 1] >> 30)) * 1566083941U)) - i;
    if (++i >= 624) mt[0] = mt[623], i = 1;
  }
  mt[0] = 0x80000000U;
}

uint32_t PythonRandom::next() {
  uint32_t* mt = state_;
  if (at_ >= 624) {
    for (int k = 0; k < 624; ++k) {
      const uint32_t y = (mt[k] & 0x80000000U) | (mt[(k + 1) % 624] & 0x7FFFFFFFU);
      mt[k] = mt[(k + 397) % 624] ^ (y >> 1) ^ (y & 1 ? 0x9908B0DFU : 0);
    }
    at_ = 0;
  }
  uint32_t y = mt[at_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9D2C5680U;
  y ^= (y << 15) & 0xEFC60000U;
  return y ^ (y >> 18);
}

double PythonRandom::uniform() {
  const uint32_t a = next() >> 5, b = next() >> 6;
  return (a * 67108864.0 + b) / 9007199254740992.0;
}

uint64_t PythonRandom::below(uint64_t n) {  // by rejection of k bits
  int k = 0;
  while (n >> k) ++k;
  const auto bits = [&]() -> uint64_t {
    if (k <= 32) return next() >> (32 - k);
    const uint64_t low = next();
    return low | static_cast<uint64_t>(next() >> (64 - k)) << 32;
  };
  uint64_t r = bits();
  while (r >= n) r = bits();
  return r;
}

std::vector<size_t> PythonRandom::sample(size_t n, size_t k) {
  std::vector<size_t> out;
  double set_size = 21;
  if (k > 5) set_size += std::pow(4, std::ceil(std::log(static_cast<double>(k) * 3) / std::log(4)));
  if (static_cast<double>(n) <= set_size) {
    std::vector<size_t> pool(n);
    for (size_t i = 0; i < n; ++i) pool[i] = i;
    for (size_t i = 0; i < k; ++i) {
      const size_t j = below(n - i);
      out.push_back(pool[j]);
      pool[j] = pool[n - i - 1];
    }
    return out;
  }
  std::set<size_t> taken;
  while (out.size() < k) {
    const size_t j = below(n);
    if (taken.insert(j).second) out.push_back(j);
  }
  return out;
}

}  // namespace gradus
