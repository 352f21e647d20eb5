#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/log.h"
#include "check/gate_inside.h"
#include "check/growth.h"
#include "design/fit.h"

namespace gradus {

int64_t Gate::longest_run(int64_t wanted) {
  if (wanted <= scale_.context) return wanted;
  try {
    if (!refuses_beyond_) cost_at(initial(), wanted);
  } catch (const UnitError& e) {  // a table of the context's length is a unit's own affair
    beyond_context(wanted, e);
  }
  return refuses_beyond_ ? scale_.context : wanted;
}

void Gate::exponents(int64_t longest) {
  constexpr double kMostCalls = 1.5;
  const int64_t whole = std::max<int64_t>(16, longest_run(longest));
  const CostPoint a = cost_at(initial(), whole / 4), b = cost_at(initial(), whole / 2), c = cost_at(initial(), whole);
  const std::pair<const char*, Exponent> grown[] = {
      {"FLOPs", exponent_of(a.flops, b.flops, c.flops)},
      {"bytes moved", exponent_of(a.bytes, b.bytes, c.bytes)},
      {"live memory", exponent_of(a.peak_bytes, b.peak_bytes, c.peak_bytes)},
      {"operator calls",
       exponent_of(static_cast<double>(a.calls), static_cast<double>(b.calls), static_cast<double>(c.calls))}};
  for (const auto& [what, e] : grown) {
    const std::string evidence = std::string(what) + " grow with the length to the power " + format_g(e.value) + " ± " +
                                 format_g(e.uncertainty) + " (" + std::to_string(whole / 4) + " to " +
                                 std::to_string(whole) + " tokens)";
    const bool calls = std::string(what) == "operator calls";
    const double limit = calls ? kMostCalls : check_.largest_exponent;
    if (e.value > limit)
      return refuse("cost", "", evidence,
                    calls ? "no loop inside a loop over positions" : "at most pairs of positions may meet", e.value,
                    limit);
    measure(std::string("growth of ") + what, "ok", e.value, limit, evidence);
  }
  const double calls = static_cast<double>(c.calls) / static_cast<double>(whole * shape_.n_blocks);
  const std::string loops =
      format_g(calls) + " operator calls a token and block at " + std::to_string(whole) + " tokens";
  if (calls > check_.largest_calls)
    return refuse("cost", "", loops, "replace loops over elements by whole-tensor operators", calls,
                  check_.largest_calls);
  measure("operator calls", "ok", calls, check_.largest_calls, loops);
  Subject& seed = seed_subject();
  const CostPoint s = cost_at(seed, whole);
  // Both were counted on some of their blocks, or a design that knows its layer on more than it has at this scale.
  const double whole_depth = static_cast<double>(result_.fits.at(settings_.shape_scale).n_blocks) /
                             static_cast<double>(shape_.n_blocks) / (static_cast<double>(scale_.n_blocks) / 2);
  for (const auto& [what, ours, theirs, limit] :
       {std::tuple("FLOPs", c.flops * whole_depth, s.flops, check_.largest_flops),
        std::tuple("live memory", c.peak_bytes, s.peak_bytes, check_.largest_memory)}) {
    const double ratio = ours / std::max(theirs, 1.0);
    const std::string evidence = std::string(what) + " are " + format_g(ratio) + " times the GPT2 seed's at " +
                                 std::to_string(whole) + " tokens";
    if (ratio > limit)
      return refuse("cost", "", evidence, "use less: results are compared at equal cost", ratio, limit);
    measure(std::string(what) + " beside the seed", "ok", ratio, limit, evidence);
  }
}

void Gate::cost() {
  exponents(256);
  if (!result_.reason.empty()) return;
  const double spread = cost_spread(initial(), std::min<int64_t>(short_length(), 32));
  if (spread > check_.largest_spread)
    return refuse("cost", "", "the same shape costs up to " + format_g(spread) + " times as much for other values",
                  "no loop or selection whose length values decide", spread, check_.largest_spread);
  measure("cost", "ok", spread, check_.largest_spread, "largest over least cost of inputs of one shape");
}

void Gate::growth() {
  exponents(1024);
  if (!result_.reason.empty()) return;
  state_bytes();
}

void Gate::state_bytes() {
  constexpr int64_t kHalf = 16, kWhole = 32;
  Shape shape = shape_;
  shape.d_model = kStateWidth, shape.n_blocks = 1;
  int64_t at_half = 0, at_whole = 0;
  try {
    Subject narrow({design_, units_, shape, 1, hash_}, Subject::Weights::kOpened);
    at_half = state_rank(narrow, kHalf, kWhole), at_whole = state_rank(narrow, kWhole, kWhole);
  } catch (const UnitError& e) {
    return measure("state bytes", "warning", 0, 0, "not at width 32: " + e.message);
  }
  // From 32 tokens to 4,096 by the power of the last doubling: 1 of attention's keys, and of a state that 32 tokens do
  // not fill; little of one that they do.
  const double power = std::clamp(
      std::log2(static_cast<double>(at_whole) / std::max<double>(1, static_cast<double>(at_half))), 0.0, 1.0);
  const double per_channel = static_cast<double>(at_whole) / kStateWidth * std::pow(4096.0 / kWhole, power);
  const double numbers = per_channel * static_cast<double>(shape_.d_model) *
                         static_cast<double>(result_.fits.at(settings_.shape_scale).n_blocks);
  measure("state bytes", "ok", 4 * numbers, 0,
          "what the next token needs of 4,096 past ones, float32, all blocks: a block at width 32 keeps " +
              std::to_string(at_half) + " numbers of " + std::to_string(kHalf) + " tokens, " +
              std::to_string(at_whole) + " of " + std::to_string(kWhole) + ": growing to the power " + format_g(power));
}

Subject& Gate::seed_subject() {
  if (!seed_) {
    Shape shape = seed_shape(scale_);
    shape.vocabulary = shape_.vocabulary, shape.n_blocks = 2;
    seed_.emplace(Recipe{gpt2_seed(), seed_units_, shape, 1, 1}, Subject::Weights::kInitial);
  }
  return *seed_;
}

void Gate::time() {
  const int64_t length = std::min<int64_t>(scale_.context, 256);
  double ratio = 0;
  for (int i = 0; i < 2; ++i) {
    ratio = step_seconds(initial(), 1, length) / std::max(step_seconds(seed_subject(), 1, length), 1e-6) * 2 /
            static_cast<double>(scale_.n_blocks);
    if (ratio <= check_.largest_time) break;  // refused beyond the limit twice only
  }
  const std::string evidence =
      "a step takes " + format_g(ratio) + " times the GPT2 seed's, in float64 at " + std::to_string(length) + " tokens";
  if (ratio > check_.largest_time)
    return refuse("time", "", evidence, "replace loops over positions by whole-tensor operators", ratio,
                  check_.largest_time);
  measure("time", "ok", ratio, check_.largest_time, evidence);
}

}  // namespace gradus
