#include "check/gate.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/isfinite.h>
#include <c10/util/Exception.h>

#include <chrono>
#include <cmath>
#include <optional>

#include "base/hash.h"
#include "base/log.h"
#include "check/batch.h"
#include "check/blame.h"
#include "check/controls.h"
#include "check/gradient.h"
#include "check/learning.h"
#include "check/plan.h"
#include "check/state.h"
#include "design/fit.h"

namespace gradus {
namespace {

constexpr int64_t kShort = 64;
constexpr double kGflop = 1e9;

std::string listed(const std::vector<std::string>& v) {
  std::string text;
  for (size_t i = 0; i < v.size() && i < 4; ++i) text += (i ? ", " : "") + v[i];
  return text + (v.size() > 4 ? " and " + std::to_string(v.size() - 4) + " more" : "");
}

/// Runs the checks in order; each adds Measurements to `result`; the first refusal is the verdict, and the tier it
/// falls in the last.
class Gate {
 public:
  Gate(const Design& design, const UnitStore& units, const GateSettings& settings, CheckResult& result)
      : design_(design),
        units_(units),
        settings_(settings),
        check_(settings.check),
        result_(result),
        scale_(settings.scales.at(settings.shape_scale)),
        last_(tier_of(settings.check.tier)) {}

  void run() {
    if (!fast() || last_ == Tier::kFast) return;
    result_.passed = false;
    result_.tier = to_string(Tier::kFull);
    if (!full() || last_ == Tier::kFull) return;
    result_.passed = false;
    result_.tier = to_string(Tier::kLearning);
    result_.passed = learning();
  }

 private:
  bool fast() {
    result_.tier = to_string(Tier::kFast);
    // Nothing else can be asked of what does not stand.
    if (!step("structure", [&] { structure(); }) || !step("build", [&] { build(); }) || !step("fit", [&] { fit(); }))
      return false;
    if (!step("start", [&] { start(); })) return false;
    step("hidden", [&] { hidden(); });
    step("gradient", [&] { gradient(); });
    step("signal", [&] { signal(); });
    step("float32", [&] { finite_in_float32(); });
    step("batch", [&] { batch({kModes[0], kModes[1]}); });  // before causality, whose cuts are rows of one batch
    if (result_.reason.empty()) step("causality", [&] { causality(check_.fast_gflop * kGflop); });
    step("token", [&] { token(); });
    step("cost", [&] { cost(); });
    step("state", [&] { state(48); });
    return result_.passed = result_.reason.empty();
  }

  bool full() {
    step("batch, other modes", [&] { batch({kModes[2], kModes[3]}); });
    if (result_.reason.empty())
      step("causality, full", [&] { causality(settings_.exhaustive ? INFINITY : check_.full_gflop * kGflop); });
    step("precision", [&] { precision(); });
    step("growth", [&] { growth(); });
    step("time", [&] { time(); });
    step("state, full", [&] { state(512); });
    return result_.passed = result_.reason.empty();
  }

  /// The measurements of the learning tier; the first "no" is the verdict.
  void take(const Measurement& m, const std::string& hint) {
    result_.checks.push_back(m);
    if (m.verdict != "no" || !result_.reason.empty()) return;
    result_.reason = "learning";
    result_.unit = m.unit;
    result_.evidence = m.name + ": " + m.evidence;
    result_.hint = m.hint.empty() ? hint : m.hint;
  }

  bool learning() {
    const Fit& fit = result_.fits.at(settings_.shape_scale);
    const LearningPlan plan;
    LearningData data;
    step("learning", [&] {
      data = read_learning_data(settings_.corpus, plan.samples(), plan.context);
      const Learning seed = settings_.seed ? *settings_.seed : seed_learning(scale_, data, plan, kLearningKey, {});
      result_.learning =
          measure_learning(design_, units_, scale_, fit.multiplier, fit.n_blocks, data, plan, kLearningKey);
      for (const Measurement& m : judge_learning(*result_.learning, seed, check_.learning_share))
        take(m, "a design must learn at one of the three rates, and be stable at the lower two");
    });
    step("controls", [&] {
      const std::string hint = "a model that beats what can be known sees what it must predict";
      const ControlPlan controls;
      take(judge_random_control(
               measure_random_control(design_, units_, scale_, fit.multiplier, fit.n_blocks, controls, hash_)),
           hint);
      take(judge_shuffled_control(
               measure_shuffled_control(design_, units_, scale_, fit.multiplier, fit.n_blocks, data, controls, hash_)),
           hint);
    });
    return result_.reason.empty();
  }

  /// Times one check and turns a unit's error into a refusal in the unit's own words. False: something was refused.
  bool step(const std::string& name, const std::function<void()>& check) {
    const auto begin = std::chrono::steady_clock::now();
    const size_t first = result_.checks.size();
    try {
      check();
    } catch (const UnitError& e) {
      refuse(name, unit_of(e.file), e.what(), "mend the line that the traceback names");
    } catch (const c10::Error& e) {  // from the autograd engine
      refuse(name, "", e.what_without_backtrace(), "backward must run: no value it needs may be changed in place");
    } catch (const std::exception& e) {
      refuse(name, "", e.what(), "");
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    if (result_.checks.size() == first) measure(name, "ok", 0, 0, "");
    result_.checks.back().seconds = std::round(seconds.count() * 1e3) / 1e3;
    return result_.reason.empty();
  }

  void measure(const std::string& name, const std::string& verdict, double value, double limit,
               const std::string& evidence) {
    result_.checks.push_back({name, verdict, value, limit, "", evidence, "", 0});
  }

  void refuse(const std::string& name, const std::string& unit, const std::string& evidence, const std::string& hint,
              double value = 0, double limit = 0) {
    result_.checks.push_back({name, "no", value, limit, unit, evidence, hint, 0});
    if (!result_.reason.empty()) return;
    result_.reason = name.substr(0, name.find(','));
    result_.unit = unit;
    result_.evidence = evidence;
    result_.hint = hint;
  }

  void structure() {
    std::string all;
    for (const auto& fault : tree_faults(design_, units_)) all += (all.empty() ? "" : "; ") + fault;
    if (!all.empty())
      return refuse("structure", "", all, "fill the slot with a unit of its kind that needs no more than it is given");
    result_.design_id = design_id(design_, units_);
    hash_ = checksum64(result_.design_id);
  }

  void fit() {
    for (const auto& [name, scale] : settings_.scales) {
      std::string why;
      Fit fit = fit_design(design_, units_, scale, check_, &why);
      result_.fits[name] = fit;
      const double ratio =
          static_cast<double>(fit.parameters) / static_cast<double>(std::max<int64_t>(1, fit.target_parameters));
      if (!fit.fits)
        return refuse("fit", "", "at " + name + ": " + why,
                      "declare FIT for a width, or choose units that can grow or shrink", ratio,
                      check_.parameter_tolerance);
      measure("fit " + name, "ok", ratio, check_.parameter_tolerance, "");
    }
    const Fit& fit = result_.fits.at(settings_.shape_scale);
    shape_ = fitted_shape(scale_, fit);
    shape_.vocabulary = std::min<int64_t>(shape_.vocabulary, 256);
    // What crosses from block to block must be seen: never fewer than two.
    shape_.n_blocks = std::max<int64_t>(2, shape_.n_blocks);
    recipe_.emplace(Recipe{design_, units_, shape_, fit.multiplier, hash_});
    literals_ = source_literals(design_, units_, 2 * scale_.context);
  }

  /// Models under test, made once: as initialised and with opened gates.
  Subject& initial() {
    if (!initial_) initial_.emplace(*recipe_, Subject::Weights::kInitial);
    return *initial_;
  }
  Subject& opened() {
    if (!opened_) {
      opened_.emplace(*recipe_, Subject::Weights::kOpened);
      watch_.emplace(*recipe_, *opened_, check_.leak_tolerance);
    }
    return *opened_;
  }
  int64_t short_length() const { return std::min<int64_t>(scale_.context, kShort); }

  /// Before it is fitted: does it stand, run and keep the shape?
  void build() {
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

  void start() {
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

  void hidden() {
    const HiddenFinding found = find_hidden(*recipe_, initial(), check_.leak_tolerance);
    if (!found.how.empty())
      return refuse("hidden", unit_of_class(found.how), found.how,
                    "what is learned is an nn.Parameter of its module; a constant does not depend on the seed",
                    found.size, found.limit);
    measure("hidden", "ok", found.size, found.limit, "");
  }

  void gradient() {
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
    if (slope.least < -0.3)
      return refuse("gradient", unit_of_parameter(slope.name),
                    "along the gradient of " + slope.name + " the loss falls: its slope is " + format_g(slope.least) +
                        " of the gradient",
                    "backward must be the derivative of forward, or stand in for it, never oppose it", slope.least,
                    -0.3);
    measure("slope", slope.least < 0.9 ? "warning" : "ok", slope.least, -0.3,
            slope.least < 0.9 ? "backward is not the derivative of forward for " + slope.name : "");
  }

  std::string evidence_of(const Leak& leak, const Blame& blame) const {
    std::string text = leak.row >= 0 || !leak.cut ? leak.how
                       : leak.how.starts_with("length") || leak.how.starts_with("the ") || leak.how.starts_with("what ")
                           ? leak.how
                           : "output " + std::to_string(leak.position) + " changes when input from position " +
                                 std::to_string(leak.cut) + " on is replaced (" + leak.how + ")";
    text += ", by " + format_g(leak.size) + " of the largest";
    return text + (blame.where.empty() ? "" : "; made in " + blame.where);
  }

  Blame blame(const Leak& leak) {
    try {
      if (leak.one.defined()) return blame_leak(leak_subject_ ? *leak_subject_ : opened(), leak);
    } catch (const std::exception&) {  // the verdict stands without it
    }
    return {};
  }

  void batch(const std::vector<Mode>& modes) {
    Leak worst;
    for (Mode mode : modes) worst.take(try_batch(opened(), mode, short_length() - 3, check_.leak_tolerance, hash_));
    if (!(worst.severity <= 1)) {
      const Blame found = blame(worst);
      return refuse("batch", found.slot, evidence_of(worst, found),
                    "no statistics over the batch, nothing that depends on its size", worst.size,
                    check_.leak_tolerance);
    }
    measure("batch", "ok", worst.size, check_.leak_tolerance, "");
  }

  /// The passes that fit into the budget and have not run yet.
  void causality(double budget) {
    if (passes_.empty()) {
      const int64_t probe = std::min<int64_t>(2 * scale_.context, 128);
      const CallCost cost(cost_at(opened(), probe / 2), cost_at(opened(), probe));
      passes_ = causality_passes({opened(), initial()}, cost, scale_.context, literals_, check_.leak_tolerance, hash_,
                                 settings_.exhaustive);
      done_.assign(passes_.size(), false);
    }
    Leak worst;
    bool overflow = false;
    size_t n_run = 0, n_left = 0;
    for (size_t i = 0; i < passes_.size(); ++i) {
      const Pass& pass = passes_[i];
      if (done_[i]) continue;
      if (!pass.always && pass.flops > budget) {
        ++n_left;
        continue;
      }
      if (pass.beyond && refuses_beyond_) continue;
      budget -= pass.flops;
      done_[i] = true;
      ++n_run;
      Leak leak;
      try {
        leak = pass.run();
      } catch (const UnitError& e) {
        if (!pass.beyond) throw;
        refuses_beyond_ = true;
        measure("length", "warning", static_cast<double>(pass.length), static_cast<double>(scale_.context),
                "beyond the context: " + e.message);
        continue;
      }
      if (leak.overflow) {
        overflow = true;
        if (leak.one.defined() && !leak.other.defined() && pass.name.find("x30") == std::string::npos)
          return refuse("causality", "", leak.how, "bound what is divided, rooted or exponentiated");
        continue;
      }
      worst.take(leak);
      if (!(worst.severity <= 1)) return refuse_leak(worst, pass);
    }
    const double missed = miss_probability();
    measure("causality", "ok", worst.size, check_.leak_tolerance,
            std::to_string(n_run) + " passes, " + std::to_string(n_left) +
                " beyond the budget; a leak at a single cut of the context is missed with probability " +
                format_g(missed));
    if (overflow)
      measure("overflow", "warning", 0, 0, "values x30 or x100 overflow and reach what comes before them as NaN");
  }

  /// Of a leak that shows at one cut of the context only.
  double miss_probability() const {
    double missed = 1;
    for (size_t i = 0; i < passes_.size(); ++i)
      if (done_[i] && passes_[i].length == scale_.context && scale_.context > 1)
        missed *= 1 - std::min(1.0, static_cast<double>(passes_[i].n_cuts) / static_cast<double>(scale_.context - 1));
    return missed;
  }

  void refuse_leak(const Leak& leak, const Pass& pass) {
    Blame found = blame(leak);
    if (found.where.empty())
      found.slot = blame_alone(design_, units_, [&](const Design& part) {
        Recipe recipe{part, units_, shape_, recipe_->multiplier, hash_};
        recipe.shape.n_blocks = 1;
        Subject alone(recipe, Subject::Weights::kOpened);
        const double tolerance = check_.leak_tolerance;
        if (pass.name.starts_with("gradients"))
          return try_gradients(alone, leak.mode.training, pass.length, edge_cuts(pass.length, literals_, 8, hash_),
                               tolerance, hash_)
                     .severity > 1;
        return try_cuts(alone,
                        {.mode = leak.mode,
                         .length = pass.length,
                         .cuts = edge_cuts(pass.length, literals_, 16, hash_),
                         .tolerance = tolerance},
                        hash_)
                   .severity > 1;
      });
    refuse("causality", found.slot, evidence_of(leak, found),
           "position t may use positions 0 … t only: mask, pad on the left, and let no statistic, index or length run "
           "over the whole sequence",
           leak.size, check_.leak_tolerance);
  }

  void token() {
    Leak worst;
    for (const auto& path : all_paths(design_)) {
      const UnitNode* node = find_node(design_, path);
      const auto& interface = units_.interface(node->unit);
      if (interface.kind != UnitKind::kToken || !interface.required_inputs.empty()) continue;
      Recipe recipe{Design{*node}, units_, shape_, recipe_->multiplier, hash_};
      recipe.shape.n_blocks = 1;
      const Design part{*node};
      Subject alone({part, units_, recipe.shape, recipe_->multiplier, hash_}, Subject::Weights::kOpened);
      for (Mode mode : {kModes[0], kModes[2]})
        worst.take(try_token(alone, mode, std::min<int64_t>(short_length(), 24), check_.leak_tolerance, hash_));
      if (!(worst.severity <= 1))
        return refuse(
            "token", path.empty() ? "root" : path,
            interface.class_name + " says it is of kind token, but position " + std::to_string(worst.position) +
                " changes by " + format_g(worst.size) + " (" + worst.how + ")",
            "declare KIND = \"sequence\", or use only the position itself", worst.size, check_.leak_tolerance);
    }
    measure("token", "ok", worst.size, check_.leak_tolerance, "");
  }

  void state(int n_calls) {
    const StateFinding found = watch_->finish(n_calls);
    if (!found.how.empty())
      return refuse("state", unit_of_class(found.how), found.how,
                    "forward keeps nothing on self, in a list or in a closure, draws nothing in eval mode and writes a "
                    "copy of what it is given",
                    found.size, check_.leak_tolerance);
    measure("state", found.note.empty() ? "ok" : "warning", 0, check_.leak_tolerance, found.note);
  }

  /// Growth of counts over three lengths, and their dependence on values.
  void exponents(int64_t longest) {
    constexpr double kMostCalls = 1.5;
    if (refuses_beyond_) longest = std::min(longest, scale_.context);
    const int64_t whole = std::max<int64_t>(16, longest);
    const CostPoint a = cost_at(initial(), whole / 4), b = cost_at(initial(), whole / 2), c = cost_at(initial(), whole);
    const std::pair<const char*, Exponent> grown[] = {
        {"FLOPs", exponent_of(a.flops, b.flops, c.flops)},
        {"bytes moved", exponent_of(a.bytes, b.bytes, c.bytes)},
        {"live memory", exponent_of(a.peak_bytes, b.peak_bytes, c.peak_bytes)},
        {"operator calls",
         exponent_of(static_cast<double>(a.calls), static_cast<double>(b.calls), static_cast<double>(c.calls))}};
    for (const auto& [what, e] : grown) {
      const std::string evidence = std::string(what) + " grow with the length to the power " + format_g(e.value) +
                                   " ± " + format_g(e.uncertainty) + " (" + std::to_string(whole / 4) + " to " +
                                   std::to_string(whole) + " tokens)";
      const bool calls = std::string(what) == "operator calls";
      const double limit = calls ? kMostCalls : check_.largest_exponent;
      if (e.value > limit)
        return refuse("cost", "", evidence,
                      calls ? "no loop inside a loop over positions" : "at most pairs of positions may meet", e.value,
                      limit);
      measure(std::string("growth of ") + what, "ok", e.value, limit, evidence);
    }
    Subject& seed = seed_subject();
    const CostPoint s = cost_at(seed, whole);
    for (const auto& [what, ours, theirs, limit] :
         {std::tuple("FLOPs", c.flops, s.flops, check_.largest_flops),
          std::tuple("live memory", c.peak_bytes, s.peak_bytes, check_.largest_memory)}) {
      const double ratio = ours / std::max(theirs, 1.0);
      const std::string evidence = std::string(what) + " are " + format_g(ratio) + " times the GPT2 seed's at " +
                                   std::to_string(whole) + " tokens";
      if (ratio > limit)
        return refuse("cost", "", evidence, "use less: results are compared at equal cost", ratio, limit);
      measure(std::string(what) + " beside the seed", "ok", ratio, limit, evidence);
    }
  }

  void cost() {
    exponents(256);
    if (!result_.reason.empty()) return;
    const double spread = cost_spread(initial(), std::min<int64_t>(short_length(), 32));
    if (spread > check_.largest_spread)
      return refuse("cost", "", "the same shape costs up to " + format_g(spread) + " times as much for other values",
                    "no loop or selection whose length values decide", spread, check_.largest_spread);
    measure("cost", "ok", spread, check_.largest_spread, "largest over least cost of inputs of one shape");
  }

  void growth() {
    exponents(1024);
    if (!result_.reason.empty()) return;
    state_bytes();
  }

  /// What an inference engine keeps of 4,096 tokens: by rank, so caches and states are counted alike.
  void state_bytes() {
    constexpr int64_t kHalf = 20, kWhole = 40;
    Shape shape = shape_;
    shape.d_model = kStateWidth, shape.n_blocks = 1;
    int64_t at_half = 0, at_whole = 0;
    try {
      Subject narrow({design_, units_, shape, 1, hash_}, Subject::Weights::kOpened);
      at_half = state_rank(narrow, kHalf, kWhole), at_whole = state_rank(narrow, kWhole, kWhole);
    } catch (const UnitError& e) {
      return measure("state bytes", "warning", 0, 0, "not at width 32: " + e.message);
    }
    const bool constant = static_cast<double>(at_whole) < 1.1 * static_cast<double>(at_half);
    const double per_channel = static_cast<double>(at_whole) / kStateWidth;
    const double numbers = per_channel * static_cast<double>(shape_.d_model) * (constant ? 1 : 4096.0 / kWhole);
    measure("state bytes", "ok", 4 * numbers * static_cast<double>(shape_.n_blocks), 0,
            "what the next token needs of 4,096 past ones, float32, all blocks: a block at width 32 keeps " +
                std::to_string(at_half) + " numbers of " + std::to_string(kHalf) + " tokens, " +
                std::to_string(at_whole) + " of " + std::to_string(kWhole) +
                (constant ? ": constant" : ": still growing"));
  }

  Subject& seed_subject() {
    if (!seed_) {
      std::string why;
      const Fit fit = fit_design(gpt2_seed(), UnitStore(), scale_, check_, &why);
      Shape shape = fitted_shape(scale_, fit);
      shape.vocabulary = shape_.vocabulary;
      seed_.emplace(Recipe{gpt2_seed(), seed_units_, shape, fit.multiplier, 1}, Subject::Weights::kInitial);
    }
    return *seed_;
  }

  void time() {
    const int64_t length = std::min<int64_t>(scale_.context, 256);
    double ratio = 0;
    for (int i = 0; i < 2; ++i) {
      ratio = step_seconds(initial(), 1, length) / std::max(step_seconds(seed_subject(), 1, length), 1e-6);
      if (ratio <= check_.largest_time) break;  // refused beyond the limit twice only
    }
    const std::string evidence = "a step takes " + format_g(ratio) + " times the GPT2 seed's, in float64 at " +
                                 std::to_string(length) + " tokens";
    if (ratio > check_.largest_time)
      return refuse("time", "", evidence, "replace loops over positions by whole-tensor operators", ratio,
                    check_.largest_time);
    measure("time", "ok", ratio, check_.largest_time, evidence);
  }

  void signal() {
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

  void finite_in_float32() {
    Subject single(*recipe_, Subject::Weights::kInitial, at::kFloat);
    for (double size : {1.0, 0.02}) {
      const at::Tensor x = size * random_input({1, std::min<int64_t>(scale_.context, 512), shape_.d_model}, hash_ + 10);
      if (!at::isfinite(single(x, kModes[1]).detach()).all().item<bool>())
        return refuse("float32", "", "the output is not finite in float32 at " + std::to_string(x.size(1)) + " tokens",
                      "bound what is divided, rooted or exponentiated");
    }
  }

  /// As it is trained: float32 with its dropout active, at the context; bfloat16; twice the context.
  void precision() {
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
    if (!(leak.severity <= 1)) {
      const Blame found = blame(leak);
      return refuse("causality", found.slot, evidence_of(leak, found) + ", float32 as in training",
                    "position t may use positions 0 … t only", leak.size, kFloatTolerance);
    }
    measure("causality, float32", "ok", leak.size, kFloatTolerance, "");
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
      measure("twice the context", "warning", 0, 0, "does not run: " + e.message);
    }
  }

  /// The slot whose unit's file a traceback names; files are named by hash.
  std::string unit_of(const std::string& file) const {
    for (const auto& path : all_paths(design_))
      if (file.find(find_node(design_, path)->unit) != std::string::npos) return path.empty() ? "root" : path;
    return "";
  }

  /// The slot whose unit's class a finding names ("Mixer.calls"), the deepest first.
  std::string unit_of_class(const std::string& text) const {
    const auto paths = all_paths(design_);
    for (auto path = paths.rbegin(); path != paths.rend(); ++path) {
      const std::string name = units_.interface(find_node(design_, *path)->unit).class_name;
      if (text.find(name + ".") != std::string::npos) return path->empty() ? "root" : *path;
    }
    return "";
  }

  /// "blocks.2.mixer.qkv.weight": the deepest slot along the name. Attributes are often named like their slots.
  std::string unit_of_parameter(const std::string& name) const {
    std::string best = "root";
    for (const auto& path : all_paths(design_))
      if (!path.empty() && ("." + name).find("." + path + ".") != std::string::npos &&
          path.size() > (best == "root" ? 0 : best.size()))
        best = path;
    return best;
  }

  const Design& design_;
  const UnitStore& units_;
  const GateSettings& settings_;
  const CheckSettings& check_;
  CheckResult& result_;
  const Scale& scale_;
  const Tier last_;
  const UnitStore seed_units_;
  Shape shape_;
  uint64_t hash_ = 0;
  std::optional<Recipe> recipe_;
  std::set<int64_t> literals_;
  std::optional<Subject> initial_, opened_, seed_;
  Subject* leak_subject_ = nullptr;  // whose leak is traced, where not the opened one's
  std::optional<StateWatch> watch_;
  std::vector<Pass> passes_;
  std::vector<bool> done_;
  bool refuses_beyond_ = false;  // a unit does not run beyond the context
};

}  // namespace

const char* to_string(Tier tier) { return tier == Tier::kFast ? "fast" : tier == Tier::kFull ? "full" : "learning"; }

Tier tier_of(const std::string& name) {
  for (Tier tier : {Tier::kFast, Tier::kFull, Tier::kLearning})
    if (name == to_string(tier)) return tier;
  throw UsageError("check.tier: no tier '" + name + "': there are fast, full and learning");
}

GateSettings gate_settings(const Settings& settings) {
  GateSettings gate{settings.check, {}, settings.rungs.empty() ? "" : settings.rungs.front(), false};
  for (const auto& rung : settings.rungs) gate.scales[rung] = settings.scales.at(rung);
  return gate;
}

CheckResult check_design(const Design& design, const UnitStore& units, const GateSettings& settings) {
  CheckResult result;
  Gate(design, units, settings, result).run();
  return result;
}

}  // namespace gradus
