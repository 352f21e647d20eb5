#include "check/growth.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "check/input.h"
#include "unit/tensor/counts.h"

namespace gradus {
namespace {

CostPoint count(Subject& subject, const at::Tensor& x) {
  const at::NoGradGuard no_grad;
  const Counter counter(subject.model().interpreter());
  subject(x, {});
  const Cost& c = counter.total();
  return {x.size(1), c.flops, c.bytes, static_cast<double>(counter.memory().peak()), c.calls};
}

}  // namespace

CostPoint cost_at(Subject& subject, int64_t length) {
  return count(subject, random_input({1, length, subject.width()}, subject.recipe().key + 41));
}

Exponent exponent_of(double quarter, double half, double whole) {
  const double last = std::log2(std::max(whole, 1.0) / std::max(half, 1.0));
  return {last, std::abs(last - std::log2(std::max(half, 1.0) / std::max(quarter, 1.0)))};
}

double cost_spread(Subject& subject, int64_t length) {
  const uint64_t key = subject.recipe().key + 43;
  double least = INFINITY, most = 0, fewest = INFINITY, calls = 0;
  std::vector<at::Tensor> inputs;
  for (Nature nature : kNatures) inputs.push_back(natural_input(nature, length, subject.width(), key));
  inputs.push_back(at::zeros({1, length, subject.width()}, at::dtype(at::kDouble)));
  for (const at::Tensor& x : inputs) {
    const CostPoint c = count(subject, x);
    least = std::min(least, c.flops), most = std::max(most, c.flops);
    fewest = std::min(fewest, static_cast<double>(c.calls)), calls = std::max(calls, static_cast<double>(c.calls));
  }
  return std::max(most / std::max(least, 1.0), calls / std::max(fewest, 1.0));
}

double step_seconds(Subject& subject, int64_t batch, int64_t length) {
  const at::Tensor x = random_input({batch, length, subject.width()}, subject.recipe().key + 47);
  double best = INFINITY;
  for (int i = 0; i < 2; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const at::AutoGradMode grad(true);
    subject.backward(subject(x, {true, true}).pow(2).mean());
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    for (const auto& p : subject.model().parameters()) {
      at::Tensor t = p.tensor;
      t.mutable_grad().reset();
    }
  }
  return best;
}

int64_t state_rank(Subject& subject, int64_t past, int64_t future) {
  const int64_t width = subject.width(), length = past + future;
  const at::Tensor one = random_input({1, length, width}, subject.recipe().key + 53);
  // One row of the batch a direction of the outputs after the cut: its gradient is a row of the Jacobian's projection.
  const int64_t rows = std::min(past * width, future * width);
  const at::Tensor directions = random_input({rows, future, width}, subject.recipe().key + 54);
  const at::AutoGradMode grad(true);
  const at::Tensor x = one.expand({rows, -1, -1}).contiguous().requires_grad_();
  Value carry;
  subject.enter({});
  const at::Tensor y = subject.model().block(0, x, carry);
  subject.backward((y.narrow(1, past, future) * directions).sum());
  for (const auto& p : subject.model().parameters()) {
    at::Tensor t = p.tensor;
    t.mutable_grad().reset();
  }
  const at::Tensor jacobian = x.grad().narrow(1, 0, past).flatten(1);
  const at::Tensor powers = at::linalg_eigvalsh(at::matmul(jacobian, jacobian.t()));  // squares of singular values
  const double largest = powers.max().item<double>();
  return powers.gt(1e-13 * std::max(largest, 1e-300)).sum().item<int64_t>();
}

}  // namespace gradus
