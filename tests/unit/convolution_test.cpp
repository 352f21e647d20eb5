// Depthwise convolutions of our own beside ATen's: outputs and gradients of first and second order.
#include "unit/tensor/convolution.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/conv1d.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

namespace gradus {
namespace {

struct Case {
  int64_t B, C, T, K, padding;
  bool biased, transposed;
  at::ScalarType type;
};

at::Tensor leaf(at::IntArrayRef sizes, at::ScalarType type) { return at::randn(sizes, type).requires_grad_(true); }

c10::Stack stack_of(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b, int64_t padding, int64_t groups,
                    int64_t stride = 1) {
  c10::Stack stack{x, w, b.defined() ? c10::IValue(b) : c10::IValue()};
  stack.emplace_back(std::vector<int64_t>{stride});
  stack.emplace_back(std::vector<int64_t>{padding});
  stack.emplace_back(std::vector<int64_t>{1});
  stack.emplace_back(groups);
  return stack;
}

void expect_near(const at::Tensor& a, const at::Tensor& b, double tolerance) {
  ASSERT_EQ(a.sizes(), b.sizes());
  EXPECT_LE((a - b).abs().max().item<double>(), tolerance * std::max(1.0, b.abs().max().item<double>()));
}

class Convolution : public testing::TestWithParam<Case> {};

TEST_P(Convolution, EqualsAtens) {
  const Case c = GetParam();
  const double tolerance = c.type == at::kDouble ? 1e-13 : 2e-6;
  const at::Tensor x = leaf(c.transposed ? at::IntArrayRef{c.B, c.T, c.C} : at::IntArrayRef{c.B, c.C, c.T}, c.type);
  const at::Tensor w = leaf({c.C, 1, c.K}, c.type), b = c.biased ? leaf({c.C}, c.type) : at::Tensor();
  std::vector<at::Tensor> leaves = c.biased ? std::vector{x, w, b} : std::vector{x, w};
  const at::Tensor in = c.transposed ? x.transpose(1, 2) : x;
  c10::Stack stack = stack_of(in, w, b, c.padding, c.C);
  ASSERT_TRUE(depthwise_convolution(stack));
  const at::Tensor ours = stack.back().toTensor(), theirs = at::conv1d(in, w, b, 1, c.padding, 1, c.C);
  expect_near(ours, theirs, tolerance);
  const at::Tensor weight = at::randn_like(theirs);
  const auto gradients = [&](const at::Tensor& y) {
    auto first = torch::autograd::grad({(y.square() * weight).sum()}, leaves, {}, true, true);
    at::Tensor norm = at::zeros({}, c.type);
    for (const at::Tensor& g : first) norm = norm + g.square().sum();
    auto second = torch::autograd::grad({norm}, leaves, {}, true, false);
    auto plain = torch::autograd::grad({(y.square() * weight).sum()}, leaves, {}, true, false);
    first.insert(first.end(), second.begin(), second.end());
    first.insert(first.end(), plain.begin(), plain.end());
    return first;
  };
  const auto a = gradients(ours), d = gradients(theirs);
  for (size_t i = 0; i < a.size(); ++i) expect_near(a[i], d[i], 20 * tolerance);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Convolution,
    testing::Values(Case{2, 5, 40, 4, 0, true, true, at::kDouble}, Case{1, 3, 4, 4, 0, false, false, at::kDouble},
                    Case{3, 7, 1, 4, 3, true, false, at::kDouble}, Case{2, 4, 67, 3, 2, true, false, at::kFloat},
                    Case{2, 6, 33, 16, 15, false, true, at::kFloat}, Case{1, 2, 9, 1, 0, true, false, at::kDouble},
                    Case{2, 3, 5, 2, 7, true, true, at::kDouble}));

TEST(DepthwiseConvolution, LeavesTheRestToAten) {
  const at::Tensor x = at::randn({1, 4, 9}), w = at::randn({4, 1, 3});
  for (c10::Stack stack :
       {stack_of(x, at::randn({4, 4, 3}), {}, 0, 1), stack_of(x, w, {}, 0, 4, 2),
        stack_of(x, at::randn({4, 1, 17}), {}, 20, 4), stack_of(x, at::randn({8, 1, 3}), {}, 0, 4),
        stack_of(x, w.to(at::kDouble), {}, 0, 4), stack_of(x[0], w, {}, 0, 4),
        stack_of(x.to(at::kBFloat16), w.to(at::kBFloat16), {}, 0, 4), stack_of(x, at::randn({4, 1, 12}), {}, 1, 4)})
    EXPECT_FALSE(depthwise_convolution(stack));
}

}  // namespace
}  // namespace gradus
