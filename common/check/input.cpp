#include "check/input.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/max.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <limits>
#include <vector>

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

void scramble_parameters(LanguageModel& model, uint64_t key) {
  at::NoGradGuard no_grad;
  uint64_t number = 0;
  for (const auto& parameter : model.parameters()) {
    at::Tensor p = parameter.tensor;
    if (p.numel() == 0) continue;
    const double rms = std::sqrt(p.to(at::kDouble).pow(2).mean().item<double>());
    const at::Generator draws = generator("scramble", key + 1'000'003 * ++number);
    if (p.dim() >= 2) {
      p.add_(at::randn(p.sizes(), draws, at::dtype(at::kDouble)).to(p.scalar_type()), 0.02 + 0.5 * rms);
      continue;
    }
    const at::Tensor sign = at::rand(p.sizes(), draws, at::dtype(at::kDouble)).lt(0.5).to(at::kDouble) * 2 - 1;
    const at::Tensor size = at::rand(p.sizes(), draws, at::dtype(at::kDouble)) * 1.5 + 0.5;
    p.mul_((sign * size).to(p.scalar_type()));
    p.add_(at::randn(p.sizes(), draws, at::dtype(at::kDouble)).to(p.scalar_type()), 0.1);
  }
}

at::Tensor random_input(at::IntArrayRef shape, uint64_t key, at::ScalarType dtype) {
  return at::randn(shape, generator("input", key), at::dtype(at::kDouble)).to(dtype);
}

at::Tensor random_tokens(int64_t batch, int64_t length, int64_t vocabulary, uint64_t key) {
  return at::randint(0, vocabulary, {batch, length}, generator("tokens", key), at::dtype(at::kLong));
}

const char* to_string(Nature nature) {
  switch (nature) {
    case Nature::kNormal:
      return "N(0, 1)";
    case Nature::kLarge:
      return "x30";
    case Nature::kSmall:
      return "x0.02";
    case Nature::kHeld:
      return "held runs";
    case Nature::kTokens:
      return "repeated tokens";
    case Nature::kSpikes:
      return "spikes";
  }
  return "?";
}

/// x with one channel of each position, drawn, far above the others.
at::Tensor with_spikes(const at::Tensor& x, uint64_t key) {
  const at::Tensor channel = random_tokens(x.size(0), x.size(1), x.size(2), key).unsqueeze(-1);
  return x.scatter(2, channel, 20 * x.gather(2, channel) + 10);
}

at::Tensor natural_input(Nature nature, int64_t length, int64_t width, uint64_t key) {
  const at::Tensor x = random_input({1, length, width}, key);
  switch (nature) {
    case Nature::kNormal:
      return x;
    case Nature::kLarge:
      return 30 * x;
    case Nature::kSmall:
      return 0.02 * x;
    case Nature::kSpikes:
      return with_spikes(x, key + 3);
    case Nature::kHeld: {
      // Each position keeps the token before it with probability 0.6.
      const at::Tensor keep = at::rand({length}, generator("held", key), at::dtype(at::kDouble));
      std::vector<at::Tensor> rows;
      for (int64_t t = 0; t < length; ++t)
        rows.push_back(t && keep[t].item<double>() < 0.6 ? rows.back() : x.select(1, t));
      return at::stack(rows, 1) + 0.05 * random_input({1, length, width}, key + 1);
    }
    case Nature::kTokens: {
      const at::Tensor ids = random_tokens(1, length, 6, key);
      return x.narrow(1, 0, 1).expand({1, 6, width}).add(random_input({1, 6, width}, key + 2)).index_select(1, ids[0]);
    }
  }
  return x;
}

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
    case Future::kHeld:
      return "held";
    case Future::kSpikes:
      return "spikes";
  }
  return "?";
}

at::Tensor with_future(const at::Tensor& x, Nature nature, int64_t cut, Future future, uint64_t key) {
  const int64_t length = x.size(1), rest = length - cut;
  const at::Tensor past = x.narrow(1, 0, cut), old = x.narrow(1, cut, rest);
  auto fresh = [&] {
    if (nature == Nature::kTokens) {  // other tokens of the same few
      const auto order = random_tokens(1, rest, length, key + 1);
      return x.index_select(1, order[0]);
    }
    const double size = nature == Nature::kLarge ? 30 : nature == Nature::kSmall ? 0.02 : 1;
    return size * random_input({1, rest, x.size(2)}, key + 1);
  };
  auto replaced = [&]() -> at::Tensor {
    switch (future) {
      case Future::kFresh:
        return fresh();
      case Future::kLarge:
        return 100 * fresh();
      case Future::kZeros:
        return at::zeros_like(old);
      case Future::kSpikes:
        return with_spikes(fresh(), key + 4);
      case Future::kNearDuplicate:
        return old * (1 + 0.05 * random_input(old.sizes(), key + 3));
      case Future::kHeld:
        return cut ? x.narrow(1, cut - 1, 1).expand_as(old) : fresh();
      case Future::kPermuted: {
        if (rest < 2) return fresh();
        return old.roll({1 + static_cast<int64_t>(key % static_cast<uint64_t>(rest - 1))}, {1});
      }
    }
    return old;
  };
  return at::cat({past, replaced()}, 1);
}

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.numel() == 0) return 0;
  if (!at::isfinite(a).all().item<bool>() || !at::isfinite(b).all().item<bool>())
    return std::numeric_limits<double>::infinity();
  double scale = b.abs().max().item<double>();
  return (a - b).abs().max().item<double>() / std::max(scale, 1e-30);
}

}  // namespace gradus
