#include "check/gradient.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_svdvals.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "check/input.h"
#include "design/block.h"

namespace gradus {
namespace {

double rms(const at::Tensor& t) { return std::sqrt(t.detach().to(at::kDouble).pow(2).mean().item<double>()); }

/// (Σ s²)² / Σ s⁴ of the singular values: how many directions carry the output (Gao et al. 2017's participation ratio).
double participation(const at::Tensor& y) {
  const at::Tensor power = at::linalg_svdvals(y.detach().to(at::kDouble)).pow(2);
  return power.sum().pow(2).item<double>() / std::max(power.pow(2).sum().item<double>(), 1e-300);
}

/// "blocks.2.mixer.qkv.weight" → "mixer.qkv.weight"; empty for what is in no block.
std::string within_block(const std::string& name) {
  const size_t dot = name.starts_with("blocks.") ? name.find('.', 7) : std::string::npos;
  return dot == std::string::npos ? "" : name.substr(dot + 1);
}

}  // namespace

at::Tensor random_token_loss(Subject& subject, Mode mode, const at::Tensor& tokens) {
  const int64_t length = tokens.size(1) - 1;
  const at::AutoGradMode grad(mode.grad);
  subject.enter(mode);
  const at::Tensor scores = logits(subject.model(), tokens.narrow(1, 0, length));
  return at::cross_entropy_loss(scores.flatten(0, 1), tokens.narrow(1, 1, length).flatten());
}

GradientResult measure_gradients(Subject& subject, int64_t length) {
  constexpr int kBatches = 3;
  constexpr double kNegligible = 1e-14;   // of the largest: what is below is rounding, or works at 1e-30
  constexpr int64_t kDuplicateSize = 64;  // vectors may share a gradient: two biases added to one stream do
  GradientResult result;
  const auto& parameters = subject.model().parameters();
  const int64_t vocabulary = subject.model().shape().vocabulary;
  std::vector<double> largest_rms(parameters.size(), 0);
  std::vector<std::vector<at::Tensor>> gradients(parameters.size());
  std::map<std::string, at::Tensor> reached;  // by name within a block: sparse parts differ from block to block
  for (int batch = 0; batch < kBatches; ++batch) {
    const auto tokens = random_tokens(2, length + 1, vocabulary, subject.recipe().key + static_cast<uint64_t>(batch));
    const at::AutoGradMode grad(true);
    at::Tensor loss = random_token_loss(subject, {true, true}, tokens);
    if (batch > 0)  // larger values reach what small ones do not: the ends of splines, far keys
      loss =
          loss + subject(natural_input(batch == 1 ? Nature::kLarge : Nature::kNormal, length, subject.width(), batch),
                         {true, true})
                     .pow(2)
                     .mean();
    subject.backward(loss);
    double largest = 0;
    for (const auto& p : parameters)
      if (p.tensor.grad().defined() && p.tensor.numel())
        largest = std::max(largest, p.tensor.grad().abs().max().item<double>());
    for (size_t i = 0; i < parameters.size(); ++i) {
      at::Tensor p = parameters[i].tensor;
      double size = 0;
      if (p.grad().defined()) {
        if (const auto name = within_block(parameters[i].name); !name.empty()) {
          at::Tensor& r = reached[name];
          const at::Tensor now = p.grad().abs().gt(kNegligible * largest);
          r = r.defined() && r.sizes() == now.sizes() ? r.logical_or(now) : now;
        }
        size = at::isfinite(p.grad()).all().item<bool>() ? rms(p.grad()) : std::numeric_limits<double>::infinity();
        if (p.dim() >= 2 && p.numel() >= kDuplicateSize) gradients[i].push_back(p.grad());
        p.mutable_grad().reset();
      }
      largest_rms[i] = std::max(largest_rms[i], size);
    }
  }
  result.smallest = std::numeric_limits<double>::infinity();
  std::map<std::string, double> largest_of;  // over the blocks
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!parameters[i].tensor.numel()) continue;
    const std::string name = within_block(parameters[i].name);
    double& best = largest_of[name.empty() ? parameters[i].name : name];
    best = std::max(best, largest_rms[i]);
    if (!parameters[i].tensor.requires_grad())
      result.frozen.push_back(parameters[i].name);
    else if (std::isinf(largest_rms[i]))
      result.not_finite.push_back(parameters[i].name);
    else
      result.smallest = std::min(result.smallest, largest_rms[i]);
  }
  for (const auto& [name, size] : largest_of)
    if (size == 0) result.dead.push_back(name);
  const double all = static_cast<double>(subject.model().block_parameter_count());
  double most = 0;
  for (const auto& [name, r] : reached) {
    const auto n = static_cast<double>(r.logical_not().sum().item<int64_t>());
    result.unreached_share += n * static_cast<double>(subject.model().shape().n_blocks) / all;
    if (n > most) most = n, result.unreached = name;
  }
  std::map<std::pair<double, int64_t>, size_t> seen;  // gradients are told apart by size first
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (gradients[i].size() != kBatches || largest_rms[i] == 0) continue;
    const auto [first, fresh] = seen.emplace(std::pair(largest_rms[i], parameters[i].tensor.numel()), i);
    if (fresh) continue;
    bool same = true;
    for (int b = 0; b < kBatches && same; ++b) same = at::equal(gradients[i][b], gradients[first->second][b]);
    if (!same) continue;
    result.duplicated.push_back(parameters[first->second].name + " and " + parameters[i].name);
    result.duplicated_share += static_cast<double>(parameters[i].tensor.numel()) / all;
  }
  return result;
}

SlopeResult measure_slopes(Subject& subject, int64_t length) {
  constexpr double kStep = 1e-5, kOpposed = -0.3;
  int64_t most = 0;
  SlopeResult result;
  DesignModel& model = subject.model();
  const at::Tensor x = random_input({1, length, subject.width()}, subject.recipe().key + 61);
  const at::Tensor weight = random_input(x.sizes(), subject.recipe().key + 62);
  subject.enter({true, false});
  // Blocks that do not know their layer are alike.
  const int64_t last = model.builder().depends_on_layer() ? model.shape().n_blocks - 1 : 0;
  const std::set<int64_t> looked_at{0, last};
  const auto all = static_cast<double>(model.block_parameter_count());
  const double copies = static_cast<double>(model.shape().n_blocks) / static_cast<double>(looked_at.size());
  for (int64_t k : looked_at) {
    auto value = [&](const at::Tensor& input) {
      Value carry;
      model.set_step(7);
      {
        const at::NoGradGuard no_grad;
        at::Tensor y = x;
        for (int64_t before = 0; before < k; ++before) y = model.block(before, y, carry);
      }
      return (model.block(k, input, carry) * weight).sum();
    };
    // What keeps state is found by its own check.
    if (relative_difference(value(x).detach(), value(x).detach()) > 1e-12) return {};
    {
      const at::AutoGradMode grad(true);
      const at::Tensor input = x.clone().requires_grad_();
      const at::Tensor sum = value(input);
      if (!sum.requires_grad()) {
        result.input_cut = true;
        return result;
      }
      subject.backward(sum);
      result.input_cut = result.input_cut || !input.grad().defined() || input.grad().eq(0).all().item<bool>();
    }
    for (const auto& parameter : model.parameters()) {
      at::Tensor p = parameter.tensor;
      if (!p.grad().defined()) continue;
      const at::Tensor g = p.grad().clone();
      p.mutable_grad().reset();
      const double size = g.numel() ? g.norm().item<double>() : 0;
      if (!(size > 1e-10)) continue;  // too flat to tell
      const at::NoGradGuard no_grad;
      const at::Tensor before = p.detach().clone();
      auto slope = [&](double length_of_step) {
        const at::Tensor step = g * (length_of_step / size);
        p.add_(step);
        const double above = value(x).item<double>();
        p.sub_(step * 2);
        const double below = value(x).item<double>();
        p.copy_(before);
        return (above - below) / (2 * length_of_step * size);
      };
      const double ratio = slope(kStep);
      if (!(ratio < kOpposed)) continue;
      // Rounding inside a block jumps: what is a slope is the same for a smaller step.
      const double again = slope(kStep / 8);
      if (!(std::abs(again - ratio) < 0.1 * std::abs(ratio))) continue;
      result.opposed_share += static_cast<double>(p.numel()) * copies / all;
      if (p.numel() > most) most = p.numel(), result.name = parameter.name, result.slope = ratio;
    }
  }
  return result;
}

SignalResult measure_signal(Subject& subject, int64_t length) {
  const at::NoGradGuard no_grad;
  SignalResult result;
  DesignModel& model = subject.model();
  at::Tensor x = random_input({1, length, subject.width()}, subject.recipe().key + 21);
  result.input_rank = participation(x[0]);
  const at::Tensor input = x;
  Value carry;
  subject.enter({});
  for (int64_t k = 0; k < model.shape().n_blocks; ++k) {
    const double before = rms(x);
    x = model.block(k, x, carry);
    result.growth.push_back(rms(x) / std::max(before, 1e-300));
    if (k == 0) result.first_rank = at::isfinite(x).all().item<bool>() ? participation(x[0]) : 0;
  }
  result.rank = at::isfinite(x).all().item<bool>() ? participation(x[0]) : 0;
  const at::Tensor other = subject(random_input({1, length, subject.width()}, subject.recipe().key + 22), {});
  result.ignores_input = relative_difference(other, x) < 1e-12;
  const at::Tensor rest =
      at::cat({input.narrow(1, 0, 1), random_input({1, length - 1, subject.width()}, subject.recipe().key + 23)}, 1);
  result.ignores_past = relative_difference(subject(rest, {}), x) < 1e-12;
  subject.set_quiet(false);
  const at::Tensor one = subject(input, {true, false}, 1), two = subject(input, {true, false}, 2);
  subject.set_quiet(true);
  result.noise = rms(one - two) / std::max(1.4142135623730951 * rms(one), 1e-300);
  return result;
}

}  // namespace gradus
