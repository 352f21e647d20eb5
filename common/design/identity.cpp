// What makes two designs the same (design.md §4, three identities).
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <map>

#include "base/hash.h"
#include "base/rng.h"
#include "design/block_counter.h"
#include "design/fit.h"
#include "unit/syntax/normal.h"
#include "unit/tensor/trace.h"

namespace gradus {
namespace {

nlohmann::json canonical(const UnitNode& node, const UnitStore& units, std::map<std::string, std::string>& forms) {
  auto form = forms.find(node.unit);
  if (form == forms.end()) {
    const std::string normal = syntax::normal_form(units.source(node.unit), units.file_name(node.unit));
    form = forms.emplace(node.unit, hash_hex16(normal)).first;
  }
  nlohmann::json out = {
      {"unit", form->second}, {"arguments", nlohmann::json::object()}, {"slots", nlohmann::json::object()}};
  const auto& defaults = units.interface(node.unit).defaults;
  for (const auto& [name, value] : node.arguments) {
    const auto known = defaults.find(name);
    // Numbers compare and are written by value: 8 is 8.0.
    if (known == defaults.end() || known->second != value) {
      out["arguments"][name] = value.is_number() ? nlohmann::json(value.get<double>()) : value;
    }
  }
  for (const auto& [slot, filler] : node.slots) out["slots"][slot] = canonical(filler, units, forms);
  return out;
}

constexpr Shape kTraceShape{64, 2, 64, 16};
constexpr int64_t kTraceBatch = 2;

at::Tensor trace_input() {
  const Stream stream("trace input", {});
  std::vector<float> values(static_cast<size_t>(kTraceBatch * kTraceShape.context * kTraceShape.d_model));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(stream.normal(i));
  return at::tensor(values).view({kTraceBatch, kTraceShape.context, kTraceShape.d_model});
}

}  // namespace

std::string trace_id(const Design& design, const UnitStore& units) {
  BlockCounter counter(design, units, kTraceShape);
  const double multiplier = counter.nearest_multiplier(kTraceShape.n_blocks, seed_size(kTraceShape).block_parameters);
  BlockBuilder& builder = counter.builder();
  std::vector<Value> blocks;
  std::vector<NamedTensor> parameters;
  std::vector<std::string> draws;
  for (int64_t k = 0; k < kTraceShape.n_blocks; ++k) {
    const Tracer making(builder.interpreter(), {}, {});
    blocks.push_back(builder.build(kTraceShape, k, multiplier, 0));
    for (const NamedTensor& p : named_parameters(builder.interpreter(), blocks.back())) {
      draws.push_back(making.text({p.tensor}));
      parameters.push_back(p);
    }
  }
  std::sort(draws.begin(), draws.end());  // whatever the order in which a constructor makes them
  const at::Tensor x = trace_input();
  const Tracer tracer(builder.interpreter(), parameters, {x});
  at::Tensor y = x;
  Value carry;
  for (size_t k = 0; k < blocks.size(); ++k) y = builder.run(blocks[k], static_cast<int64_t>(k), y, carry);
  std::string text =
      "trace_id " + std::to_string(kTraceIdScheme) + "." + std::to_string(kTraceScheme) + "\n" + tracer.text({y});
  for (const std::string& d : draws) text += d;
  return hash_hex16(text);
}

std::string design_id(const Design& design, const UnitStore& units) {
  std::map<std::string, std::string> forms;
  return hash_hex16("design_id " + std::to_string(kDesignIdScheme) + "." + std::to_string(syntax::kNormalScheme) +
                    "\n" + canonical(design.root, units, forms).dump());
}

}  // namespace gradus
