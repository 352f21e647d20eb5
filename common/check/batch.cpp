#include "check/batch.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/flip.h>

#include <algorithm>

#include "check/perturb.h"

namespace gradus {

BatchResult measure_batch(const SequenceFunction& f, int64_t d_model, int64_t length, uint64_t key) {
  at::NoGradGuard no_grad;
  constexpr int64_t kRows = 4;
  auto x = random_input({kRows, length, d_model}, key + 11);
  auto others = 30 * random_input({kRows - 1, length, d_model}, key + 12);
  BatchResult result;
  auto y = f(x);
  auto mixed = f(at::cat({x.narrow(0, 0, 1), others}, 0));
  result.neighbours = relative_difference(mixed[0], y[0]);
  result.order = relative_difference(f(x.flip({0})).flip({0}), y);
  for (int64_t row = 0; row < kRows; ++row)
    result.alone = std::max(result.alone, relative_difference(f(x.narrow(0, row, 1))[0], y[row]));
  result.repeat = relative_difference(f(x), y);
  return result;
}

}  // namespace gradus
