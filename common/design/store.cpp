#include "design/store.h"

#include <algorithm>
#include <mutex>

#include "base/hash.h"
#include "design/builtin.h"
#include "unit/tensor/tensor.h"

namespace gradus {
namespace {

struct Library {
  std::map<std::string, std::string> by_stem, stem_of;  // stem → hash, hash → stem
  std::map<std::string, std::string_view> source;       // hash → text
};

const Library& builtin_library() {
  static const Library library = [] {
    Library out;
    for (const auto& [name, text] : builtin_units()) {
      const std::string stem = Path(name).stem().string(), hash = hash_hex16(text);
      out.by_stem[stem] = hash;
      out.stem_of[hash] = stem;
      out.source[hash] = text;
    }
    return out;
  }();
  return library;
}

/// One world for all of our own units, which leave nothing behind in it; an interpreter takes 7 ms to make. Never
/// destroyed: it would be after libtorch's own globals.
Interpreter& library_interpreter() {
  static Interpreter* interpreter = [] {
    auto* made = new Interpreter;
    install_torch(*made);
    return made;
  }();
  return *interpreter;
}

std::string child_path(const SlotPath& path, const std::string& slot) {
  return path.empty() ? slot : path + "." + slot;
}

std::string place(const SlotPath& path) { return path.empty() ? "root" : "slot '" + path + "'"; }

std::string list_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What the constructor accepts from design.yaml.
std::vector<std::string> argument_names(const UnitInterface& unit) {
  std::vector<std::string> names = unit.required_arguments;
  for (const auto& [name, value] : unit.defaults) names.push_back(name);
  return names;
}

void node_faults(const UnitNode& node, const SlotPath& path, const UnitStore& units, std::vector<std::string>& out) {
  if (!units.has(node.unit)) {
    out.push_back(place(path) + ": unknown unit '" + node.unit + "'");
    return;
  }
  const UnitInterface* unit = nullptr;
  try {
    unit = &units.interface(node.unit);
  } catch (const UnitError& fault) {
    out.push_back(place(path) + ": unit '" + units.file_name(node.unit) + "' does not run: line " +
                  std::to_string(fault.line) + ": " + fault.message);
    return;
  }
  const std::vector<std::string> known = argument_names(*unit);
  for (const auto& [name, value] : node.arguments) {
    if (contains(known, name) || unit->takes_any_argument) continue;
    const std::string near = nearest(name, known);
    out.push_back(place(path) + ": " + unit->class_name + " has no argument '" + name + "'" +
                  (near.empty() ? ": it has " + list_text(known) : " (did you mean '" + near + "'?)"));
  }
  for (const std::string& name : unit->required_arguments) {
    if (!node.arguments.count(name))
      out.push_back(place(path) + ": " + unit->class_name + " needs an argument '" + name + "'");
  }
  std::vector<std::string> slot_names;
  for (const SlotInterface& slot : unit->slots) slot_names.push_back(slot.name);
  for (const auto& [name, filler] : node.slots) {
    if (contains(slot_names, name)) continue;
    const std::string near = nearest(name, slot_names);
    out.push_back(place(path) + ": " + unit->class_name + " has no slot '" + name + "'" +
                  (near.empty() ? ": it has " + list_text(slot_names) : " (did you mean '" + near + "'?)"));
  }
  for (const SlotInterface& slot : unit->slots) {
    const SlotPath inner = child_path(path, slot.name);
    const auto filler = node.slots.find(slot.name);
    if (filler == node.slots.end()) {
      out.push_back("slot '" + inner + "' is open" + (slot.need.empty() ? "" : ": it needs a unit to " + slot.need));
      continue;
    }
    const size_t before = out.size();
    node_faults(filler->second, inner, units, out);
    if (out.size() > before || !units.has(filler->second.unit)) continue;
    const std::string reason = misfit(slot, units.interface(filler->second.unit));
    if (!reason.empty()) out.push_back("slot '" + inner + "': " + reason);
  }
}

void collect_open(const UnitNode& node, const SlotPath& path, const UnitStore& units, std::vector<SlotPath>& out) {
  for (const SlotInterface& slot : units.interface(node.unit).slots) {
    const auto filler = node.slots.find(slot.name);
    const SlotPath inner = child_path(path, slot.name);
    if (filler == node.slots.end())
      out.push_back(inner);
    else
      collect_open(filler->second, inner, units, out);
  }
}

std::string plain_name(const std::string& input) {
  return input.ends_with('?') ? input.substr(0, input.size() - 1) : input;
}

std::string function_misfit(const SlotInterface& slot, const UnitInterface& filler) {
  const size_t least = filler.required_inputs.size(), most = least + filler.optional_inputs.size();
  if (slot.in.size() >= least && (slot.in.size() <= most || filler.takes_any_input)) return "";
  return filler.class_name + " takes " + std::to_string(least) + (most > least ? " to " + std::to_string(most) : "") +
         " tensors (" + list_text(filler.required_inputs) + "), the slot passes " + std::to_string(slot.in.size()) +
         " (" + list_text(slot.in) + ")";
}

std::string input_misfit(const SlotInterface& slot, const UnitInterface& filler) {
  std::vector<std::string> offered;
  for (const std::string& input : slot.in) offered.push_back(plain_name(input));
  for (const std::string& input : filler.required_inputs) {
    if (!contains(offered, input)) {
      return filler.class_name + " needs the input '" + input + "', the slot offers " + list_text(offered);
    }
  }
  for (const std::string& input : slot.in) {
    if (input.ends_with('?') || filler.takes_any_input) continue;
    if (!contains(filler.required_inputs, input) && !contains(filler.optional_inputs, input)) {
      return "the slot passes '" + input + "', which " + filler.class_name + " does not take";
    }
  }
  return "";
}

}  // namespace

UnitStore::UnitStore(Path experiment_units) : directory_(std::move(experiment_units)) {}

const std::map<std::string, std::string>& UnitStore::library() { return builtin_library().by_stem; }

bool UnitStore::has(const std::string& hash) const {
  return builtin_library().source.count(hash) ||
         (!directory_.empty() && std::filesystem::exists(directory_ / (hash + ".py")));
}

std::string UnitStore::source(const std::string& hash) const {
  if (!directory_.empty()) {
    const Path file = directory_ / (hash + ".py");
    if (const std::optional<std::string> bytes = read_file_if_exists(file)) {
      const std::string found = hash_hex16(*bytes);
      if (found == hash) return *bytes;
      throw Error("unit '" + file.string() + "' is damaged: its bytes hash to " + found);
    }
  }
  const auto& sources = builtin_library().source;
  if (const auto found = sources.find(hash); found != sources.end()) return std::string(found->second);
  throw Error("unknown unit '" + hash + "'" +
              (directory_.empty() ? "" : ": neither in '" + directory_.string() + "' nor built in"));
}

std::string UnitStore::file_name(const std::string& hash) const {
  const auto& stems = builtin_library().stem_of;
  const auto found = stems.find(hash);
  return found == stems.end() ? "units/" + hash + ".py" : found->second + ".py";
}

std::string UnitStore::add(const std::string& source) const {
  const std::string hash = hash_hex16(source);
  if (directory_.empty()) {
    if (has(hash)) return hash;
    throw Error("cannot add a unit: there is no experiment to add it to");
  }
  const Path file = directory_ / (hash + ".py");
  if (read_file_if_exists(file) != source) write_file(file, source);
  return hash;
}

const UnitInterface& UnitStore::interface(const std::string& hash) const {
  static std::mutex mutex;  // the language runs on one thread at a time, but not always on the same
  static std::map<std::string, UnitInterface> cache;
  std::lock_guard lock(mutex);
  if (const auto found = cache.find(hash); found != cache.end()) return found->second;
  UnitInterface unit = builtin_library().source.count(hash)
                           ? read_interface(library_interpreter(), source(hash), file_name(hash))
                           : read_interface(source(hash), file_name(hash));
  unit.hash = hash;
  return cache.emplace(hash, std::move(unit)).first->second;
}

const char* to_string(UnitKind kind) {
  switch (kind) {
    case UnitKind::kSequence:
      return "sequence";
    case UnitKind::kToken:
      return "token";
    case UnitKind::kFunction:
      return "function";
  }
  return "?";
}

namespace {

bool contains_norm(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return text.find("norm") != std::string::npos;
}

}  // namespace

bool is_norm(const UnitInterface& unit) { return unit.slots.empty() && contains_norm(unit.class_name); }
bool wants_norm(const SlotInterface& slot) { return contains_norm(slot.name) || contains_norm(slot.need); }
bool is_block(const UnitInterface& unit) {
  const auto holds = [&](UnitKind kind) {
    return std::any_of(unit.slots.begin(), unit.slots.end(), [&](const SlotInterface& s) { return s.kind == kind; });
  };
  return holds(UnitKind::kSequence) && holds(UnitKind::kToken);
}

std::string misfit(const SlotInterface& slot, const UnitInterface& filler) {
  if (slot.kind != filler.kind) {
    return std::string("the slot needs a ") + to_string(slot.kind) + " unit, " + filler.class_name + " is " +
           to_string(filler.kind);
  }
  const bool function = slot.kind == UnitKind::kFunction;
  const std::string reason = function ? function_misfit(slot, filler) : input_misfit(slot, filler);
  if (!reason.empty()) return reason;
  if (slot.out != filler.outputs) {
    return filler.class_name + " returns " + list_text(filler.outputs) + ", the slot needs " + list_text(slot.out);
  }
  return "";
}

std::vector<std::string> tree_faults(const Design& design, const UnitStore& units) {
  std::vector<std::string> out;
  node_faults(design.root, "", units, out);
  if (!out.empty()) return out;
  const UnitInterface& root = units.interface(design.root.unit);
  SlotInterface block{.name = "root"};
  if (root.kind == UnitKind::kToken) block.kind = UnitKind::kToken;  // a block that mixes nothing is a block
  const std::string reason = misfit(block, root);
  if (!reason.empty()) out.push_back("root: as a block: " + reason);
  return out;
}

std::vector<SlotPath> open_slots(const Design& design, const UnitStore& units) {
  std::vector<SlotPath> out;
  collect_open(design.root, "", units, out);
  return out;
}

}  // namespace gradus
