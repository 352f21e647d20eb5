#include "design/fit.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <tuple>

#include "base/log.h"
#include "design/block.h"
#include "unit/tensor/tensor.h"

namespace gradus {
namespace {

/// Parameters of a design's blocks at a width, for any multiplier and depth. Where no unit asks for its layer one block
/// tells; else a first, a middle and a last one, and all of them when these differ.
class BlockCounter {
 public:
  BlockCounter(const Design& design, const UnitStore& units, const Shape& shape)
      : builder_(design, units, {}), layered_(builder_.depends_on_layer()), shape_(shape) {}

  int64_t blocks(double multiplier, int64_t n_blocks) {
    const int64_t first = block(multiplier, n_blocks, 0);
    if (!layered_ || (block(multiplier, n_blocks, n_blocks / 2) == first && block(multiplier, n_blocks, n_blocks - 1) == first)) {
      return n_blocks * first;
    }
    int64_t sum = 0;
    for (int64_t k = 0; k < n_blocks; ++k) sum += block(multiplier, n_blocks, k);
    return sum;
  }

  std::pair<double, double> range() const { return builder_.multiplier_range(); }

  /// The multiplier whose blocks come nearest to `target`: counts rise with it, in steps, since units round. 1 wherever
  /// that is as near; else the shortest decimal on the step.
  double nearest_multiplier(int64_t n_blocks, int64_t target) {
    auto distance = [&](double m) { return std::abs(blocks(m, n_blocks) - target); };
    const bool low = blocks(1, n_blocks) < target;
    double below = low ? 1 : range().first, above = low ? range().second : 1;
    while (above / below > 1.0002 && blocks(below, n_blocks) != blocks(above, n_blocks)) {
      const double middle = std::sqrt(below * above);
      (blocks(middle, n_blocks) <= target ? below : above) = middle;
    }
    double best = 1;
    for (double m : {below, above}) {
      if (distance(m) < distance(best)) best = m;
    }
    for (double step : {10.0, 100.0, 1000.0}) {
      const double rounded = std::round(best * step) / step;
      if (rounded > 0 && distance(rounded) == distance(best)) return rounded;
    }
    return best;
  }

 private:
  int64_t block(double multiplier, int64_t n_blocks, int64_t layer) {
    const auto key = std::tuple(multiplier, layered_ ? n_blocks : 0, layered_ ? layer : 0);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
    Shape shape = shape_;
    shape.n_blocks = n_blocks;
    const Value instance = builder_.build(shape, layer, multiplier, 0);
    int64_t count = 0;
    for (const NamedTensor& p : named_parameters(builder_.interpreter(), instance)) count += p.tensor.numel();
    return known_[key] = count;
  }

  BlockBuilder builder_;
  bool layered_;
  Shape shape_;
  std::map<std::tuple<double, int64_t, int64_t>, int64_t> known_;
};

bool within(const Fit& fit, const CheckSettings& tolerance) {
  const double off = std::abs(static_cast<double>(fit.block_parameters - fit.target_block_parameters));
  return off <= tolerance.parameter_tolerance * static_cast<double>(fit.target_parameters) &&
         off <= tolerance.block_tolerance * static_cast<double>(fit.target_block_parameters);
}

std::string misfit_text(BlockCounter& counter, const Fit& best, const Scale& scale, const CheckSettings& tolerance) {
  const auto [least, most] = counter.range();
  const auto count = [](int64_t n) { return format_count(static_cast<double>(n)); };
  std::string text = "no depth brings the parameters near the GPT2 seed's: its " + std::to_string(scale.n_blocks) + " blocks have " +
                     count(best.target_block_parameters) + " (within " + format_fixed(100 * tolerance.block_tolerance, 0) +
                     " %, the whole model within " + format_fixed(100 * tolerance.parameter_tolerance, 0) + " %); ";
  const int64_t one_least = counter.blocks(least, 1), one_most = counter.blocks(most, 1);
  if (one_least == one_most) text += "one block here has " + count(one_least) + " and no FIT argument changes that";
  else text += "one block here has " + count(one_least) + " to " + count(one_most) + ", as its FIT arguments range";
  return text + "; nearest are " + std::to_string(best.n_blocks) + " blocks with " + count(best.block_parameters) +
         ": declare FIT for an argument that sets a width";
}

/// Depths from the scale's own outwards: 4, 3, 5, 2, 6, …
std::vector<int64_t> depths(int64_t n_blocks) {
  std::vector<int64_t> out;
  for (int64_t n = 1; n <= 4 * n_blocks; ++n) out.push_back(n);
  std::stable_sort(out.begin(), out.end(), [&](int64_t a, int64_t b) { return std::abs(a - n_blocks) < std::abs(b - n_blocks); });
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

Fit fit_design(const Design& design, const UnitStore& units, const Scale& scale, const CheckSettings& tolerance, std::string* why) {
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
    if (counter.blocks(least, n) > target.block_parameters) fit.multiplier = least;
    else if (counter.blocks(most, n) < target.block_parameters) fit.multiplier = most;
    else fit.multiplier = counter.nearest_multiplier(n, target.block_parameters);
    fit.block_parameters = counter.blocks(fit.multiplier, n);
    fit.parameters = fit.block_parameters + target.parameters - target.block_parameters;
    fit.fits = within(fit, tolerance);
    const auto off = [&](const Fit& f) { return std::abs(f.block_parameters - target.block_parameters); };
    if (best.block_parameters < 0 || off(fit) < off(best)) best = fit;
    if (fit.fits) { best = fit; break; }
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
