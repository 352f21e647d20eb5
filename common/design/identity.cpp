// What makes two designs the same (design.md §4, three identities).
#include <map>

#include "base/hash.h"
#include "design/fit.h"
#include "unit/syntax/normal.h"

namespace gradus {
namespace {

nlohmann::json canonical(const UnitNode& node, const UnitStore& units, std::map<std::string, std::string>& forms) {
  auto form = forms.find(node.unit);
  if (form == forms.end()) {
    const std::string normal = syntax::normal_form(units.source(node.unit), units.file_name(node.unit));
    form = forms.emplace(node.unit, hash_hex16(normal)).first;
  }
  nlohmann::json out = {{"unit", form->second}, {"arguments", nlohmann::json::object()}, {"slots", nlohmann::json::object()}};
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

}  // namespace

std::string design_id(const Design& design, const UnitStore& units) {
  std::map<std::string, std::string> forms;
  return hash_hex16("design_id " + std::to_string(kDesignIdScheme) + "." + std::to_string(syntax::kNormalScheme) + "\n" +
                    canonical(design.root, units, forms).dump());
}

}  // namespace gradus
