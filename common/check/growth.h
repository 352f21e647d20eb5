/// What a design costs as the sequence grows, by deterministic counts beside the GPT2 seed's (design.md §5.7), and how
/// much an inference engine has to keep.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "check/subject.h"

namespace gradus {

/// One sequence of `length` through all blocks, forward.
struct CostPoint {
  int64_t length = 0;
  double flops = 0, bytes = 0, peak_bytes = 0;
  int64_t calls = 0;
};
CostPoint cost_at(Subject& subject, int64_t length);

/// log₂ of the ratio of two doublings: the exponent at the last one, and how far the one before it differs (what the
/// exponent is uncertain by).
struct Exponent {
  double value = 0, uncertainty = 0;
};
/// Of three points, each of twice the length before.
Exponent exponent_of(double quarter, double half, double whole);

/// FLOPs and operator calls of a few inputs of one shape (N(0, 1), ×30, zeros, held runs): the largest over the least.
/// Cost must not depend on values.
double cost_spread(Subject& subject, int64_t length);

/// Seconds of one forward and backward pass, the better of two.
double step_seconds(Subject& subject, int64_t batch, int64_t length);

/// How many numbers of the past the future needs: the rank of ∂(outputs after)/∂(inputs before) of the first block at a
/// random input, in float64, at kStateWidth. Constant in `past` for a recurrence whose state is smaller, past · width
/// for attention.
int64_t state_rank(Subject& subject, int64_t past, int64_t future);
constexpr int64_t kStateWidth = 32;

}  // namespace gradus
