/// Units of the library that a device has kernels of its own for: rotary positions and gated MLPs, which as single
/// operators move several times the memory. The unit's source says what is computed; these say it in one pass, rounding
/// to bfloat16 once instead of after every operator.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "unit/tensor/tensor.h"

namespace gradus {

/// The kernels, on tensors of one device. float32 or bfloat16; sums in float32.
class FusedKernels {
 public:
  virtual ~FusedKernels() = default;
  /// Pairs (2i, 2i + 1) of the channels of token t turned by an angle, or back:
  ///   y[2i] = x[2i] cos − x[2i+1] sin,  y[2i+1] = x[2i] sin + x[2i+1] cos.
  /// x: (B, H, T, D) of any strides; y: the same, contiguous; cos, sin: (T, D/2) float32.
  virtual void turn(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin, bool back,
                    const at::Tensor& y) = 0;
  /// y = a silu(g) of h = [a, g].   h: (N, 2 F), y: (N, F), contiguous
  virtual void gate(const at::Tensor& h, const at::Tensor& y) = 0;
  /// dh = [dy silu(g), dy a silu'(g)]
  virtual void gate_backward(const at::Tensor& h, const at::Tensor& dy, const at::Tensor& dh) = 0;
};

/// y = x turned, with its gradient. Falls to nobody: x and the tables must be as the kernel wants them.
at::Tensor fused_turn(FusedKernels& kernels, const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin);
/// y (…, F) = a silu(g) of h (…, 2 F), with its gradient of first order.
at::Tensor fused_gate(FusedKernels& kernels, const at::Tensor& h);

/// From now on an instance of the library's unit `stem` ("rotary", "swiglu") computes with the kernels where it is
/// given what they take; of any other unit nothing changes. The kernels must live as long as the instance.
void use_fused(Interpreter&, const Value& instance, const std::string& stem, FusedKernels& kernels);

}  // namespace gradus
