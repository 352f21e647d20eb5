#include "check/causality.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/nan_to_num.h>
#include <ATen/ops/ne.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/rng.h"

namespace gradus {
namespace {

constexpr int64_t kTokensACall = 8192;
constexpr double kLargeFactor = 1000;  // what a tolerance grows by under futures ×100
constexpr double kInfinite = std::numeric_limits<double>::infinity();

/// How far `changed` is from `original` before `cut`, both (T, C) or longer.
Leak difference_before(const at::Tensor& changed, const at::Tensor& original, int64_t cut, double tolerance,
                       double least_scale = 1e-30) {
  Leak leak;
  const at::Tensor a = changed.detach().narrow(0, 0, cut).to(at::kDouble),
                   b = original.detach().narrow(0, 0, cut).to(at::kDouble);
  const at::Tensor finite = at::isfinite(b);
  const at::Tensor lost = finite.logical_and(at::isfinite(a).logical_not());
  const double scale = std::max(at::nan_to_num(b, 0.0, 0.0, 0.0).abs().max().item<double>(), least_scale);
  const at::Tensor by_position =
      at::nan_to_num((a - b).mul(finite), 0.0, 0.0, 0.0).abs().flatten(1).amax(1);  // inf − inf is no difference
  const auto [value, position] = by_position.max(0);
  leak.size = value.item<double>() / scale;
  leak.position = position.item<int64_t>();
  leak.cut = cut;
  if (leak.size <= tolerance && lost.any().item<bool>()) {
    leak.size = kInfinite;
    leak.position = lost.flatten(1).any(1).to(at::kLong).argmax(0).item<int64_t>();
    leak.overflow = true;
  }
  leak.severity = leak.size / tolerance;
  return leak;
}

/// Already the unchanged input gives no finite output.
Leak not_finite(const std::string& how, const at::Tensor& x, Mode mode, bool overflow = false) {
  Leak leak;
  leak.size = leak.severity = kInfinite;
  leak.how = how;
  leak.one = x;
  leak.mode = mode;
  leak.overflow = overflow;
  return leak;
}

/// Rows of one length through the model, as many at once as kTokensACall allows; (R, T, C).
at::Tensor run_rows(Subject& subject, const std::vector<at::Tensor>& rows, Mode mode, bool alone) {
  const int64_t at_once = alone ? 1 : std::max<int64_t>(2, kTokensACall / rows.front().size(1));
  std::vector<at::Tensor> out;
  for (size_t begin = 0; begin < rows.size(); begin += static_cast<size_t>(at_once)) {
    const size_t end = std::min(rows.size(), begin + static_cast<size_t>(at_once));
    out.push_back(subject(at::cat(std::vector<at::Tensor>(rows.begin() + begin, rows.begin() + end)), mode).detach());
  }
  return at::cat(out);
}

}  // namespace

std::vector<int64_t> all_cuts(int64_t length) {
  std::vector<int64_t> cuts;
  for (int64_t c = 1; c < length; ++c) cuts.push_back(c);
  return cuts;
}

std::vector<int64_t> edge_cuts(int64_t length, const std::set<int64_t>& literals, size_t most, uint64_t key) {
  std::vector<int64_t> wanted;  // the most telling first
  std::set<int64_t> seen;
  auto add = [&](int64_t c) {
    if (c >= 1 && c < length && seen.insert(c).second) wanted.push_back(c);
  };
  const Stream stream("cuts", {key, static_cast<uint64_t>(length)});
  uint64_t n = 0;
  auto draw = [&](int64_t below) { return static_cast<int64_t>(stream.uniform(n++) * static_cast<double>(below)); };
  add(length - 1), add(length / 2), add(1 + draw(length - 1));
  std::vector<int64_t> widths(literals.begin(), literals.end());
  for (int64_t w = 4; w < length; w *= 2) widths.push_back(w);
  for (size_t i = widths.size(); i > 1; --i)
    std::swap(widths[i - 1], widths[static_cast<size_t>(draw(static_cast<int64_t>(i)))]);
  for (int64_t w : widths) {
    if (w < 1 || w >= length) continue;
    const int64_t edge = w * (1 + draw((length - 1) / w));
    add(w), add(edge), add(edge + 1), add(edge - 1), add(1 + draw(length - 1));
  }
  while (wanted.size() < std::min(most, static_cast<size_t>(length - 1))) add(1 + draw(length - 1));
  if (wanted.size() > most) wanted.resize(most);
  std::sort(wanted.begin(), wanted.end());
  return wanted;
}

Leak try_cuts(Subject& subject, const CutPass& pass, uint64_t key) {
  const at::Tensor x = natural_input(pass.nature, pass.length, subject.width(), key);
  std::vector<at::Tensor> rows{x};
  std::vector<Future> futures;
  for (size_t i = 0; i < pass.cuts.size(); ++i) {
    futures.push_back(pass.futures[(i + static_cast<size_t>(key)) % pass.futures.size()]);
    rows.push_back(with_future(x, pass.nature, pass.cuts[i], futures.back(), key + 31 * (i + 1)));
  }
  const std::string under = std::string(pass.alone ? ", B = 1" : "") + ", input " + to_string(pass.nature) +
                            ", length " + std::to_string(pass.length) + ", " + to_string(pass.mode);
  // Rows with random draws of their own are compared with a row that has the same draws.
  const bool stochastic = subject.stochastic(pass.mode);
  const at::Tensor y = run_rows(subject, rows, pass.mode, pass.alone);
  at::Tensor same;
  if (stochastic) same = run_rows(subject, std::vector<at::Tensor>(rows.size(), x), pass.mode, pass.alone);
  if (!at::isfinite(y[0]).all().item<bool>())
    return not_finite("the output is not finite" + under, x, pass.mode, pass.nature == Nature::kLarge);
  Leak worst;
  for (size_t i = 0; i < pass.cuts.size(); ++i) {
    const bool large = futures[i] == Future::kLarge;
    const auto row = static_cast<int64_t>(i + 1);
    const double largest = pass.rough ? at::nan_to_num(y[row], 0.0, 0.0, 0.0).abs().max().item<double>() : 0;
    Leak leak = difference_before(y[row], stochastic ? same[row] : y[0], pass.cuts[i],
                                  pass.tolerance * (large ? kLargeFactor : 1), std::max(largest, 1e-30));
    if (!large && pass.nature != Nature::kLarge) leak.overflow = false;
    leak.how = "output " + std::to_string(leak.position) + " changes when input from position " +
               std::to_string(pass.cuts[i]) + " on is replaced (future " + to_string(futures[i]) + under + ")";
    leak.one = x;
    leak.other = rows[i + 1];
    leak.mode = pass.mode;
    worst.take(leak);
  }
  return worst;
}

Leak try_prefixes(Subject& subject, Nature nature, Mode mode, int64_t length, const std::vector<int64_t>& prefixes,
                  double tolerance, uint64_t key) {
  Leak worst;
  if (subject.stochastic(mode)) return worst;  // draws depend on the shape
  const at::Tensor x = natural_input(nature, length, subject.width(), key);
  const at::Tensor whole = subject(x, mode).detach()[0];
  if (!at::isfinite(whole).all().item<bool>())
    return not_finite("the output is not finite at length " + std::to_string(length), x, mode);
  for (int64_t t : prefixes) {
    if (t < 1 || t >= length) continue;
    const at::Tensor part = x.narrow(1, 0, t).contiguous();
    Leak leak = difference_before(subject(part, mode).detach()[0], whole, t, tolerance);
    leak.overflow = false;
    leak.how = "output " + std::to_string(leak.position) + " changes with the length: " + std::to_string(t) +
               " instead of " + std::to_string(length) + ", input " + to_string(nature) + ", " + to_string(mode);
    leak.one = x;
    leak.other = part;
    leak.mode = mode;
    worst.take(leak);
  }
  return worst;
}

Leak try_gradients(Subject& subject, bool training, int64_t length, const std::vector<int64_t>& cuts, double tolerance,
                   uint64_t key) {
  const Mode mode{training, true};
  const at::Tensor x = natural_input(Nature::kNormal, length, subject.width(), key);
  const auto n = static_cast<int64_t>(cuts.size());
  at::Tensor kept = at::zeros({n, length, 1}, at::dtype(at::kDouble));
  std::vector<at::Tensor> changed;
  for (int64_t i = 0; i < n; ++i) {
    kept[i].narrow(0, 0, cuts[static_cast<size_t>(i)]).fill_(1);
    changed.push_back(with_future(x, Nature::kNormal, cuts[static_cast<size_t>(i)], Future::kFresh, key + 7 * i));
  }
  const at::Tensor weight = random_input({n, length, subject.width()}, key + 5) * kept;
  const auto& parameters = subject.model().parameters();
  struct Gradients {
    at::Tensor input;
    std::vector<at::Tensor> parameters;
  };
  auto run = [&](const at::Tensor& rows) {
    Gradients g;
    const at::Tensor input = rows.detach().contiguous().requires_grad_();
    const at::AutoGradMode grad(true);
    subject.backward((subject(input, mode) * weight).sum());
    g.input = input.grad().defined() ? input.grad().detach().clone() : at::zeros_like(input);
    for (const auto& p : parameters) {
      at::Tensor t = p.tensor;
      g.parameters.push_back(t.grad().defined() ? t.grad().detach().clone() : at::zeros_like(t).detach());
      t.mutable_grad().reset();
    }
    return g;
  };
  const Gradients a = run(x.expand({n, -1, -1})), b = run(at::cat(changed));
  Leak worst;
  worst.mode = mode;
  auto compare = [&](const at::Tensor& difference, double scale, const std::string& how) {
    const double largest = difference.numel() ? difference.abs().max().item<double>() : 0;
    Leak leak;
    leak.size = largest / std::max(scale, 1e-30);
    if (!std::isfinite(leak.size)) leak.size = kInfinite;
    leak.severity = leak.size / tolerance;
    leak.how = how + ", length " + std::to_string(length) + ", " + to_string(mode);
    leak.mode = mode;
    const at::Tensor where = difference.dim() == 3 ? difference.abs().amax(2) : at::Tensor();
    if (where.defined()) {
      const int64_t at = where.argmax().item<int64_t>();
      leak.cut = cuts[static_cast<size_t>(at / length)];
      leak.position = at % length;
    }
    worst.take(leak);
  };
  const double scale = a.input.abs().max().item<double>();
  compare(a.input * (1 - kept), scale, "the gradient of the loss before the cut reaches inputs after it");
  compare((a.input - b.input) * kept, scale, "the gradient of the loss before the cut depends on the future");
  double largest = 0;
  for (const at::Tensor& g : a.parameters) largest = std::max(largest, g.numel() ? g.abs().max().item<double>() : 0);
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!a.parameters[i].numel()) continue;
    const double own = a.parameters[i].abs().max().item<double>();
    compare((a.parameters[i] - b.parameters[i]).flatten(), std::max(own, 1e-6 * largest),
            "what " + parameters[i].name + " learns from the loss before the cut depends on the future");
  }
  return worst;
}

Leak try_token(Subject& subject, Mode mode, int64_t length, double tolerance, uint64_t key) {
  Leak worst;
  if (subject.stochastic(mode)) return worst;
  const at::Tensor x = random_input({1, length, subject.width()}, key),
                   fresh = random_input({1, length, subject.width()}, key + 5);
  const at::Tensor whole = subject(x, mode).detach()[0];
  auto compare = [&](const at::Tensor& other, int64_t at, int64_t position, const std::string& how) {
    Leak leak = difference_before(subject(other, mode).detach()[0].narrow(0, at, 1), whole.narrow(0, position, 1), 1,
                                  tolerance);
    leak.cut = leak.position = position;
    leak.how = how + ", " + to_string(mode);
    worst.take(leak);
  };
  for (int64_t position : {int64_t{0}, length / 3, length - 1}) {
    at::Tensor changed = fresh.clone();
    changed.select(1, position).copy_(x.select(1, position));
    compare(changed, position, position, "all other positions changed");
    compare(x.narrow(1, position, 1).contiguous(), 0, position, "the position alone");
  }
  return worst;
}

}  // namespace gradus
