/// Does any output depend on a later input? (design.md §5.4.) Works on a function from (B, T, D) to (B, T, D), so that
/// the whole model, one block and one unit are tested by the same code.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/IListRef.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gradus {

using SequenceFunction = std::function<at::Tensor(const at::Tensor&)>;

/// How the future is replaced.
enum class Future { kFresh, kLarge /* ×100 */, kZeros, kPermuted, kNearDuplicate /* plus 5 % noise */ };
const char* to_string(Future future);

struct Leak {
  double size = 0;       // largest relative change of an output before the cut
  int64_t cut = 0;       // first position that was replaced
  int64_t position = 0;  // the output position that changed most
  std::string how;       // "future ×100 at B = 1", "length 17 instead of 64"
};

struct CausalityPlan {
  int64_t length = 64;  // every cut 1 … length−1 is tested, one batch row each
  std::vector<Future> futures{Future::kFresh, Future::kLarge};
  std::vector<int64_t> single_cuts{1, 17, 32, 63};  // again at B = 1
  std::vector<int64_t> prefixes{1, 2, 17, 32, 63};  // f(x[:, :t]) = f(x)[:, :t]
  double tolerance = 1e-9;
  uint64_t key = 0;
};

/// The kinds of replacement of the fast tier: fresh, large and a third that rotates with the design's hash.
CausalityPlan fast_plan(uint64_t design_hash, double tolerance);

/// The largest leak found, whether above the tolerance or not.
Leak measure_leak(const SequenceFunction& f, int64_t d_model, const CausalityPlan& plan);

/// For kind `token`: the largest change of position p's output when all other positions change.
Leak measure_token_leak(const SequenceFunction& f, int64_t d_model, const CausalityPlan& plan);

}  // namespace gradus
