/// Parameters, gradients and signals (design.md §5.3): what is reached, repeated, frozen; what passes through the
/// blocks.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "check/subject.h"

namespace gradus {

struct GradientResult {
  std::vector<std::string> dead;        // no gradient on any batch in any block, by name within a block
  std::vector<std::string> frozen;      // requires no gradient
  std::vector<std::string> not_finite;  // its gradient is not, on some batch
  std::vector<std::string> duplicated;  // "a and b": matrices whose gradients are the same on every batch
  double duplicated_share = 0;          // of the blocks' parameters
  std::string unreached;                // the parameter with the most numbers that no batch reaches in any block
  double unreached_share = 0;           // of the blocks' parameters, such numbers
  double smallest = 0;                  // root mean square of a parameter's gradient
};
/// Along its gradient each parameter of the first and, where blocks know their layer, the last block must raise what
/// the gradient is of, a random sum of the block's outputs: the slope by central differences over the gradient's size
/// is 1 where backward is the derivative, about 0 where it stands in for one (straight-through).
struct SlopeResult {
  double opposed_share = 0;  // of the blocks' parameters: the slope is below −0.3 of the gradient, for two step sizes
  std::string name;          // of the largest such
  double slope = 1;          // its slope over its gradient
  bool input_cut = false;    // no gradient reaches the block's input: what comes before cannot learn
};
SlopeResult measure_slopes(Subject& subject, int64_t length);

GradientResult measure_gradients(Subject& subject, int64_t length);

/// Mean next-token cross-entropy of uniform random tokens, nats a token.
at::Tensor random_token_loss(Subject& subject, Mode mode, const at::Tensor& tokens);

/// How a signal of N(0, 1) passes the blocks as initialised.
struct SignalResult {
  std::vector<double> growth;  // root mean square after a block over before it
  double rank = 0;             // participation ratio of the last output's singular values: 1 … min(T, C)
  double first_rank = 0;       // of the first block's
  double input_rank = 0;       // of the input
  bool ignores_input = false;  // two different inputs give one output
  bool ignores_past = false;   // all inputs but the first changed give one output
  double noise = 0;            // share of the training mode's output, dropout active, that is drawn: 0 … 1
};
SignalResult measure_signal(Subject& subject, int64_t length);

}  // namespace gradus
