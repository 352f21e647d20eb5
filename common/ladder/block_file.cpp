#include "ladder/block_file.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/child.h"
#include "base/log.h"
#include "design/fill.h"

namespace gradus {
namespace {

constexpr const char* kChild = "block-file";

BlockFile import_block(const std::string& hash, const UnitStore& units, const Scale& scale, CheckSettings settings) {
  BlockFile block;
  block.design.root.unit = hash;
  for (const SlotInterface& slot : units.interface(hash).slots)
    block.design.root.slots[slot.name] = default_filler(slot, units);
  block.line = to_line(block.design, [&](const std::string& unit) { return units.interface(unit).class_name; });
  if (const auto faults = tree_faults(block.design, units); !faults.empty()) throw Error(faults.front());
  block.trace_id = trace_id(block.design, units);
  std::string why;
  for (double tolerance : kTolerances) {
    settings.parameter_tolerance = settings.block_tolerance = block.tolerance = tolerance;
    block.fit = fit_design(block.design, units, scale, settings, &why);
    if (block.fit.fits) return block;
  }
  throw Error("no fit to the GPT2 seed's parameters: " + why);
}

std::string answer(const std::string& request) {
  const auto job = nlohmann::json::parse(request);
  const auto yaml = [&](const char* key) { return parse_yaml(job.at(key).get<std::string>(), key); };
  Faults faults("request");
  Scale scale;
  CheckSettings settings;
  read_settings(yaml("scale"), scale, faults, "scale");
  read_settings(yaml("check"), settings, faults, "check");
  faults.finish();
  nlohmann::json out;
  try {
    BlockFile block =
        import_block(job.at("unit"), UnitStore(Path(job.at("units").get<std::string>())), scale, settings);
    out = {{"design", to_yaml(write_design(block.design))},
           {"line", block.line},
           {"trace_id", block.trace_id},
           {"tolerance", block.tolerance},
           {"fit", to_yaml(write_value(block.fit))}};
  } catch (const std::exception& error) {  // a verdict on the file
    out = {{"fault", error.what()}};
  }
  return out.dump();
}

BlockFile read_answer(const ChildAnswer& answer) {
  BlockFile block;
  if (answer.kind != ChildAnswer::Kind::kAnswer) {
    block.fault = "the file did not survive its first run: " + answer.text;
    return block;
  }
  const auto out = nlohmann::json::parse(answer.text);
  block.fault = out.value("fault", "");
  if (!block.fault.empty()) return block;
  block.design = read_design(parse_yaml(out.at("design"), "design"), "design");
  block.line = out.at("line"), block.trace_id = out.at("trace_id"), block.tolerance = out.at("tolerance");
  Faults faults("answer");
  read_settings(parse_yaml(out.at("fit"), "fit"), block.fit, faults, "fit");
  faults.finish();
  return block;
}

}  // namespace

void register_block_child() { register_child(kChild, answer); }

std::vector<BlockFile> import_blocks(const std::vector<std::string>& sources, const Path& units_directory,
                                     const Scale& scale, const CheckSettings& settings) {
  const UnitStore units(units_directory);
  std::vector<std::string> requests;
  for (const std::string& source : sources)
    requests.push_back(nlohmann::json{{"unit", units.add(source)},
                                      {"units", std::filesystem::absolute(units_directory).string()},
                                      {"scale", to_yaml(write_value(scale))},
                                      {"check", to_yaml(write_value(settings))}}
                           .dump());
  ChildLimits limits;
  limits.seconds_per_request = settings.seconds;
  limits.memory_bytes = uint64_t(settings.memory_gb * 1e9);
  limits.readable = {std::filesystem::absolute(units_directory).string()};
  std::vector<BlockFile> out;
  for (const ChildAnswer& a : run_in_child(kChild, requests, limits)) out.push_back(read_answer(a));
  return out;
}

Fit match_parameters(const Design& reference, const UnitStore& units, const Scale& scale, const Fit& target) {
  // A scale whose seed has the wanted number cannot be named, so the tolerance decides: the reference is fitted to the
  // seed first, then its multiplier moves until its blocks have the target's parameters.
  Fit fit = fit_design(reference, units, scale, {.parameter_tolerance = 1, .block_tolerance = 1}, nullptr);
  const auto blocks = [&](double multiplier, int64_t n_blocks) {
    Shape shape = seed_shape(scale);
    shape.n_blocks = n_blocks;
    ModelOptions options;
    options.draw = false;
    return DesignModel(reference, units, shape, multiplier, options).block_parameter_count();
  };
  const int64_t embedding = target.parameters - target.block_parameters;
  int64_t best_off = std::numeric_limits<int64_t>::max();
  for (int64_t n = std::max<int64_t>(1, scale.n_blocks - 2); n <= scale.n_blocks + 2; ++n) {
    double low = 0.1, high = 8;
    for (int step = 0; step < 14; ++step) {
      const double middle = std::sqrt(low * high);
      const int64_t count = blocks(middle, n);
      const int64_t off =
          std::abs(count - target.block_parameters) + (n == scale.n_blocks ? 0 : target.block_parameters / 50);
      if (off < best_off) {
        best_off = off;
        fit.multiplier = middle, fit.n_blocks = n, fit.block_parameters = count, fit.parameters = count + embedding;
      }
      (count < target.block_parameters ? low : high) = middle;
    }
  }
  fit.target_parameters = target.parameters, fit.target_block_parameters = target.block_parameters;
  fit.flops_per_token = design_cost(reference, units, fitted_shape(scale, fit), fit.multiplier).flops_per_token;
  fit.fits = true;
  return fit;
}

}  // namespace gradus
