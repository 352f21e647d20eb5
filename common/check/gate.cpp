#include "check/gate.h"

#include <c10/util/Exception.h>

#include <chrono>
#include <cmath>

#include "base/log.h"
#include "check/controls.h"
#include "check/gate_inside.h"
#include "check/learning.h"

namespace gradus {

void Gate::run() {
  if (!fast() || last_ == Tier::kFast) return;
  result_.passed = false;
  result_.tier = to_string(Tier::kFull);
  if (!full() || last_ == Tier::kFull) return;
  result_.passed = false;
  result_.tier = to_string(Tier::kLearning);
  result_.passed = learning();
}

bool Gate::fast() {
  result_.tier = to_string(Tier::kFast);
  // Nothing else can be asked of what does not stand.
  if (!step("structure", [&] { structure(); }) || !step("build", [&] { build(); }) || !step("fit", [&] { fit(); }))
    return false;
  if (!step("start", [&] { start(); })) return false;
  if (!step("cost", [&] { cost(); })) return false;  // what is dear is not run to the end
  step("state, repeated", [&] { repeated(); });
  step("hidden", [&] { hidden(); });
  step("gradient", [&] { gradient(); });
  step("float32", [&] { finite_in_float32(); });
  step("signal", [&] { signal(); });
  step("batch", [&] { batch({kModes[0], kModes[1]}); });  // before causality, whose cuts are rows of one batch
  if (result_.reason.empty()) step("causality", [&] { causality(check_.fast_gflop * kGflop); });
  step("token", [&] { token(); });
  step("state", [&] { state(48); });
  return result_.passed = result_.reason.empty();
}

bool Gate::full() {
  if (shape_.n_blocks != depth_) set_depth(depth_);
  opened();
  step("batch, other modes", [&] { batch({kModes[2], kModes[3]}); });
  if (result_.reason.empty())
    step("causality, full", [&] { causality(settings_.exhaustive ? INFINITY : check_.full_gflop * kGflop); });
  step("precision", [&] { precision(); });
  step("growth", [&] { growth(); });
  step("time", [&] { time(); });
  step("state, full", [&] { state(256); });
  return result_.passed = result_.reason.empty();
}

void Gate::take(const Measurement& m, const std::string& hint) {
  result_.checks.push_back(m);
  if (m.verdict != "no" || !result_.reason.empty()) return;
  result_.reason = "learning";
  result_.unit = m.unit;
  result_.evidence = m.name + ": " + m.evidence;
  result_.hint = m.hint.empty() ? hint : m.hint;
}

bool Gate::learning() {
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

bool Gate::step(const std::string& name, const std::function<void()>& check) {
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

void Gate::measure(const std::string& name, const std::string& verdict, double value, double limit,
                   const std::string& evidence) {
  result_.checks.push_back({name, verdict, value, limit, "", evidence, "", 0});
}

void Gate::refuse(const std::string& name, const std::string& unit, const std::string& evidence,
                  const std::string& hint, double value, double limit) {
  result_.checks.push_back({name, "no", value, limit, unit, evidence, hint, 0});
  if (!result_.reason.empty()) return;
  result_.reason = name.substr(0, name.find(','));
  result_.unit = unit;
  result_.evidence = evidence;
  result_.hint = hint;
}

std::string Gate::unit_of(const std::string& file) const {
  for (const auto& path : all_paths(design_))
    if (file.find(find_node(design_, path)->unit) != std::string::npos) return path.empty() ? "root" : path;
  return "";
}

std::string Gate::unit_of_class(const std::string& text) const {
  const auto paths = all_paths(design_);
  for (auto path = paths.rbegin(); path != paths.rend(); ++path) {
    const std::string name = units_.interface(find_node(design_, *path)->unit).class_name;
    if (text.find(name + ".") != std::string::npos) return path->empty() ? "root" : *path;
  }
  return "";
}

std::string Gate::unit_of_parameter(const std::string& name) const {
  std::string best = "root";
  for (const auto& path : all_paths(design_))
    if (!path.empty() && ("." + name).find("." + path + ".") != std::string::npos &&
        path.size() > (best == "root" ? 0 : best.size()))
      best = path;
  return best;
}

const char* to_string(Tier tier) { return tier == Tier::kFast ? "fast" : tier == Tier::kFull ? "full" : "learning"; }

Tier tier_of(const std::string& name) {
  for (Tier tier : {Tier::kFast, Tier::kFull, Tier::kLearning})
    if (name == to_string(tier)) return tier;
  throw UsageError("check.tier: no tier '" + name + "': there are fast, full and learning");
}

GateSettings gate_settings(const Settings& settings) {
  GateSettings gate{settings.check, {}, settings.rungs.empty() ? "" : settings.rungs.front()};
  for (const auto& rung : settings.rungs) gate.scales[rung] = settings.scales.at(rung);
  return gate;
}

CheckResult check_design(const Design& design, const UnitStore& units, const GateSettings& settings) {
  CheckResult result;
  Gate(design, units, settings, result).run();
  return result;
}

}  // namespace gradus
