/// Loops for the vector units of the processor at hand: sixteen float32 at once, whatever the machine has.
#pragma once

#include <cstdint>

// Compiled for the vector units of this and older processors, of which the best is taken when the program starts. A
// macro, for an attribute cannot be chosen otherwise: other compilers and processors have not this one, and the address
// sanitizer does not stand code that runs so early.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define GRADUS_VECTORS __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3", "fp-contract=fast")))
#else
#define GRADUS_VECTORS
#endif

namespace gradus {

constexpr int64_t kLanes = 16;

/// Arithmetic on it is lane by lane; a number beside it stands for all lanes. Never a parameter or result by value: how
/// those travel depends on the processor a function is compiled for.
using Lanes = float __attribute__((vector_size(64)));
using LanesInMemory = float __attribute__((vector_size(64), aligned(4), may_alias));
using IntegerLanes = int32_t __attribute__((vector_size(64)));

inline __attribute__((always_inline)) LanesInMemory& lanes(float* p) { return *reinterpret_cast<LanesInMemory*>(p); }
inline __attribute__((always_inline)) const LanesInMemory& lanes(const float* p) {
  return *reinterpret_cast<const LanesInMemory*>(p);
}

/// x ← exp(x) for x ≤ 88 to 2 units in the last place, 0 below -87, where float32 has few digits left; a lane that is
/// no number stays none. exp(x) = 2^n e^r, n = round(x / ln 2), |r| ≤ ln 2 / 2; the polynomial is that of Cephes' expf
/// (Moshier 1992).
inline __attribute__((always_inline)) void exponentiate(Lanes& x) {
  constexpr float kRound = 12582912.0f;  // 1.5 · 2^23: adding it drops the fraction
  const Lanes n = (x * 1.44269504f + kRound) - kRound;
  const Lanes r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Lanes p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + (r + 1.0f);
  const IntegerLanes exponent = (__builtin_convertvector(n, IntegerLanes) + 127) << 23;
  p = p * __builtin_bit_cast(Lanes, exponent);
  x = x < -87.0f ? Lanes{} : p;
}

/// The sum over all lanes, always in the same order.
inline __attribute__((always_inline)) float sum_of_lanes(const Lanes& x) {
  float sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += x[i];
  return sum;
}
inline __attribute__((always_inline)) float largest_lane(const Lanes& x) {
  float most = x[0];
  for (int i = 1; i < kLanes; ++i) most = x[i] > most ? x[i] : most;
  return most;
}

/// s[0 … n) ← exp(s − max s), n ≥ 1 of any size: the softmax but for its division by the sum. −∞ becomes 0.
void exponentiate_row(float* s, int64_t n, float* most, float* sum);

}  // namespace gradus
