#include "train/scoring.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <numbers>

#include "train/head_loss.h"
#include "train/schedule.h"

namespace gradus {
namespace {

/// Windows [first, first + count) of equal length: inputs are the tokens before the targets.
void score_windows(LanguageModel& model, const TokenShard& shard, uint64_t first_token, int64_t count, int64_t length,
                   double* nats) {
  at::Tensor inputs = at::empty({count, length}, at::kLong), targets = at::empty({count * length}, at::kLong);
  const auto n = static_cast<uint64_t>(count * length);
  auto* in = inputs.data_ptr<int64_t>();
  shard.read(first_token, n, targets.data_ptr<int64_t>());
  in[0] = shard.end_of_document();
  if (first_token > 0) shard.read(first_token - 1, 1, in);
  std::copy(targets.data_ptr<int64_t>(), targets.data_ptr<int64_t>() + n - 1, in + 1);
  const c10::Device device = model.head().device();
  const at::Tensor hidden = model.hidden(inputs.to(device));
  const at::Tensor losses =
      row_losses(hidden.reshape({count * length, -1}), model.head().detach(), targets.to(device)).cpu();
  std::copy(losses.data_ptr<double>(), losses.data_ptr<double>() + n, nats);
}

}  // namespace

std::vector<double> score_tokens(LanguageModel& model, const TokenShard& shard, uint64_t n_tokens, int64_t context,
                                 int64_t batch_tokens, const Communicator& communicator) {
  const at::NoGradGuard no_grad;
  model.set_training(false);
  std::vector<double> nats(n_tokens, 0.0);
  const int64_t whole = static_cast<int64_t>(n_tokens) / context;
  const int64_t batch = std::max<int64_t>(1, batch_tokens / context);
  const Part mine = part_of(whole, communicator.rank(), communicator.size());
  for (int64_t w = mine.begin; w < mine.end; w += batch) {
    const int64_t first = w * context;
    score_windows(model, shard, static_cast<uint64_t>(first), std::min(batch, mine.end - w), context, &nats[first]);
  }
  const int64_t rest = static_cast<int64_t>(n_tokens) - whole * context;
  if (rest > 0 && communicator.rank() == communicator.size() - 1)
    score_windows(model, shard, n_tokens - static_cast<uint64_t>(rest), 1, rest, &nats[whole * context]);
  communicator.sum(nats);
  model.set_training(true);
  return nats;
}

double bytes_of_tokens(const TokenShard& shard, uint64_t n_tokens) {
  double bytes = 0;
  for (uint64_t d = 0; d < shard.n_documents() && shard.begin(d) < n_tokens; ++d) {
    const auto inside = static_cast<double>(std::min(n_tokens, shard.end(d)) - shard.begin(d));
    bytes += static_cast<double>(shard.bytes(d)) * inside / static_cast<double>(shard.end(d) - shard.begin(d));
  }
  return bytes;
}

double bits_per_byte(double nats, double bytes) { return nats / std::numbers::ln2 / bytes; }

}  // namespace gradus
