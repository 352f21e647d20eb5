/// A design: a tree of units that makes one block (design.md §4). Pure data; nothing here runs a unit.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/config.h"

namespace gradus {

struct UnitNode {
  std::string unit;                                 // 16 hex digits: units/HASH.py
  std::map<std::string, nlohmann::json> arguments;  // constructor arguments other than dim, dim_out and the fillers
  std::map<std::string, UnitNode> slots;            // filled slots by name; an absent one is open
  bool operator==(const UnitNode&) const = default;
};

struct Design {
  UnitNode root;
  bool operator==(const Design&) const = default;
};

/// A place in the tree: slot names from the root, "" the root, "mixer.rotary" below it.
using SlotPath = std::string;

UnitNode* find_node(Design& design, const SlotPath& path);
const UnitNode* find_node(const Design& design, const SlotPath& path);
/// Every filled place, parents before children, in slot-name order.
std::vector<SlotPath> all_paths(const Design& design);

/// design.yaml (format 1): reading reports all faults with lines; writing is canonical (sorted, stable).
/// `names`: units that may be named instead of hashed (data/designs names them by file stem).
Design read_design(const YAML::Node& node, const std::string& file,
                   const std::map<std::string, std::string>& names = {});
YAML::Node write_design(const Design& design, const std::string& design_id = {}, const std::string& trace_id = {});
/// A constructor argument: null, true, 8, 8.0, text, [1, 2]. A whole number and a float stay apart.
nlohmann::json read_argument(const YAML::Node& node, Faults& faults, const std::string& where);
YAML::Node write_argument(const nlohmann::json& value);

/// One line for people: "PreNorm(mixer=Attention(rotary=Rotary), mlp=SwiGLU, norm=RMSNorm)"; `name` maps hash to class
/// name.
std::string to_line(const Design& design, const std::function<std::string(const std::string& unit)>& name);

}  // namespace gradus
