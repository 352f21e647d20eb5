#include "design/fit.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <tuple>

#include "base/log.h"
#include "design/block_counter.h"

namespace gradus {
namespace {

bool within(const Fit& fit, const CheckSettings& tolerance) {
  const double off = std::abs(static_cast<double>(fit.block_parameters - fit.target_block_parameters));
  return off <= tolerance.parameter_tolerance * static_cast<double>(fit.target_parameters) &&
         off <= tolerance.block_tolerance * static_cast<double>(fit.target_block_parameters);
}

std::string misfit_text(BlockCounter& counter, const Fit& best, const Scale& scale, const CheckSettings& tolerance) {
  const auto [least, most] = counter.range();
  const auto count = [](int64_t n) { return format_count(static_cast<double>(n)); };
  std::string text = "no depth brings the parameters near the GPT2 seed's: its " + std::to_string(scale.n_blocks) +
                     " blocks have " + count(best.target_block_parameters) + " (within " +
                     format_fixed(100 * tolerance.block_tolerance, 0) + " %, the whole model within " +
                     format_fixed(100 * tolerance.parameter_tolerance, 0) + " %); ";
  const int64_t one_least = counter.blocks(least, 1), one_most = counter.blocks(most, 1);
  if (one_least == one_most)
    text += "one block here has " + count(one_least) + " and no FIT argument changes that";
  else
    text += "one block here has " + count(one_least) + " to " + count(one_most) + ", as its FIT arguments range";
  return text + "; nearest are " + std::to_string(best.n_blocks) + " blocks with " + count(best.block_parameters);
}

/// Depths from the scale's own outwards: 4, 3, 5, 2, 6, …
std::vector<int64_t> depths(int64_t n_blocks) {
  std::vector<int64_t> out;
  for (int64_t n = 1; n <= 4 * n_blocks; ++n) out.push_back(n);
  std::stable_sort(out.begin(), out.end(),
                   [&](int64_t a, int64_t b) { return std::abs(a - n_blocks) < std::abs(b - n_blocks); });
  return out;
}

}  // namespace

SeedSize seed_size(const Shape& shape) {
  static std::mutex mutex;
  static std::map<std::tuple<int64_t, int64_t>, int64_t> known;  // parameters of the blocks
  std::lock_guard lock(mutex);
  const auto key = std::tuple(shape.d_model, shape.n_blocks);
  auto found = known.find(key);
  if (found == known.end()) {
    BlockCounter counter(gpt2_seed(), UnitStore(), shape);
    found = known.emplace(key, counter.blocks(1, shape.n_blocks)).first;
  }
  return {found->second + shape.vocabulary * shape.d_model + shape.d_model, found->second};
}

Fit fit_design(const Design& design, const UnitStore& units, const Scale& scale, const CheckSettings& tolerance,
               std::string* why) {
  const Shape shape = seed_shape(scale);
  const SeedSize target = seed_size(shape);
  BlockCounter counter(design, units, shape);
  Fit best;
  best.target_parameters = target.parameters;
  best.target_block_parameters = target.block_parameters;
  best.block_parameters = -1;
  const auto [least, most] = counter.range();
  for (int64_t n : depths(scale.n_blocks)) {
    Fit fit = best;
    fit.n_blocks = n;
    if (counter.blocks(least, n) > target.block_parameters)
      fit.multiplier = least;
    else if (counter.blocks(most, n) < target.block_parameters)
      fit.multiplier = most;
    else
      fit.multiplier = counter.nearest_multiplier(n, target.block_parameters);
    fit.block_parameters = counter.blocks(fit.multiplier, n);
    fit.parameters = fit.block_parameters + target.parameters - target.block_parameters;
    fit.fits = within(fit, tolerance);
    const auto off = [&](const Fit& f) { return std::abs(f.block_parameters - target.block_parameters); };
    if (best.block_parameters < 0 || off(fit) < off(best)) best = fit;
    if (fit.fits) {
      best = fit;
      break;
    }
  }
  if (!best.fits) {
    if (why) *why = misfit_text(counter, best, scale, tolerance);
    return best;
  }
  best.flops_per_token = design_cost(design, units, fitted_shape(scale, best), best.multiplier).flops_per_token;
  best.seed_flops_per_token = design_cost(gpt2_seed(), UnitStore(), shape, 1).flops_per_token;
  return best;
}

Shape fitted_shape(const Scale& scale, const Fit& fit) {
  Shape shape = seed_shape(scale);
  shape.n_blocks = fit.n_blocks;
  return shape;
}

}  // namespace gradus
