/// F.scaled_dot_product_attention where ATen's own is slow.
#pragma once

#include <ATen/core/boxing/KernelFunction.h>  // c10::Stack

namespace gradus {

/// Replaces the arguments of aten::scaled_dot_product_attention on the stack by its result where they are causal, fp32
/// and short (up to 128 positions, 32 channels a head), by batched products: ATen's CPU kernel works in blocks of 32
/// rows, too small for a matrix library, and takes twice as long there with oneDNN, as long with MKL. False: not such;
/// nothing was touched. The gradient is of first order, as ATen's.
bool short_attention(c10::Stack& stack);

}  // namespace gradus
