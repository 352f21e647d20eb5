/// Unit sources by hash: the experiment's units/ first, then the library that is built in (data/units).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "design/tree.h"
#include "unit/run/interpreter.h"

namespace gradus {

enum class UnitKind { kSequence, kToken, kFunction };

struct SlotInterface {
  std::string name, need;
  UnitKind kind = UnitKind::kSequence;
  std::vector<std::string> in;   // names offered; optional ones end in '?'
  std::vector<std::string> out;  // names required back
};

/// What a unit's file says of itself, read by running it once in an interpreter.
struct UnitInterface {
  std::string hash, class_name, doc;
  UnitKind kind = UnitKind::kSequence;
  std::vector<SlotInterface> slots;
  std::map<std::string, std::pair<double, double>> fit;  // FIT: elastic arguments and their ranges
  std::map<std::string, nlohmann::json> defaults;        // constructor arguments with defaults (scale-free)
  std::vector<std::string> required_inputs,
      optional_inputs;                                       // keywords of forward after x (function: positional names)
  std::vector<std::string> outputs;                          // OUT
  std::vector<std::string> required_arguments;               // of the constructor, beside dim and the slots
  bool takes_any_argument = false, takes_any_input = false;  // **kwargs of the constructor, of forward
  bool takes_dim = false /* always, once read */, takes_dim_out = false, takes_carry = false, takes_layer = false,
       takes_n_layers = false, takes_context = false;
};

class UnitStore {
 public:
  /// experiment_units: EXP/units, or empty for the built-in library alone.
  explicit UnitStore(Path experiment_units = {});
  /// Source text; Error naming the hash when unknown.
  std::string source(const std::string& hash) const;
  bool has(const std::string& hash) const;
  /// What to call the unit's file in messages: "swiglu.py" for the library, else "units/HASH.py".
  std::string file_name(const std::string& hash) const;
  /// Adds a source (written whole, named by its hash); returns the hash.
  std::string add(const std::string& source) const;
  /// Cached per process. Runs the file (callers decide whether in a child): UnitError if it does not run.
  const UnitInterface& interface(const std::string& hash) const;
  /// Hashes of the built-in library by file stem: "multi_head_attention" → hash.
  static const std::map<std::string, std::string>& library();

 private:
  Path directory_;
};

/// Reads what a source says of itself, in an interpreter of its own. UnitError: it does not run or breaks the contract.
UnitInterface read_interface(const std::string& source, const std::string& file);
UnitInterface read_interface(Interpreter& interpreter, const std::string& source, const std::string& file);
const char* to_string(UnitKind kind);
/// The unit of a module that has been run: its last top-level nn.Module class. UnitError when there is none.
Value unit_class(Interpreter& interpreter, const Ref<ModuleObject>& module, const std::string& file);

/// A norm, by its class's name; a slot that wants one, by its own; and a whole block: it holds a mixer and an MLP or
/// norm.
bool is_norm(const UnitInterface& unit);
bool wants_norm(const SlotInterface& slot);
bool is_block(const UnitInterface& unit);

/// Does the filler fit the slot (design.md §4.3)? Empty: yes; else the reason. Since calls go straight from the
/// parent's code to the filler, the filler must also take every input that is not optional and return just the slot's
/// outputs.
std::string misfit(const SlotInterface& slot, const UnitInterface& filler);
/// All faults of a tree: unknown units, unknown slots, misfits, unknown arguments, open slots (named).
std::vector<std::string> tree_faults(const Design& design, const UnitStore& units);
std::vector<SlotPath> open_slots(const Design& design, const UnitStore& units);

}  // namespace gradus
