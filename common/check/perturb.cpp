#include "check/perturb.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/max.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>

#include <cmath>
#include <limits>

#include "base/rng.h"

namespace gradus {
namespace {

at::Generator generator(std::string_view name, uint64_t key) {
  return at::detail::createCPUGenerator(stream_key(name, {key}));
}

}  // namespace

void perturb_parameters(LanguageModel& model, uint64_t key) {
  at::NoGradGuard no_grad;
  uint64_t number = 0;
  for (const auto& parameter : model.parameters()) {
    at::Tensor p = parameter.tensor;
    if (p.numel() == 0) continue;
    double rms = std::sqrt(p.to(at::kDouble).pow(2).mean().item<double>());
    auto noise = at::randn(p.sizes(), generator("perturb", key + 1'000'003 * ++number), at::dtype(at::kDouble));
    p.add_(noise.to(p.scalar_type()), 0.02 + 0.1 * rms);
  }
}

at::Tensor random_input(at::IntArrayRef shape, uint64_t key, at::ScalarType dtype) {
  return at::randn(shape, generator("input", key), at::dtype(at::kDouble)).to(dtype);
}

at::Tensor random_tokens(int64_t batch, int64_t length, int64_t vocabulary, uint64_t key) {
  return at::randint(0, vocabulary, {batch, length}, generator("tokens", key), at::dtype(at::kLong));
}

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.numel() == 0) return 0;
  if (!at::isfinite(a).all().item<bool>() || !at::isfinite(b).all().item<bool>())
    return std::numeric_limits<double>::infinity();
  double scale = b.abs().max().item<double>();
  return (a - b).abs().max().item<double>() / std::max(scale, 1e-30);
}

}  // namespace gradus
