#include "eval/row_scores.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace gradus {
namespace {

// As in unit/tensor/convolution.cpp: compiled for several vector units, the best taken when the program starts.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define GRADUS_VECTORS __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3")))
#else
#define GRADUS_VECTORS
#endif

constexpr int kLanes = 16;
constexpr int64_t kBlock = 2048;  // summed in float32, blocks in float64

GRADUS_VECTORS void largest(const float* __restrict x, int64_t n, float* __restrict lanes) {
  for (int64_t i = 0; i + kLanes <= n; i += kLanes)
    for (int k = 0; k < kLanes; ++k) lanes[k] = x[i + k] > lanes[k] ? x[i + k] : lanes[k];
}

// exp(x) for x ≤ 0: 2^n times a polynomial on |r| ≤ ln 2 / 2 (Cephes' expf); below −87 it is as good as nothing.
GRADUS_VECTORS void add_exponentials(const float* __restrict x, int64_t n, float shift, float* __restrict lanes) {
  for (int64_t i = 0; i + kLanes <= n; i += kLanes) {
    for (int k = 0; k < kLanes; ++k) {
      float y = x[i + k] - shift;
      y = y < -87.0f ? -87.0f : y;
      const float t = y * 1.44269504088896341f + 12582912.0f;  // rounds to a whole number in the low bits
      int32_t bits;
      std::memcpy(&bits, &t, sizeof bits);
      const float whole = t - 12582912.0f;
      const float r = (y - whole * 0.693359375f) - whole * -2.12194440e-4f;
      float p = 1.9875691500e-4f;
      p = p * r + 1.3981999507e-3f;
      p = p * r + 8.3334519073e-3f;
      p = p * r + 4.1665795894e-2f;
      p = p * r + 1.6666665459e-1f;
      p = p * r + 5.0000001201e-1f;
      p = p * r * r + r + 1.0f;
      const int32_t scale_bits = (bits - 0x4B400000 + 127) << 23;
      float scale;
      std::memcpy(&scale, &scale_bits, sizeof scale);
      lanes[k] += p * scale;
    }
  }
}

float largest_of(const float* x, int64_t n) {
  float lanes[kLanes];
  std::fill_n(lanes, kLanes, x[0]);
  largest(x, n, lanes);
  float most = *std::max_element(lanes, lanes + kLanes);
  for (int64_t i = n - n % kLanes; i < n; ++i) most = std::max(most, x[i]);
  return most;
}

double sum_of_exponentials(const float* x, int64_t n, float shift) {
  const int64_t even = n - n % kLanes;
  double sum = 0;
  for (int64_t start = 0; start < even; start += kBlock) {
    float lanes[kLanes] = {};
    add_exponentials(x + start, std::min(kBlock, even - start), shift, lanes);
    for (const float lane : lanes) sum += lane;
  }
  for (int64_t i = even; i < n; ++i) sum += std::exp(static_cast<double>(x[i] - shift));
  return sum;
}

}  // namespace

void RowScore::add(const float* logits, int64_t first, int64_t n) {
  const float most = largest_of(logits, n);
  if (largest_at_ < 0 || most > largest_) {
    if (largest_at_ >= 0) sum_ *= std::exp(static_cast<double>(largest_) - most);
    largest_ = most;
    largest_at_ = first + (std::find(logits, logits + n, most) - logits);
  }
  sum_ += sum_of_exponentials(logits, n, largest_);
  if (target_ >= first && target_ < first + n) of_target_ = logits[target_ - first];
}

double RowScore::log_probability() const { return static_cast<double>(of_target_) - largest_ - std::log(sum_); }

}  // namespace gradus
