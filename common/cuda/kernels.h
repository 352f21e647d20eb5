/// The kernels of ours, apart from ATen: what nvcc compiles. Each is queued on the stream and returns at once.
#pragma once

#include <cstdint>

struct CUstream_st;  // CUDA's own name, so that who only queues needs no CUDA header
using cudaStream_t = CUstream_st*;

namespace gradus {

/// Rows of logits z (m, v): z ← scale × (softmax(z) − onehot(target)) in place; losses ← logsumexp(z) − z[target]. The
/// sums are in float32, always in the same order. half: z is bfloat16.
void launch_softmax_gradient(void* z, bool half, const int64_t* targets, float scale, float* losses, int64_t m,
                             int64_t v, cudaStream_t stream);

/// x (B, H, T, D) with these strides, in elements, and D contiguous: pairs of channels turned by the angles whose
/// cosines and sines are (T, D/2) float32; y is contiguous. unit/tensor/fused.h has the law.
struct TurnSizes {
  int64_t b, h, t, d;
  int64_t stride_b, stride_h, stride_t, stride_d;
};
void launch_turn(const void* x, bool half, const float* cos, const float* sin, bool back, void* y,
                 const TurnSizes& sizes, cudaStream_t stream);

/// h = [a, g] (n, 2 f): y (n, f) = a silu(g); and dh from dy.
void launch_gate(const void* h, bool half, void* y, int64_t n, int64_t f, cudaStream_t stream);
void launch_gate_backward(const void* h, const void* dy, bool half, void* dh, int64_t n, int64_t f,
                          cudaStream_t stream);

}  // namespace gradus
