#include "agent/pool.h"

#include <algorithm>

#include "base/error.h"

namespace gradus {
namespace {

const SlotInterface* find_slot(const UnitInterface& unit, const std::string& name) {
  for (const SlotInterface& s : unit.slots)
    if (s.name == name) return &s;
  return nullptr;
}

}  // namespace

SlotPath parent_of(const SlotPath& path) {
  const size_t dot = path.rfind('.');
  return dot == SlotPath::npos ? "" : path.substr(0, dot);
}
std::string last_of(const SlotPath& path) {
  return path.substr(path.rfind('.') == SlotPath::npos ? 0 : path.rfind('.') + 1);
}

size_t count_nodes(const UnitNode& node) {
  size_t n = 1;
  for (const auto& [name, child] : node.slots) n += count_nodes(child);
  return n;
}

UnitPool::UnitPool(const UnitStore& store, const std::vector<Design>& designs) {
  for (const auto& [stem, hash] : UnitStore::library()) units_[hash] = store.interface(hash);
  for (const Design& d : designs)
    for (const SlotPath& path : all_paths(d)) {
      const std::string& hash = find_node(d, path)->unit;
      if (!has(hash)) units_[hash] = store.interface(hash);
    }
}

const UnitInterface& UnitPool::at(const std::string& hash) const {
  const auto found = units_.find(hash);
  if (found == units_.end()) throw Error("unit '" + hash + "' is not known here");
  return found->second;
}

std::string UnitPool::name(const std::string& hash) const {
  const auto found = units_.find(hash);
  return found == units_.end() ? hash : found->second.class_name;
}

std::vector<std::string> UnitPool::fillers(const SlotInterface& slot) const {
  std::vector<std::string> out;
  for (const auto& [hash, unit] : units_) {
    // A whole block within a block is lawful, but it is depth, which the fit to a scale sets.
    const bool too_much = !slot.name.empty() && is_block(unit);
    if (misfit(slot, unit).empty() && is_norm(unit) == wants_norm(slot) && !too_much) out.push_back(hash);
  }
  // By name: the order must not move when a unit's text, and so its hash, changes.
  std::sort(out.begin(), out.end(),
            [&](const auto& a, const auto& b) { return std::pair(name(a), a) < std::pair(name(b), b); });
  return out;
}

std::vector<std::string> UnitPool::blocks() const {
  std::vector<std::string> out = fillers({"", "", UnitKind::kSequence, {}, {}});
  std::erase_if(out, [&](const std::string& hash) { return !is_block(at(hash)); });
  return out;
}

SlotInterface UnitPool::slot_of(const Design& design, const SlotPath& path) const {
  if (path.empty()) return {"", "make a block", UnitKind::kSequence, {}, {}};
  const std::string name = last_of(path);
  const UnitNode* node = find_node(design, parent_of(path));
  require(node != nullptr, "a path of the tree");
  const SlotInterface* slot = find_slot(at(node->unit), name);
  if (!slot) throw Error("unit '" + this->name(node->unit) + "' has no slot '" + name + "'");
  return *slot;
}

UnitNode UnitPool::fill(const SlotInterface& slot, int depth, Stream& stream) const {
  std::vector<std::string> options = fillers(slot);
  if (options.empty()) throw Error("no unit fits the slot '" + slot.name + "'");
  // Function slots (rotary and its like) do not count as depth: a unit with only those is a leaf too.
  std::vector<std::string> leaves;
  for (const std::string& hash : options) {
    const auto& slots = at(hash).slots;
    if (std::all_of(slots.begin(), slots.end(), [](const auto& s) { return s.kind == UnitKind::kFunction; }))
      leaves.push_back(hash);
  }
  if (depth <= 0 && !leaves.empty()) options = leaves;
  if (depth < -6) throw Error("no finite tree fits the slot '" + slot.name + "'");
  return complete(options[stream.next_below(options.size())], {}, depth - 1, stream);
}

UnitNode UnitPool::complete(const std::string& unit, const UnitNode& keep, int depth, Stream& stream) const {
  const UnitInterface& interface = at(unit);
  UnitNode node{unit, {}, {}};
  for (const auto& [name, value] : keep.arguments)
    if (interface.defaults.count(name) && !interface.fit.count(name)) node.arguments[name] = value;
  for (const SlotInterface& slot : interface.slots) {
    const auto kept = keep.slots.find(slot.name);
    const bool stays =
        kept != keep.slots.end() && has(kept->second.unit) && misfit(slot, at(kept->second.unit)).empty();
    node.slots[slot.name] = stays ? kept->second : fill(slot, depth, stream);
  }
  return node;
}

bool UnitPool::is_elastic(const Design& design) const {
  for (const SlotPath& path : all_paths(design))
    if (const std::string& hash = find_node(design, path)->unit; has(hash) && !at(hash).fit.empty()) return true;
  return false;
}

std::string UnitPool::fault(const Design& design) const { return fault(design.root, ""); }

std::string UnitPool::fault(const UnitNode& node, const std::string& path) const {
  const UnitInterface& unit = at(node.unit);
  for (const auto& [name, child] : node.slots)
    if (!find_slot(unit, name)) return "unit '" + unit.class_name + "' has no slot '" + name + "'";
  for (const SlotInterface& slot : unit.slots) {
    const std::string here = path.empty() ? slot.name : path + "." + slot.name;
    const auto child = node.slots.find(slot.name);
    if (child == node.slots.end()) return "slot '" + here + "' is open";
    if (const std::string why = misfit(slot, at(child->second.unit)); !why.empty())
      return "slot '" + here + "': " + why;
    if (const std::string why = fault(child->second, here); !why.empty()) return why;
  }
  return "";
}

}  // namespace gradus
