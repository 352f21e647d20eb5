#include "check/profile.h"

#include <ATen/ops/randn.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/record.h"
#include "design/block.h"
#include "design/fit.h"
#include "unit/tensor/counts.h"

namespace gradus {
namespace {

constexpr const char* kChild = "profile";

std::string number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", v);
  return text;
}

std::string row(const std::string& kind, const std::string& name, const Cost& c) {
  return kind + '\t' + name + '\t' + std::to_string(c.calls) + '\t' + number(c.flops) + '\t' + number(c.bytes) + '\t' +
         number(c.output_bytes) + '\t' + std::to_string(c.peak_bytes) + '\n';
}

std::string answer(const std::string& text) {
  const auto request = nlohmann::json::parse(text);
  Faults faults("request");
  Scale scale;
  CheckSettings settings;
  read_settings(parse_yaml(request.at("scale"), "scale"), scale, faults, "scale");
  read_settings(parse_yaml(request.at("check"), "check"), settings, faults, "check");
  faults.finish();
  return profile_design(read_design(parse_yaml(request.at("design"), "design.yaml"), "design.yaml"),
                        UnitStore(Path(request.at("units").get<std::string>())), scale, settings);
}

}  // namespace

std::string profile_design(const Design& design, const UnitStore& units, const Scale& scale,
                           const CheckSettings& settings) {
  std::string why;
  const Fit fit = fit_design(design, units, scale, settings, &why);
  const Shape shape = fitted_shape(scale, fit);
  BlockBuilder builder(design, units, {});
  const Value block = builder.build(shape, 0, fit.multiplier, 0);
  at::Tensor x = at::randn({1, scale.context, scale.d_model});
  x.requires_grad_(true);
  Value carry;
  builder.run(block, 0, x, carry).sum().backward();  // gradients exist from here on, tables are made
  carry = Value();

  const Counter counter(builder.interpreter());
  const at::Tensor y = builder.run(block, 0, x, carry);
  Cost forward = counter.total();
  forward.peak_bytes = counter.memory().peak();
  const int64_t kept = counter.memory().live();
  y.sum().backward();
  const int64_t peak = counter.memory().peak();

  std::string table = "# one block, one sequence of " + std::to_string(scale.context) + " tokens, width " +
                      std::to_string(scale.d_model) + ", float32" + (fit.fits ? "" : "; it does not fit: " + why) +
                      "\n# kind\tname\tcalls\tflops\tbytes\tmade_bytes\tpeak_bytes\n" + row("step", "forward", forward);
  table += "step\tkept for backward\t.\t.\t.\t.\t" + std::to_string(kept) + '\n';
  table += "step\tforward and backward\t.\t.\t.\t.\t" + std::to_string(peak) + '\n';
  for (const auto& [name, cost] : counter.by_module()) table += row("unit", name, cost);
  std::vector<std::pair<std::string, Cost>> operators(counter.by_operator().begin(), counter.by_operator().end());
  std::stable_sort(operators.begin(), operators.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second.flops, a.second.bytes) > std::pair(b.second.flops, b.second.bytes);
  });
  for (const auto& [name, cost] : operators) table += row("operator", name, cost);
  return table;
}

void register_profile_child() { register_child(kChild, answer); }

std::string profile_in_child(const GateJob& job, const Scale& scale, const CheckSettings& settings) {
  ChildLimits limits;
  limits.seconds_per_request = settings.seconds;
  limits.memory_bytes = uint64_t(settings.memory_gb * double(1 << 30));
  limits.readable = {std::filesystem::absolute(job.units_directory).string()};
  const nlohmann::json request{{"design", job.design_yaml},
                               {"units", limits.readable.front()},
                               {"scale", to_yaml(write_value(scale))},
                               {"check", to_yaml(write_value(settings))}};
  const ChildAnswer a = run_in_child(kChild, {request.dump()}, limits).front();
  if (a.kind != ChildAnswer::Kind::kAnswer) throw Error("the design does not run: " + a.text);
  return a.text;
}

}  // namespace gradus
