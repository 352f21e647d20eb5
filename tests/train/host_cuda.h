/// A stand-in for CUDA on the CPU, enough for common/cuda/kernels.cu: the threads of a block are threads of this
/// process that meet at barriers, blocks come one after the other. Slow; what it shows is that the arithmetic and the
/// indexing of the kernels' very source are right, where there is no GPU.
#pragma once

#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#define __global__
#define __device__
#define __shared__ static
#define __launch_bounds__(n)

namespace host_cuda {
struct Index {
  unsigned x = 0;
};
struct Block {
  explicit Block(unsigned n) : meet(n), lanes(n) {}
  std::barrier<> meet;
  std::vector<float> lanes;  // what a thread shows to the others of its warp
};
inline thread_local Block* block = nullptr;
}  // namespace host_cuda

inline thread_local host_cuda::Index threadIdx, blockIdx, gridDim;
struct alignas(16) uint4 {
  uint32_t x, y, z, w;
} __attribute__((may_alias));  // CUDA lets it stand for any sixteen bytes

/// The upper half of a float32, rounded to the nearest, ties to even.
struct __nv_bfloat16 {
  uint16_t bits;
};
inline float __bfloat162float(__nv_bfloat16 x) {
  const uint32_t bits = static_cast<uint32_t>(x.bits) << 16;
  float out;
  std::memcpy(&out, &bits, sizeof out);
  return out;
}
inline __nv_bfloat16 __float2bfloat16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return {static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}
inline float __expf(float x) { return std::exp(x); }
using std::min;
inline float fmaxf(float a, float b) { return std::max(a, b); }

inline void __syncthreads() { host_cuda::block->meet.arrive_and_wait(); }
inline float __shfl_xor_sync(unsigned, float mine, int mask) {
  host_cuda::block->lanes[threadIdx.x] = mine;
  __syncthreads();
  const float theirs = host_cuda::block->lanes[threadIdx.x ^ static_cast<unsigned>(mask)];
  __syncthreads();
  return theirs;
}

struct CUstream_st;
/// Threads that never meet run one after the other; `meets`: those of the softmax do.
template <class... P>
void start(void (*kernel)(P...), unsigned blocks, unsigned threads, CUstream_st*, P... arguments) {
  const bool meets = threads == 512;
  for (unsigned b = 0; b < blocks; ++b) {
    host_cuda::Block shared(threads);
    const auto run = [&](unsigned t) {
      threadIdx.x = t, blockIdx.x = b, gridDim.x = blocks, host_cuda::block = &shared;
      kernel(arguments...);
    };
    std::vector<std::thread> all;
    for (unsigned t = 0; t < threads; ++t) meets ? void(all.emplace_back(run, t)) : run(t);
    for (auto& t : all) t.join();
  }
}
