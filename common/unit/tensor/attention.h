/// F.scaled_dot_product_attention where ATen's own is slow.
#pragma once

#include <ATen/core/boxing/KernelFunction.h>  // c10::Stack

namespace gradus {

/// Replaces the arguments of aten::scaled_dot_product_attention on the stack by its result where they are float32 on
/// the CPU, with as many queries as keys, T D ≤ 65,536, and no mask, dropout or grouped heads. False: not such; nothing
/// was touched.
/// The gradient is of first order, as ATen's.
///   P = softmax(scale q kᵀ [+ causal mask]),  y = P v.   q, k: (B, H, T, D); v, y: (B, H, T, E)
/// Eight rows of P at a time and only up to the diagonal; backward makes them again from the saved log Σ exp (Dao et
/// al. 2022, arXiv:2205.14135), so that memory is linear in T. ATen's kernel hands blocks of 32 rows to a matrix
/// library, too small for it where a head is narrow.
bool plain_attention(c10::Stack& stack);

}  // namespace gradus
