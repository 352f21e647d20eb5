#include "check/batch.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/flip.h>

namespace gradus {

Leak try_batch(Subject& subject, Mode mode, int64_t length, double tolerance, uint64_t key) {
  constexpr int64_t kRows = 4;
  const at::Tensor x = random_input({kRows, length, subject.width()}, key + 11);
  const at::Tensor y = subject(x, mode).detach();
  Leak worst;
  /// Row `there` of the output for `other` must be row `here` of y.
  auto compare = [&](const at::Tensor& other, const at::Tensor& result, int64_t here, int64_t there,
                     const std::string& how) {
    Leak leak;
    leak.size = relative_difference(result[there], y[here]);
    leak.severity = leak.size / tolerance;
    leak.how = how + ", " + to_string(mode);
    leak.mode = mode;
    leak.one = x.roll({-here}, {0}), leak.other = other.roll({-there}, {0});  // the row first, in both
    leak.row = 0;
    worst.take(leak);
  };
  const at::Tensor first = x.narrow(0, 0, 1);
  const std::pair<const char*, at::Tensor> neighbours[] = {
      {"a row changes when its neighbours change", random_input({kRows - 1, length, subject.width()}, key + 12)},
      {"a row changes when its neighbours grow", 30 * random_input({kRows - 1, length, subject.width()}, key + 13)},
      {"a row changes when its neighbours equal it", first.expand({kRows - 1, -1, -1})}};
  for (const auto& [how, others] : neighbours) {
    const at::Tensor other = at::cat({first, others});
    compare(other, subject(other, mode).detach(), 0, 0, how);
  }
  if (subject.stochastic(mode)) return worst;
  const at::Tensor flipped = x.flip({0});
  compare(flipped, subject(flipped, mode).detach(), 0, kRows - 1, "rows depend on their order");
  for (int64_t row = 0; row < kRows; ++row) {
    const at::Tensor alone = x.narrow(0, row, 1).contiguous();
    compare(alone, subject(alone, mode).detach(), row, 0, "a row alone differs from the row in a batch");
  }
  for (int64_t n : {2, 3}) {
    const at::Tensor fewer = x.narrow(0, 0, n).contiguous();
    compare(fewer, subject(fewer, mode).detach(), 0, 0, "a row changes when others are dropped");
  }
  const at::Tensor more = at::cat({x, random_input({5, length, subject.width()}, key + 14)});
  compare(more, subject(more, mode).detach(), 0, 0, "a row changes when others join");
  return worst;
}

}  // namespace gradus
