/// Is a unit that a coder wrote lawful in its slot, and does the block with it pass the gate's fast tier? Slots that
/// are still open are filled with the seed's parts meanwhile. Everything that runs it is in a child.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/session.h"
#include "check/gate.h"
#include "design/tree.h"

namespace gradus {

/// A slot that is to be written.
struct OpenSlot {
  SlotPath path;
  std::string kind = "sequence", need = "make a block";
  std::vector<std::string> in, out;
  template <class V>
  void fields(V& v) {
    v("path", path);
    v("kind", kind);
    v("need", need);
    v("in", in);
    v("out", out);
  }
};

OpenSlot open_slot(const SlotPath& path, const SlotInterface& slot);
/// The slot at `path` of the unit above it, which must be in the tree and is run to be read; null where it has none.
const SlotInterface* slot_at(const Design& design, const SlotPath& path, const UnitStore& units);

/// A tree on its way: what is written, and what is open.
struct Building {
  Design design;  // the root's unit is empty before the first
  std::vector<OpenSlot> open{OpenSlot()};
};

struct UnitVerdict {
  bool passed = false;
  std::string told;  // "passed", or what is wrong in the checker's words
  std::string unit;  // its hash
  Building next;     // of a lawful unit: the tree with it, and what is open then
};

class UnitChecker {
 public:
  explicit UnitChecker(const Experiment& experiment);

  /// The unit's source in the place of `slot`; children that were there stay where they still fit. Without `gate` only
  /// the contract is checked: that it parses, runs at import, and fits its slot.
  UnitVerdict check(const Building& before, const OpenSlot& slot, const std::string& source, bool gate = true);
  /// A whole tree; answers are remembered by its text.
  CheckResult check_tree(const Design& design);
  /// The block in one file (agents.direct).
  UnitVerdict check_file(const std::string& source, const std::string& name);

 private:
  const Experiment& experiment_;
  UnitStore units_;
  GateSettings gate_;
  std::map<std::string, CheckResult> known_;   // by the tree's text
  std::map<std::string, std::string> placed_;  // the child's answers by its requests
};

void register_unit_check_child();

/// "causality in mixer: outputs up to token 31 change …; hint".
std::string told_of(const CheckResult& check);

}  // namespace gradus
