#include <ATen/core/grad_mode.h>
#include <ATen/ops/isfinite.h>

#include <cmath>
#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "check/gate_inside.h"
#include "check/gradient.h"
#include "design/fit.h"

namespace gradus {
namespace {

std::string listed(const std::vector<std::string>& v) {
  std::string text;
  for (size_t i = 0; i < v.size() && i < 4; ++i) text += (i ? ", " : "") + v[i];
  return text + (v.size() > 4 ? " and " + std::to_string(v.size() - 4) + " more" : "");
}

}  // namespace

void Gate::structure() {
  std::string all;
  for (const auto& fault : tree_faults(design_, units_)) all += (all.empty() ? "" : "; ") + fault;
  if (!all.empty())
    return refuse("structure", "", all, "fill the slot with a unit of its kind that needs no more than it is given");
  result_.design_id = design_id(design_, units_);
  hash_ = checksum64(result_.design_id);
}

void Gate::fit() {
  for (const auto& [name, scale] : settings_.scales) {
    std::string why;
    Fit fit = fit_design(design_, units_, scale, check_, &why);
    result_.fits[name] = fit;
    const double ratio =
        static_cast<double>(fit.parameters) / static_cast<double>(std::max<int64_t>(1, fit.target_parameters));
    if (!fit.fits)
      return refuse("fit", "", "at " + name + ": " + why,
                    "declare FIT for an argument that sets a width, as in FIT = {\"expand\": (0.5, 8.0)}, or choose "
                    "units that can grow or shrink",
                    ratio, check_.parameter_tolerance);
    measure("fit " + name, "ok", ratio, check_.parameter_tolerance, "");
  }
  const Fit& fit = result_.fits.at(settings_.shape_scale);
  shape_ = fitted_shape(scale_, fit);
  shape_.vocabulary = std::min<int64_t>(shape_.vocabulary, 256);
  // What crosses from block to block must be seen: never fewer than two.
  depth_ = std::max<int64_t>(2, shape_.n_blocks);
  if (knows_layer())  // as deep as it will ever be
    for (const auto& [name, at] : result_.fits) depth_ = std::max(depth_, at.n_blocks);
  set_depth(fast_depth());
  literals_ = source_literals(design_, units_, 2 * scale_.context);
}

void Gate::set_depth(int64_t n_blocks) {
  watch_.reset();
  opened_.reset();
  initial_.reset();
  scrambled_.reset();
  passes_.clear();
  shape_.n_blocks = n_blocks;
  recipe_.emplace(Recipe{design_, units_, shape_, result_.fits.at(settings_.shape_scale).multiplier, hash_});
}

bool Gate::knows_layer() const {
  bool knows = false;
  for (const auto& path : all_paths(design_)) {
    const UnitInterface& unit = units_.interface(find_node(design_, path)->unit);
    knows = knows || unit.takes_layer || unit.takes_n_layers;
  }
  return knows;
}

int64_t Gate::fast_depth() const {
  const bool knows = knows_layer() || units_.interface(design_.root.unit).takes_carry;
  const Fit& fit = result_.fits.at(settings_.shape_scale);
  const double head = 2 * static_cast<double>(scale_.d_model * scale_.vocabulary);
  const double pass = (fit.flops_per_token - head) * static_cast<double>(kShort * kShort);
  return knows || pass <= check_.fast_gflop * kGflop / 4 ? depth_ : 2;
}

Subject& Gate::initial() {
  if (!initial_) initial_.emplace(*recipe_, Subject::Weights::kInitial);
  return *initial_;
}

Subject& Gate::opened() {
  if (!opened_) {
    opened_.emplace(*recipe_, Subject::Weights::kOpened);
    watch_.emplace(*recipe_, *opened_, check_.leak_tolerance);
  }
  return *opened_;
}

void Gate::build() {
  Shape shape = seed_shape(scale_);
  shape.n_blocks = std::min<int64_t>(2, shape.n_blocks);
  shape.vocabulary = 64;
  Subject first({design_, units_, shape, 1, hash_}, Subject::Weights::kInitial);
  const at::Tensor y = first(random_input({2, short_length(), shape.d_model}, hash_ + 1)).detach();
  if (!at::isfinite(y).all().item<bool>())
    return refuse("build", "", "the output at initialisation is not finite",
                  "look for a division by zero, log or exp without bounds");
  result_.trace_id = trace_id(design_, units_);
}

void Gate::start() {
  opened();  // its first calls are those that later ones are compared with
  const at::NoGradGuard no_grad;
  const double loss =
      random_token_loss(initial(), {}, random_tokens(2, short_length() + 1, shape_.vocabulary, hash_)).item<double>();
  const double expected = std::log(static_cast<double>(shape_.vocabulary));
  if (!std::isfinite(loss))
    return refuse("start", "", "the loss at initialisation is not finite",
                  "bound what is divided, rooted or exponentiated");
  const bool far = loss > 1.5 * expected;
  measure("start", far ? "warning" : "ok", loss, 1.5 * expected,
          far ? "the loss at initialisation is far above ln V" : "");
}

void Gate::hidden() {
  const HiddenFinding found = find_hidden(*recipe_, check_.leak_tolerance);
  if (!found.how.empty())
    return refuse("hidden", unit_of_class(found.how), found.how,
                  "what is learned is an nn.Parameter of its module; a constant does not depend on the seed",
                  found.size, found.limit);
  measure("hidden", "ok", found.size, found.limit, "");
}

void Gate::gradient() {
  GradientResult found = measure_gradients(opened(), short_length());
  if (!found.dead.empty() && scale_.context > short_length())  // some parts work from a length on
    found = measure_gradients(opened(), std::min<int64_t>(scale_.context, 1024));
  if (!found.not_finite.empty())
    return refuse("gradient", unit_of_parameter(found.not_finite.front()),
                  "gradient is not finite: " + listed(found.not_finite),
                  "bound what is divided, rooted or exponentiated");
  if (!found.frozen.empty())
    return refuse("gradient", unit_of_parameter(found.frozen.front()),
                  "no training reaches " + listed(found.frozen) + ": requires_grad is off",
                  "leave it out, or register a constant as a buffer");
  if (!found.dead.empty())
    return refuse("gradient", unit_of_parameter(found.dead.front()), "no gradient reaches " + listed(found.dead),
                  "use the parameter in forward or leave it out");
  if (found.unreached_share > check_.unreached_share)
    return refuse("gradient", "",
                  format_g(found.unreached_share) +
                      " of the blocks' numbers are never reached by a gradient, most of them in " + found.unreached,
                  "make the parameter as large as what is used of it", found.unreached_share, check_.unreached_share);
  measure("unreached", "ok", found.unreached_share, check_.unreached_share, "");
  if (found.duplicated_share > check_.duplicated_share)
    return refuse("gradient", "",
                  "parameters repeat each other, their gradients are always equal: " + listed(found.duplicated),
                  "one of two that are only ever added is enough", found.duplicated_share, check_.duplicated_share);
  measure("gradient", "ok", found.smallest, 0, "");
  const SlopeResult slope = measure_slopes(opened(), std::min<int64_t>(short_length(), 16));
  if (slope.input_cut)
    return refuse("gradient", "root", "no gradient passes through the block to what comes before it",
                  "keep the residual stream in the graph: no detach, no rounding of all of it");
  constexpr double kMostOpposed = 0.1;  // straight-through estimators may oppose a few of the parameters
  if (slope.opposed_share > kMostOpposed)
    return refuse("gradient", unit_of_parameter(slope.name),
                  "along its gradient " + slope.name + " lowers what the gradient is of: its slope is " +
                      format_g(slope.slope) + " of the gradient",
                  "backward must be the derivative of forward, or stand in for it, never oppose it",
                  slope.opposed_share, kMostOpposed);
  measure("slope", "ok", slope.opposed_share, kMostOpposed,
          "share of the parameters whose gradient opposes their slope");
}

void Gate::beyond_context(int64_t length, const UnitError& e) {
  if (std::exchange(refuses_beyond_, true)) return;
  measure("length", "warning", static_cast<double>(length), static_cast<double>(scale_.context),
          "beyond the context: " + e.message);
}

void Gate::refuse_state(const StateFinding& found) {
  refuse(
      "state", unit_of_class(found.how), found.how,
      "forward keeps nothing on self, in a list or in a closure, draws nothing in eval mode and writes a copy of what "
      "it is given",
      found.size, check_.leak_tolerance);
}

void Gate::repeated() {
  const StateFinding found = watch_->repeat(24);
  if (!found.how.empty()) return refuse_state(found);
  const double rebuilt = rebuilt_difference(initial());
  if (!(rebuilt <= check_.leak_tolerance))
    refuse("state", "root", "a block built again, after the others, computes something else",
           "take `layer` and `n_layers` as arguments; keep no counter in a class or module", rebuilt,
           check_.leak_tolerance);
}

void Gate::state(int n_calls) {
  const StateFinding found = watch_->finish(n_calls);
  if (!found.how.empty()) return refuse_state(found);
  measure("state", found.note.empty() ? "ok" : "warning", 0, check_.leak_tolerance, found.note);
}

void Gate::signal() {
  const SignalResult found = measure_signal(initial(), short_length());
  double most = 0;
  for (double g : found.growth) most = std::max(most, g);
  if (found.ignores_input)
    return refuse("signal", "", "two different inputs give the same output", "the output must depend on x");
  if (found.ignores_past)
    return refuse(
        "signal", "",
        "the output at a position does not change with the input there or before it, only with the first position's",
        "every position must read its own input", 0, 0);
  if (found.first_rank < 1.01 && found.input_rank > 2)
    return refuse("signal", "",
                  "a block's output has one direction only: rank " + format_g(found.first_rank) + " of " +
                      format_g(found.input_rank),
                  "keep a residual path, do not average everything away", found.first_rank, 1.01);
  constexpr double kMostNoise = 0.9;
  if (found.noise > kMostNoise)
    return refuse("signal", "", "in train mode " + format_g(found.noise) + " of the output is drawn at random",
                  "drop less, and on branches only", found.noise, kMostNoise);
  measure("noise", "ok", found.noise, kMostNoise, "share of the training mode's output that is drawn");
  measure("signal", most > 30 ? "warning" : "ok", most, 30,
          "largest growth of a block's output over its input at initialisation");
  measure("rank", found.rank < 0.1 * found.input_rank ? "warning" : "ok", found.rank, 0.1 * found.input_rank,
          "participation ratio of the output's directions");
}

void Gate::finite_in_float32() {
  Subject single(*recipe_, Subject::Weights::kInitial, at::kFloat);
  for (double size : {1.0, 0.02}) {
    const at::Tensor x = size * random_input({1, std::min<int64_t>(scale_.context, 512), shape_.d_model}, hash_ + 10);
    if (!at::isfinite(single(x, kModes[1]).detach()).all().item<bool>())
      return refuse("float32", "", "the output is not finite in float32 at " + std::to_string(x.size(1)) + " tokens",
                    "bound what is divided, rooted or exponentiated");
  }
}

void Gate::precision() {
  const int64_t length = std::min<int64_t>(scale_.context, 512);
  Subject single(*recipe_, Subject::Weights::kOpened, at::kFloat);
  leak_subject_ = &single;
  struct Forget {
    Subject*& s;
    ~Forget() { s = nullptr; }
  } forget{leak_subject_};
  constexpr double kFloatTolerance = 1e-4;
  const CutPass pass{.futures = {Future::kFresh},
                     .mode = kModes[1],
                     .length = length,
                     .cuts = edge_cuts(length, literals_, 3, hash_ + 9),
                     .alone = true,
                     .tolerance = kFloatTolerance};
  const Leak leak = try_cuts(single, pass, hash_ + 9);
  if (!std::isfinite(leak.size)) {  // as initialised it is (float32); opened weights may mean nothing
    measure("causality, float32", "warning", 0, kFloatTolerance, leak.how);
  } else if (leak.severity > 1) {
    const Blame found = blame(leak);
    return refuse("causality", found.slot, evidence_of(leak, found) + ", float32 as in training",
                  "position t may use positions 0 … t only", leak.size, kFloatTolerance);
  }
  if (std::isfinite(leak.size)) measure("causality, float32", "ok", leak.size, kFloatTolerance, "");
  try {
    Subject narrow(*recipe_, Subject::Weights::kInitial, at::kBFloat16);
    const at::Tensor y = narrow(random_input({1, short_length(), shape_.d_model}, hash_ + 10), {}).detach();
    const bool good = at::isfinite(y).all().item<bool>();
    measure("bfloat16", good ? "ok" : "warning", 0, 0, good ? "" : "the output is not finite");
  } catch (const UnitError& e) {
    measure("bfloat16", "warning", 0, 0, "does not run: " + e.message);
  }
  if (refuses_beyond_) return;
  try {
    const at::Tensor y =
        single(random_input({1, std::min<int64_t>(2 * scale_.context, 1024), shape_.d_model}, hash_ + 11)).detach();
    const bool good = at::isfinite(y).all().item<bool>();
    measure("twice the context", good ? "ok" : "warning", 0, 0, good ? "" : "the output is not finite");
  } catch (const UnitError& e) {
    beyond_context(2 * scale_.context, e);
  }
}

}  // namespace gradus
