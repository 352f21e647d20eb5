#include "train/head_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

namespace gradus {
namespace {

/// The same in float64 by autograd, all logits at once.
struct Naive {
  double loss;
  at::Tensor hidden_gradient, weight_gradient;
};
Naive naive(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets, double scale) {
  at::Tensor h = hidden.to(at::kDouble).requires_grad_(true), w = weight.to(at::kDouble).requires_grad_(true);
  const at::Tensor loss = -at::log_softmax(h.matmul(w.t()), 1).gather(1, targets.unsqueeze(1)).sum();
  (loss * scale).backward();
  return {loss.item<double>(), h.grad(), w.grad()};
}

double largest_error(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kDouble) - b).abs().max() / b.abs().max()).item<double>();
}

TEST(HeadLoss, EqualsAutogradOverWholeLogits) {
  for (int64_t vocabulary : {7, 300, 5000}) {  // the last in two chunks of rows
    const at::Tensor h = at::randn({300, 24}), w = at::randn({vocabulary, 24});
    const at::Tensor t = at::randint(vocabulary, {300}, at::kLong);
    at::Tensor gradient = at::zeros({vocabulary, 24});
    const HeadLoss out = head_loss(h, w, t, 0.01, gradient);
    const Naive expected = naive(h, w, t, 0.01);
    EXPECT_NEAR(out.loss / expected.loss, 1, 1e-6);
    EXPECT_LT(largest_error(out.hidden_gradient, expected.hidden_gradient), 1e-5);
    EXPECT_LT(largest_error(gradient, expected.weight_gradient), 1e-5);
    EXPECT_NEAR(row_losses(h, w, t).sum().item<double>() / expected.loss, 1, 1e-6);
  }
}

TEST(HeadLoss, InBfloat16ItIsAsNearAsBfloat16) {
  const at::Tensor h = at::randn({300, 24}).to(at::kBFloat16), w = at::randn({500, 24}).to(at::kBFloat16);
  const at::Tensor t = at::randint(500, {300}, at::kLong);
  at::Tensor gradient = at::zeros({500, 24});
  const HeadLoss out = head_loss(h, w, t, 0.01, gradient);
  const Naive expected = naive(h, w, t, 0.01);
  EXPECT_NEAR(out.loss / expected.loss, 1, 2e-3);
  EXPECT_EQ(out.hidden_gradient.scalar_type(), at::kBFloat16);
  EXPECT_LT(largest_error(out.hidden_gradient, expected.hidden_gradient), 0.02);
  EXPECT_LT(largest_error(gradient, expected.weight_gradient), 0.02);
  EXPECT_NEAR(row_losses(h, w, t).sum().item<double>() / expected.loss, 1, 2e-3);
}

TEST(HeadLoss, AddsToTheWeightGradient) {
  const at::Tensor h = at::randn({5, 4}), w = at::randn({6, 4}), t = at::randint(6, {5}, at::kLong);
  at::Tensor once = at::zeros({6, 4}), twice = at::zeros({6, 4});
  head_loss(h, w, t, 1, once);
  head_loss(h, w, t, 1, twice);
  head_loss(h, w, t, 1, twice);
  EXPECT_TRUE(at::allclose(twice, once * 2));
}

TEST(HeadLoss, ATokenOfVanishingProbabilityKeepsItsLoss) {
  // Logits 0 and 200: p of the target is e^-200, which is 0 in float32; its loss is 200.
  const at::Tensor h = at::zeros({1, 1}) + 1, t = at::zeros({1}, at::kLong);
  at::Tensor w = at::zeros({2, 1}), gradient = at::zeros({2, 1});
  w[1][0] = 200;
  EXPECT_NEAR(head_loss(h, w, t, 1, gradient).loss, 200, 1e-4);
  EXPECT_NEAR(row_losses(h, w, t).item<double>(), 200, 1e-4);
}

}  // namespace
}  // namespace gradus
