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

/// The unit with every slot filled: plainly where that fits, else by the first of the library that does.
inline UnitNode filled(const std::string& hash, const UnitStore& units) {
  UnitNode node{hash, {}, {}};
  const auto& library = UnitStore::library();
  for (const SlotInterface& slot : units.interface(hash).slots) {
    std::string filler = library.at(slot.kind == UnitKind::kFunction ? "rotary"
                                    : wants_norm(slot)               ? "rms_norm"
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
  Placed placed{stem, gpt2_seed(), ""};
  const UnitNode node = filled(hash, units);
  auto& slots = placed.design.root.slots;
  if (is_block(unit)) {
    placed.slot = "root";
    placed.design.root = node;
  } else if (unit.kind == UnitKind::kFunction) {
    placed.slot = "mixer.rotary";
    slots.at("mixer").slots.at("rotary") = node;
  } else {
    placed.slot = unit.kind != UnitKind::kToken ? "mixer" : is_norm(unit) ? "norm" : "mlp";
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
