#include "check/causality.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <limits>

#include "base/rng.h"
#include "check/perturb.h"

namespace gradus {
namespace {

/// (1, T, D): what stands in place of positions ≥ cut. Only kPermuted depends on the cut.
at::Tensor replacement(Future future, const at::Tensor& x, int64_t cut, uint64_t key) {
  switch (future) {
    case Future::kFresh:
      return random_input(x.sizes(), key + 1);
    case Future::kLarge:
      return 100 * random_input(x.sizes(), key + 2);
    case Future::kZeros:
      return at::zeros_like(x);
    case Future::kNearDuplicate:
      return x + 0.05 * random_input(x.sizes(), key + 3);
    case Future::kPermuted: {
      auto generator = at::detail::createCPUGenerator(stream_key("permuted", {key, static_cast<uint64_t>(cut)}));
      int64_t length = x.size(1);
      auto order = at::randperm(length - cut, generator, at::dtype(at::kLong)) + cut;
      return x.index_select(1, at::cat({at::arange(cut), order}));
    }
  }
  return x;
}

/// Largest change of `changed` against `original`, (T, D) each, before `cut`.
void compare_before(const at::Tensor& changed, const at::Tensor& original, int64_t cut, double scale,
                    const std::string& how, Leak& worst) {
  auto difference = (changed.narrow(0, 0, cut) - original.narrow(0, 0, cut)).abs().amax(1);
  auto [value, position] = difference.max(0);
  double size = value.item<double>() / scale;
  if (!(size <= std::numeric_limits<double>::max())) size = std::numeric_limits<double>::infinity();
  if (size > worst.size) worst = {size, cut, position.item<int64_t>(), how};
}

double scale_of(const at::Tensor& y) {
  double largest = y.abs().max().item<double>();
  return std::max(largest, 1e-30);
}

/// All cuts of one kind of future at once, a batch row each.
void try_all_cuts(const SequenceFunction& f, const at::Tensor& x, const at::Tensor& original, Future future,
                  const CausalityPlan& plan, Leak& worst) {
  int64_t length = x.size(1), d = x.size(2);
  std::vector<at::Tensor> rows;
  for (int64_t cut = 1; cut < length; ++cut) {
    auto other = replacement(future, x, cut, plan.key);
    rows.push_back(at::cat({x.narrow(1, 0, cut), other.narrow(1, cut, length - cut)}, 1).view({length, d}));
  }
  auto y = f(at::stack(rows));
  double scale = scale_of(original);
  for (int64_t cut = 1; cut < length; ++cut)
    compare_before(y[cut - 1], original[cut - 1], cut, scale, std::string("future ") + to_string(future), worst);
}

void try_single_rows(const SequenceFunction& f, const at::Tensor& x, const CausalityPlan& plan, Leak& worst) {
  int64_t length = x.size(1);
  auto alone = f(x)[0];
  double scale = scale_of(alone);
  for (int64_t cut : plan.single_cuts) {
    if (cut >= length) continue;
    auto other = replacement(Future::kFresh, x, cut, plan.key + 17);
    auto y = f(at::cat({x.narrow(1, 0, cut), other.narrow(1, cut, length - cut)}, 1))[0];
    compare_before(y, alone, cut, scale, "future fresh at B = 1", worst);
  }
  for (int64_t prefix : plan.prefixes) {
    if (prefix >= length) continue;
    auto y = f(x.narrow(1, 0, prefix).contiguous())[0];
    compare_before(y, alone, prefix, scale,
                   "length " + std::to_string(prefix) + " instead of " + std::to_string(length), worst);
  }
}

}  // namespace

const char* to_string(Future future) {
  switch (future) {
    case Future::kFresh:
      return "fresh";
    case Future::kLarge:
      return "x100";
    case Future::kZeros:
      return "zeros";
    case Future::kPermuted:
      return "permuted";
    case Future::kNearDuplicate:
      return "near-duplicate";
  }
  return "?";
}

CausalityPlan fast_plan(uint64_t design_hash, double tolerance) {
  CausalityPlan plan;
  constexpr Future kThird[] = {Future::kZeros, Future::kPermuted, Future::kNearDuplicate};
  plan.futures.push_back(kThird[design_hash % 3]);
  plan.tolerance = tolerance;
  plan.key = design_hash;
  return plan;
}

Leak measure_leak(const SequenceFunction& f, int64_t d_model, const CausalityPlan& plan) {
  at::NoGradGuard no_grad;
  Leak worst;
  auto x = random_input({1, plan.length, d_model}, plan.key);
  // The unchanged rows run in a batch of the same size: rounding may depend on the shape, leaks do not.
  auto original = f(x.expand({plan.length - 1, -1, -1}).contiguous());
  if (!at::isfinite(original).all().item<bool>())
    return {std::numeric_limits<double>::infinity(), 0, 0, "the output is not finite on N(0, 1) inputs"};
  for (Future future : plan.futures) try_all_cuts(f, x, original, future, plan, worst);
  try_single_rows(f, x, plan, worst);
  return worst;
}

Leak measure_token_leak(const SequenceFunction& f, int64_t d_model, const CausalityPlan& plan) {
  at::NoGradGuard no_grad;
  Leak worst;
  auto x = random_input({1, plan.length, d_model}, plan.key);
  auto fresh = random_input({1, plan.length, d_model}, plan.key + 5);
  auto original = f(x)[0];
  double scale = scale_of(original);
  for (int64_t position : {int64_t{0}, plan.length / 3, plan.length - 1}) {
    auto changed = fresh.clone();
    changed.select(1, position).copy_(x.select(1, position));
    auto y = f(changed)[0];
    double size = (y[position] - original[position]).abs().max().item<double>() / scale;
    if (!(size <= worst.size)) worst = {size, position, position, "all other positions changed"};
  }
  return worst;
}

}  // namespace gradus
