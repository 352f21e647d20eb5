#include "check/gate.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/isfinite.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/hash.h"
#include "base/log.h"
#include "check/batch.h"
#include "check/causality.h"
#include "check/gradient.h"
#include "check/perturb.h"
#include "design/fit.h"
#include "design/model.h"

namespace gradus {
namespace {

/// Runs the checks in order; each adds Measurements to `result`; the first refusal ends it.
class Gate {
 public:
  Gate(const Design& design, const UnitStore& units, const GateSettings& settings, CheckResult& result)
      : design_(design),
        units_(units),
        settings_(settings),
        result_(result),
        scale_(settings.scales.at(settings.shape_scale)) {}

  void run() {
    if (!step("structure", [&] { structure(); })) return;
    if (!step("build", [&] { build(); })) return;
    if (!step("fit", [&] { fit(); })) return;
    if (!step("gradient", [&] { gradient(); })) return;
    if (!step("batch", [&] { batch(); })) return;  // before causality, whose cuts are rows of one batch
    if (!step("causality", [&] { causality(); })) return;
    if (!step("token", [&] { token(); })) return;
    result_.passed = true;
  }

 private:
  /// Times one check and turns a unit's error into a refusal in the unit's own words. False: refused.
  bool step(const std::string& name, const std::function<void()>& check) {
    auto begin = std::chrono::steady_clock::now();
    size_t first = result_.checks.size();
    try {
      check();
    } catch (const UnitError& e) {
      refuse(name, unit_of(e.file), e.what(), "mend the line that the traceback names");
    } catch (const Error& e) {
      refuse(name, "", e.what(), "");
    }
    std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
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
    if (!result_.reason.empty()) return;
    result_.checks.push_back({name, "no", value, limit, unit, evidence, hint, 0});
    result_.reason = name;
    result_.unit = unit;
    result_.evidence = evidence;
    result_.hint = hint;
  }

  void structure() {
    std::string all;
    for (const auto& fault : tree_faults(design_, units_)) all += (all.empty() ? "" : "; ") + fault;
    if (!all.empty())
      refuse("structure", "", all, "fill the slot with a unit of its kind that needs no more than it is given");
    if (!all.empty()) return;
    result_.design_id = design_id(design_, units_);
    hash_ = checksum64(result_.design_id);
  }

  /// float64 with opened gates, at the rung's shape and a small vocabulary: the head is the harness's own.
  std::unique_ptr<DesignModel> model(const Design& design, int64_t n_blocks, bool perturbed) const {
    Shape shape = seed_shape(scale_);
    shape.vocabulary = std::min<int64_t>(shape.vocabulary, 256);
    shape.n_blocks = n_blocks;
    ModelOptions options;
    options.dtype = at::kDouble;
    auto built = std::make_unique<DesignModel>(design, units_, shape, multiplier_, options);
    if (perturbed) perturb_parameters(*built, hash_);
    return built;
  }

  void build() {
    auto built = model(design_, std::min<int64_t>(2, scale_.n_blocks), false);
    at::NoGradGuard no_grad;
    auto tokens = random_tokens(2, std::min<int64_t>(scale_.context, 64), built->shape().vocabulary, 1);
    auto y = built->hidden(tokens);
    if (y.dim() != 3 || y.size(0) != tokens.size(0) || y.size(1) != tokens.size(1) || y.size(2) != scale_.d_model)
      refuse("build", "", "the block does not return the shape (B, T, D) it is given", "return a tensor shaped like x");
    else if (!at::isfinite(y).all().item<bool>())
      refuse("build", "", "the output at initialisation is not finite",
             "look for a division by zero, log or exp without bounds");
    result_.trace_id = trace_id(design_, units_);
  }

  void fit() {
    for (const auto& [name, scale] : settings_.scales) {
      std::string why;
      Fit fit = fit_design(design_, units_, scale, settings_.check, &why);
      result_.fits[name] = fit;
      double ratio =
          static_cast<double>(fit.parameters) / static_cast<double>(std::max<int64_t>(1, fit.target_parameters));
      if (!fit.fits) {
        refuse("fit", "", "at " + name + ": " + why, "declare FIT for a width, or choose units that can grow or shrink",
               ratio, settings_.check.parameter_tolerance);
        return;
      }
      measure("fit " + name, "ok", ratio, settings_.check.parameter_tolerance, "");
    }
    multiplier_ = result_.fits.at(settings_.shape_scale).multiplier;
    n_blocks_ = result_.fits.at(settings_.shape_scale).n_blocks;
  }

  void gradient() {
    auto built = model(design_, n_blocks_, true);
    auto fresh = model(design_, n_blocks_, false);
    int64_t vocabulary = built->shape().vocabulary;
    auto found = measure_gradients(*built, vocabulary, std::min<int64_t>(scale_.context, 64), hash_);
    auto names = [](const std::vector<std::string>& v) {
      std::string text;
      for (size_t i = 0; i < v.size() && i < 4; ++i) text += (i ? ", " : "") + v[i];
      return text + (v.size() > 4 ? " and " + std::to_string(v.size() - 4) + " more" : "");
    };
    if (!found.not_finite.empty())
      return refuse("gradient", "", "gradient is not finite: " + names(found.not_finite),
                    "bound what is divided, rooted or exponentiated");
    if (!found.dead.empty())
      return refuse("gradient", "", "no gradient reaches " + names(found.dead),
                    "use the parameter in forward or leave it out");
    measure("gradient", "ok", found.smallest, 0, "");
    double loss;
    {
      at::NoGradGuard no_grad;
      loss = random_token_loss(*fresh, random_tokens(2, 65, vocabulary, hash_)).item<double>();
    }
    double expected = std::log(static_cast<double>(vocabulary));
    measure("start", loss > 1.5 * expected ? "warning" : "ok", loss, 1.5 * expected,
            loss > 1.5 * expected ? "the loss at initialisation is far above ln V" : "");
  }

  void causality() {
    auto plan = fast_plan(hash_, settings_.check.leak_tolerance);
    for (bool training : {false, true}) {
      auto built = model(design_, n_blocks_, true);
      built->set_training(training);
      auto f = [&](const at::Tensor& x) {
        built->set_step(hash_);
        return built->blocks(x);
      };
      if (training) plan.futures = {Future::kFresh};
      Leak leak = measure_leak(f, scale_.d_model, plan);
      measure(training ? "causality, train mode" : "causality", leak.size <= plan.tolerance ? "ok" : "no", leak.size,
              plan.tolerance, leak.how);
      if (leak.size <= plan.tolerance) continue;
      SlotPath blamed = blame([&](const Design& part) { return leak_of(part, plan); }, plan.tolerance);
      std::string evidence = "output " + std::to_string(leak.position) + " changes by " + format_g(leak.size) +
                             " of the largest when input from position " + std::to_string(leak.cut) +
                             " on is replaced (" + leak.how + ")";
      result_.checks.pop_back();
      return refuse("causality", blamed, evidence,
                    "position t may use positions 0 … t only: mask, pad on the left, and "
                    "let no statistic run over the whole length",
                    leak.size, plan.tolerance);
    }
  }

  double leak_of(const Design& part, const CausalityPlan& plan) const {
    auto built = model(part, 1, true);
    built->set_training(false);
    return measure_leak([&](const at::Tensor& x) { return built->blocks(x); }, scale_.d_model, plan).size;
  }

  /// The deepest slot whose subtree fails alone; the root when none can be tested alone.
  SlotPath blame(const std::function<double(const Design&)>& measure_part, double tolerance) const {
    auto paths = all_paths(design_);
    for (auto path = paths.rbegin(); path != paths.rend(); ++path) {
      const UnitNode* node = find_node(design_, *path);
      const auto& interface = units_.interface(node->unit);
      if (interface.kind == UnitKind::kFunction || !interface.required_inputs.empty()) continue;
      try {
        if (!(measure_part(Design{*node}) <= tolerance)) return path->empty() ? "root" : *path;
      } catch (const std::exception&) {
        continue;  // cannot stand alone: its parent is tested next
      }
    }
    return "root";
  }

  void token() {
    auto plan = fast_plan(hash_, settings_.check.leak_tolerance);
    double worst = 0;
    for (const auto& path : all_paths(design_)) {
      const UnitNode* node = find_node(design_, path);
      const auto& interface = units_.interface(node->unit);
      if (interface.kind != UnitKind::kToken || !interface.required_inputs.empty()) continue;
      auto built = model(Design{*node}, 1, true);
      built->set_training(false);
      Leak leak = measure_token_leak([&](const at::Tensor& x) { return built->blocks(x); }, scale_.d_model, plan);
      worst = std::max(worst, leak.size);
      if (!(leak.size <= plan.tolerance))
        return refuse("token", path.empty() ? "root" : path,
                      interface.class_name + " says it is of kind token, but position " +
                          std::to_string(leak.position) + " changes by " + format_g(leak.size) +
                          " when only others change",
                      "declare KIND = \"sequence\", or use only the position itself", leak.size, plan.tolerance);
    }
    measure("token", "ok", worst, plan.tolerance, "");
  }

  void batch() {
    auto built = model(design_, n_blocks_, true);
    built->set_training(false);
    int64_t length = std::min<int64_t>(scale_.context, 64);
    auto f = [&](const at::Tensor& x) { return built->blocks(x); };
    auto found = measure_batch(f, scale_.d_model, length, hash_);
    auto another = model(design_, n_blocks_, true);
    another->set_training(false);
    at::NoGradGuard no_grad;
    auto x = random_input({2, length, scale_.d_model}, hash_ + 3);
    double used = relative_difference(f(x), another->blocks(x));
    const std::pair<const char*, double> measured[] = {{"row 0 changes when its neighbours do", found.neighbours},
                                                       {"rows depend on their order", found.order},
                                                       {"a row alone differs from the row in a batch", found.alone},
                                                       {"the same input twice gives two outputs", found.repeat},
                                                       {"a used instance differs from a new one", used}};
    double worst = 0;
    for (auto [evidence, size] : measured) {
      worst = std::max(worst, size);
      if (!(size <= settings_.check.leak_tolerance))
        return refuse("batch", "", std::string(evidence) + ", by " + format_g(size) + " of the largest",
                      "no statistics over the batch, no state kept between calls", size,
                      settings_.check.leak_tolerance);
    }
    measure("batch", "ok", worst, settings_.check.leak_tolerance, "");
  }

  /// The slot whose unit's file a traceback names; files are named by hash.
  std::string unit_of(const std::string& file) const {
    for (const auto& path : all_paths(design_))
      if (file.find(find_node(design_, path)->unit) != std::string::npos) return path.empty() ? "root" : path;
    return "";
  }

  const Design& design_;
  const UnitStore& units_;
  const GateSettings& settings_;
  CheckResult& result_;
  const Scale& scale_;
  double multiplier_ = 1;
  int64_t n_blocks_ = 1;
  uint64_t hash_ = 0;
};

std::string to_text(const CheckResult& result) {
  FieldWriter writer;
  CheckResult copy = result;
  copy.fields(writer);
  return to_yaml(writer.node);
}

template <class T>
T from_text(const std::string& text, const std::string& name) {
  Faults faults(name);
  T value;
  read_settings(parse_yaml(text, name), value, faults, "");
  faults.finish();
  return value;
}

/// What travels to the child, as one YAML document.
struct Request {
  CheckSettings check;
  std::map<std::string, Scale> scales;
  std::string shape_scale, design, units;
  template <class V>
  void fields(V& v) {
    v("check", check);
    v("scales", scales);
    v("shape_scale", shape_scale);
    v("design", design);
    v("units", units);
  }
};

std::string answer_in_child(const std::string& text) {
  at::set_num_threads(1);  // the gate's budget is one core's; spinning threads would only slow small models
  auto request = from_text<Request>(text, "request");
  CheckResult result;
  try {
    Design design = read_design(parse_yaml(request.design, "design.yaml"), "design.yaml");
    result = check_design(design, UnitStore(request.units), {request.check, request.scales, request.shape_scale});
  } catch (const Error& e) {
    result.reason = "structure";
    result.evidence = e.what();
  }
  return to_text(result);
}

}  // namespace

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

void register_gate_child() { register_child("gate", answer_in_child); }

std::vector<CheckResult> check_in_child(const std::vector<GateJob>& jobs, const GateSettings& settings) {
  ChildLimits limits;
  std::vector<std::string> requests;
  for (const auto& job : jobs) {
    Request request{settings.check, settings.scales, settings.shape_scale, job.design_yaml, job.units_directory};
    FieldWriter writer;
    request.fields(writer);
    requests.push_back(to_yaml(writer.node));
    limits.readable.push_back(std::filesystem::absolute(job.units_directory).string());
  }
  limits.seconds_per_request = settings.check.seconds;
  limits.memory_bytes = static_cast<uint64_t>(settings.check.memory_gb * double(1 << 30));
  std::vector<CheckResult> results;
  for (const auto& answer : run_in_child("gate", requests, limits)) {
    if (answer.kind == ChildAnswer::Kind::kAnswer) {
      results.push_back(from_text<CheckResult>(answer.text, "answer"));
      continue;
    }
    CheckResult refused;
    refused.reason = answer.kind == ChildAnswer::Kind::kTimeout  ? "time"
                     : answer.kind == ChildAnswer::Kind::kMemory ? "memory"
                                                                 : "crash";
    refused.evidence = answer.text;
    refused.hint = "a design must build and run within check.seconds and check.memory_gb";
    results.push_back(std::move(refused));
  }
  return results;
}

}  // namespace gradus
