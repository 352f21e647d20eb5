#include "unit/tensor/convolution.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>

#include "unit/tensor/vectors.h"

namespace gradus {
namespace {

constexpr int64_t kMostTaps = 16;

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

GRADUS_VECTORS void add_scaled(float* __restrict to, const float* __restrict from, float factor, int64_t n) {
  for (int64_t t = 0; t < n; ++t) to[t] += factor * from[t];
}
GRADUS_VECTORS void add_scaled(double* __restrict to, const double* __restrict from, double factor, int64_t n) {
  for (int64_t t = 0; t < n; ++t) to[t] += factor * from[t];
}
GRADUS_VECTORS void add_products(float* __restrict lanes, const float* __restrict a, const float* __restrict b,
                                 int64_t n) {
  for (int64_t t = 0; t + kLanes <= n; t += kLanes)
    for (int64_t k = 0; k < kLanes; ++k) lanes[k] += a[t + k] * b[t + k];
}
GRADUS_VECTORS void add_products(double* __restrict lanes, const double* __restrict a, const double* __restrict b,
                                 int64_t n) {
  for (int64_t t = 0; t + kLanes <= n; t += kLanes)
    for (int64_t k = 0; k < kLanes; ++k) lanes[k] += a[t + k] * b[t + k];
}

/// to[t] += factor * from[t + shift] wherever both are inside.
template <class T>
void add_shifted(T* to, int64_t n_to, const T* from, int64_t n_from, int64_t shift, T factor) {
  const int64_t begin = std::max<int64_t>(0, -shift), end = std::min(n_to, n_from - shift);
  if (begin < end) add_scaled(to + begin, from + begin + shift, factor, end - begin);
}

/// Σ_t a[t] b[t + shift] wherever both are inside.
template <class T>
T dot_shifted(const T* a, int64_t n_a, const T* b, int64_t n_b, int64_t shift) {
  const int64_t begin = std::max<int64_t>(0, -shift), n = std::max<int64_t>(0, std::min(n_a, n_b - shift) - begin);
  T lanes[kLanes] = {}, sum = 0;
  add_products(lanes, a + begin, b + begin + shift, n);
  for (int64_t t = begin + n - n % kLanes; t < begin + n; ++t) sum += a[t] * b[t + shift];
  for (T lane : lanes) sum += lane;
  return sum;
}

/// body(c) for all channels, on the threads there are.
template <class F>
void for_channels(int64_t n, int64_t work, const F& body) {
  at::parallel_for(0, n, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, work)), [&](int64_t from, int64_t to) {
    for (int64_t c = from; c < to; ++c) body(c);
  });
}

struct Depthwise : torch::autograd::Function<Depthwise> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, int64_t padding) {
    const at::Tensor x = input.contiguous(), w = weight.contiguous(), b = bias ? bias->contiguous() : at::Tensor();
    const int64_t B = x.size(0), C = x.size(1), T = x.size(2), K = w.size(2), n = T + 2 * padding - K + 1;
    at::Tensor y = at::empty({B, C, n}, x.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "conv1d", [&] {
      const scalar_t *xs = x.const_data_ptr<scalar_t>(), *ws = w.const_data_ptr<scalar_t>();
      const scalar_t* bs = b.defined() ? b.const_data_ptr<scalar_t>() : nullptr;
      scalar_t* ys = y.data_ptr<scalar_t>();
      for_channels(B * C, n * K, [&](int64_t row) {
        const int64_t c = row % C;
        std::fill_n(ys + row * n, n, bs ? bs[c] : scalar_t(0));
        for (int64_t j = 0; j < K; ++j) add_shifted(ys + row * n, n, xs + row * T, T, j - padding, ws[c * K + j]);
      });
    });
    context->save_for_backward({input, weight});
    context->saved_data["padding"] = padding;
    context->saved_data["biased"] = bias.has_value();
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const int64_t padding = context->saved_data["padding"].toInt();
    const bool biased = context->saved_data["biased"].toBool();
    if (at::GradMode::is_enabled()) {  // a gradient of the gradient is wanted: ATen's own can be differentiated again
      const auto all =
          at::convolution_backward(gradients[0], saved[0], saved[1], at::IntArrayRef{saved[1].size(0)}, {1}, {padding},
                                   {1}, false, {0}, saved[0].size(1), {true, true, biased});
      return {std::get<0>(all), std::get<1>(all), std::get<2>(all), at::Tensor()};
    }
    const at::Tensor x = saved[0].contiguous(), w = saved[1].contiguous(), dy = gradients[0].contiguous();
    const int64_t B = x.size(0), C = x.size(1), T = x.size(2), K = w.size(2), n = dy.size(2);
    at::Tensor dx = at::empty_like(x), dw = at::empty_like(w), db;
    if (biased) db = at::empty({C}, w.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "conv1d", [&] {
      const scalar_t *xs = x.const_data_ptr<scalar_t>(), *ws = w.const_data_ptr<scalar_t>(),
                     *dys = dy.const_data_ptr<scalar_t>();
      scalar_t *dxs = dx.data_ptr<scalar_t>(), *dws = dw.data_ptr<scalar_t>();
      scalar_t* dbs = biased ? db.data_ptr<scalar_t>() : nullptr;
      for_channels(C, B * n * K * 2,
                   [&](int64_t c) {  // a channel's sums over the batch in one order, whatever the threads
                     std::fill_n(dws + c * K, K, scalar_t(0));
                     scalar_t sum = 0;
                     for (int64_t row = c; row < B * C; row += C) {
                       std::fill_n(dxs + row * T, T, scalar_t(0));
                       for (int64_t j = 0; j < K; ++j) {
                         add_shifted(dxs + row * T, T, dys + row * n, n, padding - j, ws[c * K + j]);
                         dws[c * K + j] += dot_shifted(dys + row * n, n, xs + row * T, T, j - padding);
                       }
                       for (int64_t t = 0; t < n; ++t) sum += dys[row * n + t];
                     }
                     if (dbs) dbs[c] = sum;
                   });
    });
    return {dx, dw, db, at::Tensor()};
  }
};

bool all_one(const c10::IValue& v) {
  if (!v.isIntList()) return false;
  const auto list = v.toIntList();
  return std::all_of(list.begin(), list.end(), [](int64_t n) { return n == 1; });
}

}  // namespace

bool depthwise_convolution(c10::Stack& stack) {
  if (stack.size() != 7 || !stack[0].isTensor() || !stack[1].isTensor() || !stack[4].isIntList()) return false;
  const at::Tensor x = stack[0].toTensor(), w = stack[1].toTensor();
  const std::optional<at::Tensor> bias = stack[2].toOptional<at::Tensor>();
  if (!all_one(stack[3]) || stack[4].toIntList().size() != 1 || !all_one(stack[5])) return false;
  const int64_t padding = stack[4].toIntList().get(0);
  const auto plain = [&](const at::Tensor& t) {
    return t.is_cpu() && t.layout() == at::kStrided && t.scalar_type() == x.scalar_type();
  };
  if (x.scalar_type() != at::kFloat && x.scalar_type() != at::kDouble) return false;
  if (!plain(x) || !plain(w) || x.dim() != 3 || w.dim() != 3 || x.numel() == 0) return false;
  const int64_t C = x.size(1), K = w.size(2);
  if (stack[6].toInt() != C || w.size(0) != C || w.size(1) != 1 || K < 1 || K > kMostTaps) return false;
  if (bias && (!plain(*bias) || bias->dim() != 1 || bias->size(0) != C)) return false;
  if (padding < 0 || x.size(2) + 2 * padding < K || at::autocast::is_autocast_enabled(at::kCPU)) return false;
  stack.clear();
  stack.emplace_back(Depthwise::apply(x, w, bias, padding));
  return true;
}

}  // namespace gradus
