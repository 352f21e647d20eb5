/// F.conv1d where ATen's own is slow.
#pragma once

#include <ATen/core/boxing/KernelFunction.h>  // c10::Stack

namespace gradus {

/// Replaces the arguments of aten::conv1d on the stack by its result where each channel has one short filter of its own
/// (groups = channels, up to 16 taps, stride and dilation 1): y[c, t] = bias[c] + Σ_j w[c, j] x[c, t + j - padding].
/// x: (B, C, T), float32 or float64 on the CPU. ATen's kernel for it is not made for one dimension. False: not such;
/// nothing was touched. Gradients of every order.
bool depthwise_convolution(c10::Stack& stack);

}  // namespace gradus
