/// Does anything at a position depend on what comes later? (design.md §5.4.) Outputs, and what the weights learn from:
/// values may be causal while the gradient of a prefix loss sees the future.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/IListRef.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "check/input.h"
#include "check/subject.h"

namespace gradus {

/// One finding, here and in batch.h: the largest difference that should not be there.
struct Leak {
  double size = 0;       // relative to the largest of the outputs (or gradients) compared
  double severity = 0;   // size over the tolerance: above 1 is a refusal
  int64_t cut = 0;       // first position that was replaced, or the length of a prefix
  int64_t position = 0;  // the output position that changed most
  std::string how;       // "future x100, train mode, autograd on", "length 17 instead of 64"
  at::Tensor one,
      other;  // the two inputs (1, T, C), (1, T′, C) whose outputs before `cut` differ; undefined: gradients
  Mode mode;
  int64_t row = -1;       // of `one` and `other` (batches then): the row that must not differ, position by position
  bool overflow = false;  // a future x100 or an input x30 is not finite, and no more: a warning
  /// The worse of two. What only overflows never stands before what leaks.
  void take(const Leak& o) {
    const bool mine = severity > 1 && !overflow, theirs = o.severity > 1 && !o.overflow;
    if (mine != theirs ? theirs : o.severity > severity) *this = o;
  }
};

/// Futures replaced at many cuts of one input. The rows of a call are the input itself and one row a cut; futures
/// alternate from cut to cut.
struct CutPass {
  Nature nature = Nature::kNormal;
  std::vector<Future> futures{Future::kFresh, Future::kLarge};
  Mode mode;
  int64_t length = 64;
  std::vector<int64_t> cuts;
  bool alone = false;       // each row in a call of its own, B = 1
  double tolerance = 1e-9;  // ×1000 where the future is ×100: rounding is relative to the largest value
  bool rough = false;       // relative to the largest of the whole row: of weights that mean nothing values may explode
  double rows() const { return static_cast<double>(cuts.size() + 1); }
};
Leak try_cuts(Subject& subject, const CutPass& pass, uint64_t key);

/// Prefix consistency, f(x[:, :t]) = f(x)[:, :t]: nothing may depend on the length.
Leak try_prefixes(Subject& subject, Nature nature, Mode mode, int64_t length, const std::vector<int64_t>& prefixes,
                  double tolerance, uint64_t key);

/// ∂(loss before the cut)/∂(input from the cut on) = 0, and the gradient of every parameter is the same under two
/// futures. One row a cut, all in two backward passes. `leak.how` names the parameter.
Leak try_gradients(Subject& subject, bool training, int64_t length, const std::vector<int64_t>& cuts, double tolerance,
                   uint64_t key);

/// Kind `token`: position p's output when all other positions change, or leave.
Leak try_token(Subject& subject, Mode mode, int64_t length, double tolerance, uint64_t key);

/// 1 … length − 1.
std::vector<int64_t> all_cuts(int64_t length);
/// Where leaks at long lengths sit: the edges of chunks of every power of two and of `literals` (whole numbers of the
/// units' sources), ±1, the ends, and random ones; at most `most`, rotated by key.
std::vector<int64_t> edge_cuts(int64_t length, const std::set<int64_t>& literals, size_t most, uint64_t key);

}  // namespace gradus
