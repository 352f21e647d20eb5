// tests/train/kernels_test.cpp compiles this file for the CPU, with a stand-in for CUDA's threads.
#include "cuda/kernels.h"

#ifdef __CUDACC__
#include <cuda_bf16.h>
#endif

#include <cfloat>
#include <cstdint>

namespace gradus {
namespace {

#ifdef __CUDACC__
/// kernel<<<blocks, threads, 0, stream>>>(arguments…); its fault is CUDA's last error.
template <class... P>
void start(void (*kernel)(P...), unsigned blocks, unsigned threads, cudaStream_t stream, P... arguments) {
  void* pointers[] = {&arguments...};
  cudaLaunchKernel(reinterpret_cast<const void*>(kernel), dim3(blocks), dim3(threads), pointers, 0, stream);
}
#endif

constexpr int kThreads = 512;  // of a row
constexpr unsigned kWarp = 32;

/// Sixteen bytes at a time: as many numbers as they hold.
template <class T>
struct Pack {
  static constexpr int kSize = 16 / sizeof(T);
  union {
    uint4 bits;
    T values[kSize];
  };
};

__device__ float to_float(float x) { return x; }
__device__ float to_float(__nv_bfloat16 x) { return __bfloat162float(x); }
template <class T>
__device__ T from_float(float x);
template <>
__device__ float from_float<float>(float x) {
  return x;
}
template <>
__device__ __nv_bfloat16 from_float<__nv_bfloat16>(float x) {
  return __float2bfloat16(x);
}

/// A maximum and the sum of exponentials below it; two of them join to that of both.
struct Sum {
  float most, sum;
};
__device__ Sum join(Sum a, Sum b) {
  const float most = fmaxf(a.most, b.most);
  if (most == -FLT_MAX) return {most, 0.0f};
  return {most, a.sum * __expf(a.most - most) + b.sum * __expf(b.most - most)};
}

__device__ Sum join_row(Sum mine) {
  __shared__ Sum of_warp[kThreads / kWarp];
  for (int offset = kWarp / 2; offset > 0; offset /= 2)
    mine = join(mine, {__shfl_xor_sync(~0u, mine.most, offset), __shfl_xor_sync(~0u, mine.sum, offset)});
  if (threadIdx.x % kWarp == 0) of_warp[threadIdx.x / kWarp] = mine;
  __syncthreads();
  Sum all = of_warp[0];
  for (int w = 1; w < kThreads / static_cast<int>(kWarp); ++w) all = join(all, of_warp[w]);
  return all;
}

/// One block a row. The row is read twice: it is still in the second cache when it is written.
template <class T>
__global__ void __launch_bounds__(kThreads)
    softmax_gradient(T* z, const int64_t* targets, float scale, float* losses, int64_t v) {
  using P = Pack<T>;
  T* row = z + static_cast<int64_t>(blockIdx.x) * v;
  const int64_t target = targets[blockIdx.x];
  // Rows begin anywhere: numbers before the first and after the last whole sixteen bytes go one by one.
  const int64_t skew = (reinterpret_cast<uintptr_t>(row) / sizeof(T)) % P::kSize;
  const int64_t head = skew == 0 ? 0 : min(v, static_cast<int64_t>(P::kSize) - skew);
  const int64_t packs = (v - head) / P::kSize, tail = head + packs * P::kSize;
  P* body = reinterpret_cast<P*>(row + head);
  Sum mine{-FLT_MAX, 0.0f};
  for (int64_t i = threadIdx.x; i < packs; i += kThreads) {
    P p;
    p.bits = body[i].bits;
    float most = mine.most;
    for (int k = 0; k < P::kSize; ++k) most = fmaxf(most, to_float(p.values[k]));
    float sum = mine.sum * __expf(mine.most - most);
    for (int k = 0; k < P::kSize; ++k) sum += __expf(to_float(p.values[k]) - most);
    mine = {most, sum};
  }
  for (int64_t i = threadIdx.x; i < head; i += kThreads) mine = join(mine, {to_float(row[i]), 1.0f});
  for (int64_t i = tail + threadIdx.x; i < v; i += kThreads) mine = join(mine, {to_float(row[i]), 1.0f});
  const float of_target = to_float(row[target]);
  const Sum all = join_row(mine);  // its barrier: nobody writes before all have read
  if (threadIdx.x == 0) losses[blockIdx.x] = logf(all.sum) + all.most - of_target;
  const float factor = scale / all.sum;
  const auto gradient = [&](float x, int64_t i) {
    return factor * __expf(x - all.most) - (i == target ? scale : 0.0f);
  };
  for (int64_t i = threadIdx.x; i < packs; i += kThreads) {
    P p;
    p.bits = body[i].bits;
    for (int k = 0; k < P::kSize; ++k)
      p.values[k] = from_float<T>(gradient(to_float(p.values[k]), head + i * P::kSize + k));
    body[i].bits = p.bits;
  }
  for (int64_t i = threadIdx.x; i < head; i += kThreads) row[i] = from_float<T>(gradient(to_float(row[i]), i));
  for (int64_t i = tail + threadIdx.x; i < v; i += kThreads) row[i] = from_float<T>(gradient(to_float(row[i]), i));
}

constexpr int kBlock = 256;  // threads of the kernels below, which have no rows

/// A thread turns `kSize` neighbouring channels at a time where rows are whole packs, else one pair (kWide false).
template <class T, bool kWide>
__global__ void turn(const T* x, const float* cos, const float* sin, float sign, T* y, TurnSizes z) {
  constexpr int64_t kChannels = kWide ? Pack<T>::kSize : 2;
  const int64_t per_row = z.d / kChannels, n = z.b * z.h * z.t * per_row;
  for (int64_t i = blockIdx.x * static_cast<int64_t>(kBlock) + threadIdx.x; i < n;
       i += static_cast<int64_t>(gridDim.x) * kBlock) {
    const int64_t row = i / per_row, c = i % per_row * kChannels;
    const int64_t t = row % z.t, h = row / z.t % z.h, b = row / z.t / z.h;
    const T* from = x + b * z.stride_b + h * z.stride_h + t * z.stride_t + c * z.stride_d;
    const float *cosines = cos + t * (z.d / 2) + c / 2, *sines = sin + t * (z.d / 2) + c / 2;
    alignas(16) T in[kChannels], out[kChannels];
    if constexpr (kWide)
      *reinterpret_cast<uint4*>(in) = *reinterpret_cast<const uint4*>(from);
    else
      in[0] = from[0], in[1] = from[z.stride_d];
    for (int k = 0; k < kChannels / 2; ++k) {
      const float even = to_float(in[2 * k]), odd = to_float(in[2 * k + 1]), c0 = cosines[k], s0 = sign * sines[k];
      out[2 * k] = from_float<T>(even * c0 - odd * s0);
      out[2 * k + 1] = from_float<T>(even * s0 + odd * c0);
    }
    T* to = y + row * z.d + c;
    if constexpr (kWide)
      *reinterpret_cast<uint4*>(to) = *reinterpret_cast<uint4*>(out);
    else
      to[0] = out[0], to[1] = out[1];
  }
}

__device__ float sigmoid(float x) { return 1.0f / (1.0f + __expf(-x)); }

/// kSize numbers a thread where rows are whole packs, else one.
template <class T, int kSize, bool kBackward>
__global__ void gate(const T* h, const T* dy, T* out, int64_t n, int64_t f) {
  const int64_t per_row = f / kSize, all = n * per_row;
  for (int64_t i = blockIdx.x * static_cast<int64_t>(kBlock) + threadIdx.x; i < all;
       i += static_cast<int64_t>(gridDim.x) * kBlock) {
    const int64_t row = i / per_row, c = i % per_row * kSize;
    const T* of_row = h + row * 2 * f + c;
    alignas(16) T a[kSize], g[kSize], d[kSize], first[kSize], second[kSize];
    const auto load = [](T* to, const T* from) {
      if constexpr (kSize > 1)
        *reinterpret_cast<uint4*>(to) = *reinterpret_cast<const uint4*>(from);
      else
        *to = *from;
    };
    load(a, of_row);
    load(g, of_row + f);
    if constexpr (kBackward) load(d, dy + row * f + c);
    for (int k = 0; k < kSize; ++k) {
      const float x = to_float(g[k]), s = sigmoid(x), left = to_float(a[k]);
      if constexpr (kBackward) {
        const float given = to_float(d[k]);
        first[k] = from_float<T>(given * x * s);
        second[k] = from_float<T>(given * left * s * (1.0f + x * (1.0f - s)));
      } else {
        first[k] = from_float<T>(left * x * s);
      }
    }
    if constexpr (kBackward) {
      load(out + row * 2 * f + c, first);
      load(out + row * 2 * f + f + c, second);
    } else {
      load(out + row * f + c, first);
    }
  }
}

unsigned blocks_for(int64_t threads) {
  const int64_t blocks = (threads + kBlock - 1) / kBlock;
  return static_cast<unsigned>(blocks < 1 ? 1 : blocks > (1 << 20) ? 1 << 20 : blocks);
}

bool aligned(const void* p) { return reinterpret_cast<uintptr_t>(p) % 16 == 0; }

template <class T>
void turn_as(const void* x, const float* cos, const float* sin, bool back, void* y, const TurnSizes& z,
             cudaStream_t stream) {
  constexpr int64_t kSize = Pack<T>::kSize;
  const auto whole = [](int64_t stride) { return stride % kSize == 0; };
  const bool wide = z.stride_d == 1 && z.d % kSize == 0 && whole(z.stride_b) && whole(z.stride_h) &&
                    whole(z.stride_t) && aligned(x) && aligned(y);
  const float sign = back ? -1.0f : 1.0f;
  const auto* from = static_cast<const T*>(x);
  auto* to = static_cast<T*>(y);
  const int64_t n = z.b * z.h * z.t * z.d;
  start(wide ? turn<T, true> : turn<T, false>, blocks_for(n / (wide ? kSize : 2)), kBlock, stream, from, cos, sin, sign,
        to, z);
}

template <class T, bool kBackward>
void gate_as(const void* h, const void* dy, void* out, int64_t n, int64_t f, cudaStream_t stream) {
  constexpr int kSize = Pack<T>::kSize;
  const bool wide = f % kSize == 0 && aligned(h) && aligned(out) && (!kBackward || aligned(dy));
  const auto *from = static_cast<const T*>(h), *given = static_cast<const T*>(dy);
  auto* to = static_cast<T*>(out);
  start(wide ? gate<T, kSize, kBackward> : gate<T, 1, kBackward>, blocks_for(n * f / (wide ? kSize : 1)), kBlock,
        stream, from, given, to, n, f);
}

}  // namespace

void launch_turn(const void* x, bool half, const float* cos, const float* sin, bool back, void* y,
                 const TurnSizes& sizes, cudaStream_t stream) {
  if (half)
    turn_as<__nv_bfloat16>(x, cos, sin, back, y, sizes, stream);
  else
    turn_as<float>(x, cos, sin, back, y, sizes, stream);
}

void launch_gate(const void* h, bool half, void* y, int64_t n, int64_t f, cudaStream_t stream) {
  if (half)
    gate_as<__nv_bfloat16, false>(h, nullptr, y, n, f, stream);
  else
    gate_as<float, false>(h, nullptr, y, n, f, stream);
}

void launch_gate_backward(const void* h, const void* dy, bool half, void* dh, int64_t n, int64_t f,
                          cudaStream_t stream) {
  if (half)
    gate_as<__nv_bfloat16, true>(h, dy, dh, n, f, stream);
  else
    gate_as<float, true>(h, dy, dh, n, f, stream);
}

void launch_softmax_gradient(void* z, bool half, const int64_t* targets, float scale, float* losses, int64_t m,
                             int64_t v, cudaStream_t stream) {
  const auto rows = static_cast<unsigned>(m);
  if (half)
    start(softmax_gradient<__nv_bfloat16>, rows, kThreads, stream, static_cast<__nv_bfloat16*>(z), targets, scale,
          losses, v);
  else
    start(softmax_gradient<float>, rows, kThreads, stream, static_cast<float*>(z), targets, scale, losses, v);
}

}  // namespace gradus
