// The GPT2 seed, run by the interpreter, against loops written by hand: forward, loss and every gradient in float64.
#include "gpt2_naive.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "base/rng.h"
#include "design/fit.h"

namespace gradus {
namespace {

constexpr double kTolerance = 1e-10;

naive::Array values(const at::Tensor& t) {
  const at::Tensor flat = t.detach().contiguous();
  return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

double largest(const naive::Array& v) {
  double out = 0;
  for (double x : v) out = std::max(out, std::fabs(x));
  return out;
}

double largest_difference(const naive::Array& a, const naive::Array& b) {
  if (a.size() != b.size()) return INFINITY;
  double out = 0;
  for (size_t i = 0; i < a.size(); ++i) out = std::max(out, std::fabs(a[i] - b[i]));
  return out;
}

class Gpt2Naive : public testing::TestWithParam<naive::Shape> {};

TEST_P(Gpt2Naive, ForwardLossAndEveryGradient) {
  const naive::Shape n = GetParam();
  const Shape shape{int64_t(n.C), int64_t(n.n_blocks), int64_t(n.V), int64_t(n.T)};
  ModelOptions options;
  options.seed = 7;
  options.dtype = at::kDouble;
  DesignModel model(gpt2_seed(), UnitStore(), shape, 1, options);

  // Weights as far from their initial values (norms of one, small embeddings) as training takes them.
  Stream noise("gpt2 naive test", {});
  naive::Parameters parameters;
  for (const ModelParameter& p : model.parameters()) {
    const at::NoGradGuard no_grad;
    double* data = p.tensor.mutable_data_ptr<double>();
    for (int64_t i = 0; i < p.tensor.numel(); ++i) data[i] += 0.2 * noise.next_normal();
    parameters[p.name] = values(p.tensor);
  }
  std::vector<int64_t> tokens(n.B * n.T), targets(n.B * n.T);
  for (int64_t& t : tokens) t = int64_t(noise.next_below(n.V));
  for (int64_t& t : targets) t = int64_t(noise.next_below(n.V));

  const naive::Result want = naive::run(parameters, n, tokens, targets);
  const at::Tensor out = logits(model, at::tensor(tokens, at::kLong).view({int64_t(n.B), int64_t(n.T)}));
  const at::Tensor loss = at::cross_entropy_loss(out.reshape({-1, shape.vocabulary}), at::tensor(targets, at::kLong));
  loss.backward();

  EXPECT_LE(largest_difference(values(out), want.logits), kTolerance * largest(want.logits));
  EXPECT_NEAR(loss.item<double>(), want.loss, kTolerance);
  ASSERT_EQ(model.parameters().size(), want.gradients.size());
  for (const ModelParameter& p : model.parameters()) {
    const naive::Array& gradient = want.gradients.at(p.name);
    ASSERT_TRUE(p.tensor.grad().defined()) << p.name;
    EXPECT_GT(largest(gradient), 0) << p.name;
    EXPECT_LE(largest_difference(values(p.tensor.grad()), gradient), kTolerance * std::max(1.0, largest(gradient)))
        << p.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Gpt2Naive,
                         testing::Values(naive::Shape{2, 5, 16, 8, 13, 2}, naive::Shape{1, 9, 32, 8, 7, 3},
                                         naive::Shape{3, 1, 16, 8, 5, 1}));

// The loops themselves, so that the oracle is not wrong in the same way: central differences of their loss.
TEST(Gpt2NaiveLoops, GradientsAreDifferenceQuotients) {
  const naive::Shape n{1, 4, 16, 8, 5, 1};
  Stream noise("gpt2 naive loops", {});
  naive::Parameters p;
  const std::map<std::string, size_t> sizes = {{"embedding.weight", n.V * n.C},
                                               {"norm.weight", n.C},
                                               {"blocks.0.norm_1.weight", n.C},
                                               {"blocks.0.norm_2.weight", n.C},
                                               {"blocks.0.mixer.qkv.weight", 3 * n.C * n.C},
                                               {"blocks.0.mixer.qkv.bias", 3 * n.C},
                                               {"blocks.0.mixer.out.weight", n.C * n.C},
                                               {"blocks.0.mixer.out.bias", n.C},
                                               {"blocks.0.mlp.up.weight", 2 * 8 * n.C},
                                               {"blocks.0.mlp.down.weight", 8 * n.C}};
  for (const auto& [name, size] : sizes)
    for (size_t i = 0; i < size; ++i) p[name].push_back(0.4 * noise.next_normal());
  const std::vector<int64_t> tokens{1, 0, 4, 1}, targets{2, 2, 0, 3};
  const naive::Result at = naive::run(p, n, tokens, targets);
  for (const auto& [name, size] : sizes) {
    for (int trial = 0; trial < 6; ++trial) {
      const size_t i = noise.next_below(size);
      naive::Parameters up = p, down = p;
      up[name][i] += 1e-5;
      down[name][i] -= 1e-5;
      const double quotient =
          (naive::run(up, n, tokens, targets).loss - naive::run(down, n, tokens, targets).loss) / 2e-5;
      EXPECT_NEAR(at.gradients.at(name)[i], quotient, 1e-8) << name << "[" << i << "]";
    }
  }
}

}  // namespace
}  // namespace gradus
