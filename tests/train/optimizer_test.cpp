#include "train/optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/error.h"
#include "train/schedule.h"

namespace gradus {
namespace {

/// AdamW of one number, step by step in float64, as written in optimizer.h.
struct NaiveAdamW {
  double theta, m = 0, v = 0;
  void update(double g, double rate, int step, double decay, const Scale& s) {
    m = s.beta1 * m + (1 - s.beta1) * g;
    v = s.beta2 * v + (1 - s.beta2) * g * g;
    const double mean = m / (1 - std::pow(s.beta1, step)), square = v / (1 - std::pow(s.beta2, step));
    theta -= rate * (decay * theta + mean / (std::sqrt(square) + s.epsilon));
  }
};

TEST(Optimizer, EqualsANaiveLoopWithClipAndDecayOnMatricesOnly) {
  Scale scale;
  scale.clip = 0.5;
  std::vector<ModelParameter> parameters{{"vector", at::randn({3}).requires_grad_(true), false},
                                         {"matrix", at::randn({2, 2}).requires_grad_(true), true}};
  std::vector<NaiveAdamW> naive;
  for (const auto& p : parameters)
    for (int64_t i = 0; i < p.tensor.numel(); ++i) naive.push_back({p.tensor.detach().reshape({-1})[i].item<double>()});
  Optimizer optimizer(parameters, scale);
  for (int step = 0; step < 20; ++step) {
    optimizer.zero_gradients();
    at::Tensor loss = (parameters[0].tensor * parameters[0].tensor).sum() + parameters[1].tensor.pow(3).sum();
    loss.backward();
    optimizer.collect_gradients();
    std::vector<double> g;
    double square = 0;
    for (const auto& p : parameters)
      for (int64_t i = 0; i < p.tensor.numel(); ++i) {
        g.push_back(p.tensor.grad().reshape({-1})[i].item<double>());
        square += g.back() * g.back();
      }
    const double norm = optimizer.update(0.05, step);
    EXPECT_NEAR(norm, std::sqrt(square), 1e-5 * norm);
    const double factor = norm > scale.clip ? scale.clip / norm : 1;
    for (size_t i = 0; i < g.size(); ++i)
      naive[i].update(factor * g[i], 0.05, step + 1, i < 3 ? 0 : scale.weight_decay, scale);
    size_t i = 0;
    for (const auto& p : parameters)
      for (int64_t k = 0; k < p.tensor.numel(); ++k, ++i)
        EXPECT_NEAR(p.tensor.detach().reshape({-1})[k].item<double>(), naive[i].theta, 1e-5);
  }
}

TEST(Optimizer, AGradientPutElsewhereComesHome) {
  std::vector<ModelParameter> parameters{{"w", at::randn({3}).requires_grad_(true), false}};
  Optimizer optimizer(parameters, Scale{});
  parameters[0].tensor.mutable_grad() = at::randn({3});
  const at::Tensor gradient = parameters[0].tensor.grad().clone();
  optimizer.collect_gradients();
  EXPECT_TRUE(optimizer.gradients().equal(gradient));
}

TEST(Schedule, WarmsUpAndFallsToItsEnd) {
  Scale s;
  s.tokens = 100 * s.batch_tokens;
  s.learning_rate = 1;
  EXPECT_DOUBLE_EQ(learning_rate(s, 2, 0), 0.2);  // the first of 10 warm-up steps, times 2
  EXPECT_DOUBLE_EQ(learning_rate(s, 1, 9), 1);
  EXPECT_DOUBLE_EQ(learning_rate(s, 1, 10), 1);
  EXPECT_NEAR(learning_rate(s, 1, 55), 0.55, 1e-12);  // half of the cosine: (1 + 0.1) / 2
  EXPECT_NEAR(learning_rate(s, 1, 99), 0.1, 1e-3);
}

TEST(Schedule, EveryEpochSeesEverySampleOnce) {
  const Order order(1001, 10, 7);
  ASSERT_EQ(order.samples(), 100u);
  std::vector<uint64_t> first, second;
  for (uint64_t p = 0; p < 100; ++p)
    first.push_back(order.first_token(p)), second.push_back(order.first_token(100 + p));
  EXPECT_NE(first, second);
  EXPECT_EQ(std::set<uint64_t>(first.begin(), first.end()).size(), 100u);
  EXPECT_EQ(std::set<uint64_t>(second.begin(), second.end()).size(), 100u);
  EXPECT_EQ(*std::max_element(first.begin(), first.end()), 990u);  // and its target, token 1000, is the last
  EXPECT_NE(Order(1001, 10, 8).first_token(0) + Order(1001, 10, 8).first_token(1), first[0] + first[1]);
  EXPECT_THROW(Order(10, 10, 0), Error);
}

TEST(Schedule, PartsCoverEverythingOnce) {
  for (int ranks : {1, 2, 3, 7}) {
    int64_t at = 0;
    for (int r = 0; r < ranks; ++r) {
      EXPECT_EQ(part_of(16, r, ranks).begin, at);
      at = part_of(16, r, ranks).end;
    }
    EXPECT_EQ(at, 16);
  }
}

}  // namespace
}  // namespace gradus
