#include "train/head_loss.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "unit/tensor/vectors.h"

namespace gradus {
namespace {

constexpr int64_t kChunkElements = 1 << 20;  // 4 MB of logits: they stay in the cache between the passes

int64_t chunk_rows(int64_t vocabulary) { return std::max<int64_t>(256, kChunkElements / vocabulary); }

/// Of rows of logits z: z ← exp(z − max z), and for each row its loss and what makes the exponentials scale × softmax.
struct Rows {
  std::vector<double> losses;
  std::vector<float> factors;
};
void exponentiate_rows(at::Tensor& z, const int64_t* targets, double scale, Rows& rows) {
  const int64_t v = z.size(1);
  float* values = z.data_ptr<float>();
  at::parallel_for(0, z.size(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float target = values[i * v + targets[i]];
      float most = 0, sum = 0;
      exponentiate_row(values + i * v, v, &most, &sum);
      rows.losses[static_cast<size_t>(i)] = std::log(static_cast<double>(sum)) + most - target;
      rows.factors[static_cast<size_t>(i)] = static_cast<float>(scale / sum);
    }
  });
}

/// gradient ← factor × gradient − scale × the weight's row of the target: the softmax was left without its division,
/// and without its one at the target.
void finish_hidden_gradient(at::Tensor& gradient, const at::Tensor& weight, const int64_t* targets, float scale,
                            const Rows& rows) {
  const int64_t d = gradient.size(1);
  float* g = gradient.data_ptr<float>();
  const float* w = weight.const_data_ptr<float>();
  for (int64_t i = 0; i < gradient.size(0); ++i)
    for (int64_t c = 0; c < d; ++c)
      g[i * d + c] = rows.factors[static_cast<size_t>(i)] * g[i * d + c] - scale * w[targets[i] * d + c];
}

/// The weight's gradient loses scale × h at each row's target; rows in order, so that equal targets add up the same
/// way.
void subtract_targets(const at::Tensor& weight_gradient, const at::Tensor& part, const int64_t* targets, float scale) {
  const int64_t d = part.size(1);
  const float* h = part.const_data_ptr<float>();
  float* g = weight_gradient.data_ptr<float>();
  for (int64_t i = 0; i < part.size(0); ++i)
    for (int64_t c = 0; c < d; ++c) g[targets[i] * weight_gradient.stride(0) + c] -= scale * h[i * d + c];
}

}  // namespace

HeadLoss head_loss(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets, double scale,
                   const at::Tensor& weight_gradient) {
  const at::NoGradGuard no_grad;
  const int64_t n = hidden.size(0), v = weight.size(0), size = std::min(n, chunk_rows(v));
  const bool half = hidden.scalar_type() == at::kBFloat16;
  const at::Tensor h = hidden.contiguous(), w = weight.contiguous();
  const at::Tensor plain_h = h.to(at::kFloat), plain_w = w.to(at::kFloat);
  at::Tensor hidden_gradient = at::empty_like(plain_h), logits = at::empty({size, v}, plain_h.options());
  HeadLoss out;
  Rows rows{std::vector<double>(static_cast<size_t>(size)), std::vector<float>(static_cast<size_t>(size))};
  for (int64_t at = 0; at < n; at += size) {
    const int64_t m = std::min(size, n - at), *t = targets.const_data_ptr<int64_t>() + at;
    const at::Tensor part = h.narrow(0, at, m), plain = plain_h.narrow(0, at, m);
    at::Tensor z = logits.narrow(0, 0, m), gradient = hidden_gradient.narrow(0, at, m);
    half ? z.copy_(at::mm(part, w.t())) : at::mm_out(z, part, w.t());
    exponentiate_rows(z, t, scale, rows);
    for (int64_t i = 0; i < m; ++i) out.loss += rows.losses[static_cast<size_t>(i)];
    const at::Tensor e = z.to(h.scalar_type());
    half ? gradient.copy_(at::mm(e, w)) : at::mm_out(gradient, e, w);
    finish_hidden_gradient(gradient, plain_w, t, static_cast<float>(scale), rows);
    const at::Tensor shares = plain * at::from_blob(rows.factors.data(), {m, 1}, at::kFloat);
    half ? weight_gradient.add_(at::mm(e.t(), shares.to(at::kBFloat16))) : weight_gradient.addmm_(e.t(), shares);
    subtract_targets(weight_gradient, plain, t, static_cast<float>(scale));
  }
  out.hidden_gradient = hidden_gradient.to(h.scalar_type());
  return out;
}

double backpropagate(LanguageModel& model, const at::Tensor& tokens, const at::Tensor& targets, double scale,
                     const at::Tensor& head_gradient) {
  const at::Tensor hidden = model.hidden(tokens);
  const HeadLoss head =
      head_loss(hidden.detach().reshape({-1, hidden.size(-1)}), model.head().detach(), targets, scale, head_gradient);
  hidden.backward(head.hidden_gradient.view(hidden.sizes()));
  return head.loss;
}

namespace {

/// The head's part of backpropagate_on; returns the gradient of the hidden states.
at::Tensor head_gradients_on(Accelerator& accelerator, const at::Tensor& hidden, const at::Tensor& weight,
                             const at::Tensor& targets, double scale, const at::Tensor& weight_gradient,
                             const at::Tensor& loss_sum) {
  const at::NoGradGuard no_grad;
  const int64_t n = hidden.size(0), v = weight.size(0), size = std::clamp<int64_t>(kHeadElements / v, 1, n);
  const at::Tensor h = hidden.contiguous(), w = weight.contiguous();
  const at::Tensor logits = at::empty({size, v}, h.options()), hidden_gradient = at::empty_like(h);
  const at::Tensor losses = at::empty({n}, h.options().dtype(at::kFloat));
  for (int64_t at = 0; at < n; at += size) {
    const int64_t m = std::min(size, n - at);
    const at::Tensor part = h.narrow(0, at, m);
    at::Tensor z = logits.narrow(0, 0, m), gradient = hidden_gradient.narrow(0, at, m), sum = weight_gradient;
    at::mm_out(z, part, w.t());
    accelerator.softmax_gradient(z, targets.narrow(0, at, m), scale, losses.narrow(0, at, m));
    at::mm_out(gradient, z, w);
    if (h.scalar_type() == at::kFloat)
      sum.addmm_(z.t(), part);
    else
      sum.add_(at::mm(z.t(), part, at::kFloat));  // bfloat16 in, summed and left in float32
  }
  at::Tensor(loss_sum).add_(losses.sum(at::kDouble));
  return hidden_gradient;
}

}  // namespace

void backpropagate_on(Accelerator& accelerator, LanguageModel& model, const at::Tensor& tokens,
                      const at::Tensor& targets, double scale, const at::Tensor& head_gradient,
                      const at::Tensor& loss_sum) {
  const at::Tensor hidden = model.hidden(tokens);
  const at::Tensor gradient = head_gradients_on(accelerator, hidden.detach().reshape({-1, hidden.size(-1)}),
                                                model.head().detach(), targets, scale, head_gradient, loss_sum);
  hidden.backward(gradient.view(hidden.sizes()));
}

at::Tensor row_losses(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  const int64_t n = hidden.size(0), v = weight.size(0);
  const int64_t rows = std::min(n, hidden.is_cpu() ? chunk_rows(v) : std::max<int64_t>(1, kHeadElements / v / 4));
  at::Tensor out = at::empty({n}, hidden.options().dtype(at::kDouble));
  for (int64_t at = 0; at < n; at += rows) {
    const int64_t m = std::min(rows, n - at);
    const at::Tensor z = at::mm(hidden.narrow(0, at, m), weight.t()).to(at::kFloat);
    const at::Tensor chosen = z.gather(1, targets.narrow(0, at, m).unsqueeze(1)).squeeze(1);
    out.narrow(0, at, m).copy_(at::logsumexp(z, 1).to(at::kDouble) - chosen.to(at::kDouble));
  }
  return out;
}

}  // namespace gradus
