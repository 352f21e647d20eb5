#include "train/head_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cmath>

namespace gradus {
namespace {

constexpr int64_t kChunkElements = 1 << 20;  // 4 MB of logits: they stay in the cache between the passes
constexpr float kSmallest = 1e-30f;          // below, log p loses digits and the row is done again by logsumexp

int64_t chunk_rows(int64_t vocabulary) { return std::max<int64_t>(256, kChunkElements / vocabulary); }

/// Σ −log p[t]; a row whose p underflows is taken from its logits.
double sum_losses(const at::Tensor& logits, const at::Tensor& p, const int64_t* targets) {
  const int64_t n = p.size(0), v = p.size(1);
  const float* values = p.data_ptr<float>();
  double loss = 0;
  for (int64_t i = 0; i < n; ++i) {
    const float probability = values[i * v + targets[i]];
    if (probability > kSmallest) {
      loss -= std::log(static_cast<double>(probability));
    } else {
      const at::Tensor row = logits[i];
      loss += at::logsumexp(row, 0).item<double>() - row[targets[i]].item<double>();
    }
  }
  return loss;
}

}  // namespace

HeadLoss head_loss(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets, double scale,
                   at::Tensor& weight_gradient) {
  const at::NoGradGuard no_grad;
  const int64_t n = hidden.size(0), v = weight.size(0), rows = std::min(n, chunk_rows(v));
  const at::Tensor h = hidden.contiguous();
  HeadLoss out;
  out.hidden_gradient = at::empty_like(h);
  at::Tensor logits = at::empty({rows, v}, h.options()), p = at::empty({rows, v}, h.options());
  for (int64_t at = 0; at < n; at += rows) {
    const int64_t m = std::min(rows, n - at);
    const at::Tensor part = h.narrow(0, at, m);
    at::Tensor z = logits.narrow(0, 0, m), q = p.narrow(0, 0, m), gradient = out.hidden_gradient.narrow(0, at, m);
    at::mm_out(z, part, weight.t());
    at::_softmax_out(q, z, 1, false);
    const int64_t* t = targets.data_ptr<int64_t>() + at;
    out.loss += sum_losses(z, q, t);
    float* values = q.data_ptr<float>();
    for (int64_t i = 0; i < m; ++i) values[i * v + t[i]] -= 1.0f;
    at::addmm_out(gradient, gradient, q, weight, 0, scale);
    weight_gradient.addmm_(q.t(), part, 1, scale);
  }
  return out;
}

at::Tensor row_losses(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  const int64_t n = hidden.size(0), v = weight.size(0), rows = std::min(n, chunk_rows(v));
  at::Tensor out = at::empty({n}, at::kDouble), logits = at::empty({rows, v}, hidden.options());
  for (int64_t at = 0; at < n; at += rows) {
    const int64_t m = std::min(rows, n - at);
    at::Tensor z = logits.narrow(0, 0, m);
    at::mm_out(z, hidden.narrow(0, at, m), weight.t());
    const at::Tensor chosen = z.gather(1, targets.narrow(0, at, m).unsqueeze(1)).squeeze(1);
    out.narrow(0, at, m).copy_(at::logsumexp(z, 1).to(at::kDouble) - chosen.to(at::kDouble));
  }
  return out;
}

}  // namespace gradus
