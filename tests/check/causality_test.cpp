#include "check/causality.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/logcumsumexp.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include "check/batch.h"
#include "check/perturb.h"

namespace gradus {
namespace {

constexpr int64_t kWidth = 8;
constexpr double kTolerance = 1e-9;

double leak(const SequenceFunction& f) {
  double largest = 0;  // every rotation of the third kind of future
  for (uint64_t hash : {0u, 1u, 2u})
    largest = std::max(largest, measure_leak(f, kWidth, fast_plan(hash, kTolerance)).size);
  return largest;
}

at::Tensor shifted(const at::Tensor& x) {  // x_{t-1}, 0 at t = 0
  return at::cat({at::zeros_like(x.narrow(1, 0, 1)), x.narrow(1, 0, x.size(1) - 1)}, 1);
}

TEST(Causality, HonestFunctionsAreBelowTheTolerance) {
  EXPECT_LE(leak([](const at::Tensor& x) { return x.clone(); }), kTolerance);
  EXPECT_LE(leak([](const at::Tensor& x) { return at::cumsum(x, 1); }), kTolerance);
  EXPECT_LE(leak([](const at::Tensor& x) { return x + at::sigmoid(shifted(x)); }), kTolerance);
  EXPECT_LE(leak([](const at::Tensor& x) { return at::logcumsumexp(x, 1); }), kTolerance);
}

TEST(Causality, FindsLeaksOfStrengthOneThousandth) {
  auto weak = [](const at::Tensor& x, const at::Tensor& cheat) { return x + 1e-3 * cheat; };
  EXPECT_GT(leak([&](const at::Tensor& x) { return weak(x, x.mean(1, true)); }), kTolerance);
  EXPECT_GT(leak([&](const at::Tensor& x) { return weak(x, x.pow(2).mean(1, true)); }), kTolerance)
      << "an even function";
  EXPECT_GT(leak([&](const at::Tensor& x) { return weak(x, std::get<0>(x.abs().max(1, true))); }), kTolerance);
  EXPECT_GT(leak([&](const at::Tensor& x) { return weak(x, x.flip({1})); }), kTolerance);
  EXPECT_GT(leak([&](const at::Tensor& x) { return weak(x, std::get<0>(x.sort(1))); }), kTolerance);
}

TEST(Causality, FindsALeakIntoOnePosition) {
  EXPECT_GT(leak([](const at::Tensor& x) {
              auto y = x.clone();
              if (x.size(1) > 41) y.select(1, 40).add_(x.select(1, 41), 1e-3);
              return y;
            }),
            kTolerance);
}

TEST(Causality, FindsDependenceOnTheLength) {
  EXPECT_GT(leak([](const at::Tensor& x) { return x / static_cast<double>(x.size(1)); }), kTolerance);
}

TEST(Causality, FindsLeaksOnlyAtBatchOne) {
  EXPECT_GT(leak([](const at::Tensor& x) { return x.size(0) == 1 ? x + x.mean(1, true) : x.clone(); }), kTolerance);
}

TEST(Causality, NamesTheCutAndThePosition) {
  auto f = [](const at::Tensor& x) {
    auto y = x.clone();
    if (x.size(1) > 30) y.select(1, 20).add_(x.select(1, 30));
    return y;
  };
  Leak found = measure_leak(f, kWidth, fast_plan(0, kTolerance));
  EXPECT_EQ(found.position, 20);
  EXPECT_GT(found.cut, 20);
  EXPECT_LE(found.cut, 30);
}

TEST(Causality, NotFiniteIsALeak) {
  EXPECT_GT(leak([](const at::Tensor& x) { return x / at::zeros_like(x); }), kTolerance);
}

TEST(Causality, ATokenFunctionSeesNoNeighbour) {
  auto plan = fast_plan(0, kTolerance);
  EXPECT_LE(measure_token_leak([](const at::Tensor& x) { return at::sigmoid(x); }, kWidth, plan).size, kTolerance);
  EXPECT_GT(measure_token_leak([](const at::Tensor& x) { return x + 1e-3 * shifted(x); }, kWidth, plan).size,
            kTolerance);
}

TEST(Batch, HonestRowsAreIndependent) {
  auto found = measure_batch([](const at::Tensor& x) { return at::cumsum(x, 1); }, kWidth, 16, 1);
  EXPECT_LE(std::max({found.neighbours, found.order, found.alone, found.repeat}), kTolerance);
}

TEST(Batch, FindsBatchStatisticsOrderAndState) {
  auto mean = measure_batch([](const at::Tensor& x) { return x - 1e-3 * x.mean(0, true); }, kWidth, 16, 1);
  EXPECT_GT(mean.neighbours, kTolerance);
  EXPECT_GT(mean.alone, kTolerance);
  auto order = measure_batch([](const at::Tensor& x) { return x + 1e-3 * x.narrow(0, 0, 1); }, kWidth, 16, 1);
  EXPECT_GT(order.order, kTolerance);
  double calls = 0;
  auto state = measure_batch([&](const at::Tensor& x) { return x + 1e-6 * ++calls; }, kWidth, 16, 1);
  EXPECT_GT(state.repeat, kTolerance);
}

TEST(Perturb, DifferenceIsRelativeAndCatchesNotFinite) {
  auto x = random_input({3, 4}, 1);
  EXPECT_EQ(relative_difference(x, x), 0);
  EXPECT_NEAR(relative_difference(x * 1.001, x), 1e-3, 1e-6);
  EXPECT_TRUE(std::isinf(relative_difference(x / at::zeros_like(x), x)));
}

}  // namespace
}  // namespace gradus
