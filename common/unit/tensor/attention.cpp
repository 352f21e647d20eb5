#include "unit/tensor/attention.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/full.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <limits>

namespace gradus {
namespace {

constexpr int64_t kLongest = 128, kWidest = 8;

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// q, k, v: (B, H, T, D). P = softmax(scale q kᵀ + mask), y = P v.
struct ShortAttention : torch::autograd::Function<ShortAttention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& query, const at::Tensor& key,
                            const at::Tensor& value, double scale) {
    const int64_t t = query.size(2), d = query.size(3);
    const auto heads = [&](const at::Tensor& x) { return x.reshape({-1, t, d}); };
    const at::Tensor q = heads(query), k = heads(key), v = heads(value);
    const at::Tensor mask = at::full({t, t}, -std::numeric_limits<float>::infinity(), q.options()).triu_(1);
    const at::Tensor p = at::_softmax(at::baddbmm(mask, q, k.transpose(1, 2), 1, scale), -1, false);
    context->save_for_backward({q, k, v, p});
    context->saved_data["scale"] = scale;
    return at::bmm(p, v).view(query.sizes());
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(),
                                "derivative for the backward of scaled_dot_product_attention is not implemented");
    const auto saved = context->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2], &p = saved[3];
    const double scale = context->saved_data["scale"].toDouble();
    const at::Tensor dy = gradients[0].reshape(q.sizes());
    const at::Tensor dv = at::bmm(p.transpose(1, 2), dy);
    const at::Tensor ds = at::_softmax_backward_data(at::bmm(dy, v.transpose(1, 2)), p, -1, at::kFloat);
    const auto sizes = gradients[0].sizes();
    return {at::bmm(ds, k).mul_(scale).view(sizes), at::bmm(ds.transpose(1, 2), q).mul_(scale).view(sizes),
            dv.view(sizes), at::Tensor()};
  }
};

bool plain(const at::Tensor& t) {
  return t.defined() && t.is_cpu() && t.layout() == at::kStrided && t.scalar_type() == at::kFloat && t.dim() == 4;
}

}  // namespace

bool short_attention(c10::Stack& stack) {
  if (stack.size() != 8 || !stack[0].isTensor() || !stack[1].isTensor() || !stack[2].isTensor()) return false;
  const at::Tensor q = stack[0].toTensor(), k = stack[1].toTensor(), v = stack[2].toTensor();
  const bool has_mask = !stack[3].isNone(), drops = stack[4].toDouble() != 0, causal = stack[5].toBool(),
             grouped = stack[7].toBool();
  if (has_mask || drops || !causal || grouped || !plain(q) || !plain(k) || !plain(v)) return false;
  if (q.sizes() != k.sizes() || q.sizes() != v.sizes() || q.numel() == 0) return false;
  if (q.size(2) > kLongest || q.size(3) > kWidest || at::autocast::is_autocast_enabled(at::kCPU)) return false;
  const double scale = stack[6].isNone() ? 1 / std::sqrt(static_cast<double>(q.size(3))) : stack[6].toDouble();
  stack.clear();
  stack.emplace_back(ShortAttention::apply(q, k, v, scale));
  return true;
}

}  // namespace gradus
