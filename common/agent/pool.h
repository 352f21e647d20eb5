/// The units that the genetic engine may build with, and which of them make sense where.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/rng.h"
#include "design/store.h"
#include "design/tree.h"

namespace gradus {

class UnitPool {
 public:
  explicit UnitPool(std::map<std::string, UnitInterface> units) : units_(std::move(units)) {}
  /// The library and the units of these designs. Runs their files: units of an experiment must have passed the gate.
  UnitPool(const UnitStore& store, const std::vector<Design>& designs);

  const UnitInterface& at(const std::string& hash) const;
  bool has(const std::string& hash) const { return units_.count(hash) != 0; }
  std::string name(const std::string& hash) const;  // class name, or the hash where unknown
  /// Hashes that fit a slot lawfully (design.md §4.3) and by purpose: norms go where a norm is wanted, and nowhere
  /// else.
  std::vector<std::string> fillers(const SlotInterface& slot) const;
  /// Units that can be a whole block: they hold a mixer and an MLP or a norm.
  std::vector<std::string> blocks() const;
  /// The slot of the parent that holds `path`; for the root a slot that takes any sequence unit.
  SlotInterface slot_of(const Design& design, const SlotPath& path) const;

  /// A random lawful subtree for a slot; no unit with slots below `depth` levels where a leaf fits. Slots that `keep`
  /// fills lawfully stay as they are. Throws Error where nothing fits.
  UnitNode fill(const SlotInterface& slot, int depth, Stream& stream) const;
  UnitNode complete(const std::string& unit, const UnitNode& keep, int depth, Stream& stream) const;
  /// A unit of the tree has a FIT argument, so that its parameters can be brought to a scale's.
  bool is_elastic(const Design& design) const;
  /// Is every slot filled and lawfully so? Empty: yes; else the first reason.
  std::string fault(const Design& design) const;

 private:
  std::string fault(const UnitNode& node, const std::string& path) const;
  std::map<std::string, UnitInterface> units_;
};

size_t count_nodes(const UnitNode& node);
SlotPath parent_of(const SlotPath& path);   // "mixer.rotary" → "mixer", "mixer" → ""
std::string last_of(const SlotPath& path);  // "mixer.rotary" → "rotary"

}  // namespace gradus
