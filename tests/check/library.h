// Every unit of the library in a whole design, in the place it is for, beside plain fillers: what tests and tables try.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "design/fit.h"

namespace gradus {

struct Placed {
  std::string name;
  Design design;
  SlotPath slot;  // where the unit stands; "root"
};

inline bool says_norm(const std::string& name) { return name.find("norm") != std::string::npos; }

/// The unit with every slot filled: plainly where that fits, else by the first of the library that does.
inline UnitNode filled(const std::string& hash, const UnitStore& units) {
  UnitNode node{hash, {}, {}};
  const auto& library = UnitStore::library();
  for (const SlotInterface& slot : units.interface(hash).slots) {
    std::string filler = library.at(slot.kind == UnitKind::kFunction ? "rotary"
                                    : slot.name == "norm"            ? "rms_norm"
                                    : slot.kind == UnitKind::kToken  ? "swiglu"
                                                                     : "linear_attention");
    if (!misfit(slot, units.interface(filler)).empty())
      for (const auto& [stem, other] : library)
        if (misfit(slot, units.interface(other)).empty()) {
          filler = other;
          break;
        }
    require(misfit(slot, units.interface(filler)).empty(), "the library fills every slot of its units");
    node.slots[slot.name] = filled(filler, units);
  }
  return node;
}

/// `hash`: the unit, or a changed one that stands for it.
inline Placed place_unit(const std::string& stem, const std::string& hash, const UnitStore& units) {
  const UnitInterface& unit = units.interface(hash);
  bool holds_token = false, holds_sequence = false;
  for (const SlotInterface& slot : unit.slots) {
    holds_token |= slot.kind == UnitKind::kToken;
    holds_sequence |= slot.kind == UnitKind::kSequence;
  }
  Placed placed{stem, gpt2_seed(), ""};
  const UnitNode node = filled(hash, units);
  auto& slots = placed.design.root.slots;
  if (holds_token && holds_sequence) {
    placed.slot = "root";
    placed.design.root = node;
  } else if (unit.kind == UnitKind::kFunction) {
    placed.slot = "mixer.rotary";
    slots.at("mixer").slots.at("rotary") = node;
  } else {
    const bool is_norm = unit.kind == UnitKind::kToken && unit.slots.empty() &&
                         !misfit({"norm", "", UnitKind::kToken, {}, {}}, unit).size() &&
                         (says_norm(stem) || stem == "dynamic_tanh");
    placed.slot = is_norm ? "norm" : unit.kind == UnitKind::kToken ? "mlp" : "mixer";
    if (!misfit({placed.slot, "", unit.kind, {}, {}}, unit).empty())  // it gives more than a plain block takes
      placed.design.root = filled(UnitStore::library().at("value_residual"), units);
    slots.at(placed.slot) = node;
  }
  return placed;
}

/// The built-in designs, then every unit in its place.
inline std::vector<Placed> placed_library(const UnitStore& units) {
  std::vector<Placed> all;
  for (const std::string& name : builtin_design_names()) all.push_back({name, builtin_design(name), "root"});
  for (const auto& [stem, hash] : UnitStore::library()) all.push_back(place_unit(stem, hash, units));
  return all;
}

}  // namespace gradus
