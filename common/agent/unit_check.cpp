#include "agent/unit_check.h"

#include "agent/pool.h"
#include "base/child.h"
#include "base/error.h"
#include "base/unicode.h"
#include "design/fill.h"
#include "design/import.h"

namespace gradus {
namespace {

using nlohmann::json;
constexpr const char* kChild = "unit";
constexpr size_t kLongestTold = 3000;  // bytes of an error that a coder is shown
constexpr const char* kNoFile = "there is no ```python block with a file in the answer";

/// What the child says of a unit in its place.
struct Placed {
  std::string fault;
  std::string design, filled;  // YAML; filled: "" where no unit of the library fits an open slot
  std::vector<OpenSlot> open;
  template <class V>
  void fields(V& v) {
    v("fault", fault);
    v("design", design);
    v("filled", filled);
    v("open", open);
  }
};

/// Faults of the unit itself in its slot; prunes children that it has no place for.
std::string place(Design& design, const SlotPath& path, const UnitStore& units) {
  UnitNode& node = *find_node(design, path);
  const UnitInterface& unit = units.interface(node.unit);
  SlotInterface slot{"", "make a block", UnitKind::kSequence, {}, {}};
  if (!path.empty()) {
    const SlotInterface* found = slot_at(design, path, units);
    if (!found) return "there is no slot '" + path + "'";
    slot = *found;
  }
  if (const std::string why = misfit(slot, unit); !why.empty()) return "it does not fit its slot: " + why;
  for (const std::string& argument : unit.required_arguments)
    return "the constructor's argument '" + argument + "' has no default: give it one, or name it in SLOTS";
  for (auto child = node.slots.begin(); child != node.slots.end();) {
    bool stays = false;
    for (const SlotInterface& s : unit.slots)
      stays = stays || (s.name == child->first && misfit(s, units.interface(child->second.unit)).empty());
    child = stays ? std::next(child) : node.slots.erase(child);
  }
  return "";
}

std::string answer(const std::string& request) {
  const auto job = json::parse(request);
  const UnitStore units(Path(job.at("units").get<std::string>()));
  Placed out;
  try {
    Design design = read_design(parse_yaml(job.at("design").get<std::string>(), "design"), "design");
    out.fault = place(design, job.at("path").get<std::string>(), units);
    if (out.fault.empty()) {
      for (const SlotPath& path : open_slots(design, units))
        out.open.push_back(open_slot(path, *slot_at(design, path, units)));
      out.design = to_yaml(write_design(design));
      try {
        fill_open_slots(design, units);
        out.filled = to_yaml(write_design(design));
      } catch (const Error&) {  // a slot of a new kind: the block is checked when it is written
      }
    }
  } catch (const std::exception& error) {  // what a unit does is a verdict on it
    out.fault = error.what();
  }
  return to_yaml(write_value(out));
}

Placed place_in_child(const Experiment& experiment, const Design& design, const SlotPath& path,
                      std::map<std::string, std::string>& known) {
  const std::string directory = std::filesystem::absolute(experiment.root() / "units").string();
  const CheckSettings& check = experiment.settings().check;
  ChildLimits limits;
  limits.seconds_per_request = check.seconds;
  limits.memory_bytes = uint64_t(check.memory_gb * 1e9);
  limits.readable = {directory};
  const json request{{"design", to_yaml(write_design(design))}, {"units", directory}, {"path", path}};
  std::string& text = known[request.dump()];
  Placed out;
  if (text.empty()) {
    const ChildAnswer got = run_in_child(kChild, {request.dump()}, limits).front();
    if (got.kind != ChildAnswer::Kind::kAnswer) {
      out.fault = "the unit did not survive its first run: " + got.text;
      return out;
    }
    text = got.text;
  }
  Faults faults("unit");
  read_settings(parse_yaml(text, "unit"), out, faults, "");
  faults.finish();
  return out;
}

std::string cut(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.size() <= kLongestTold) return text;
  return text.substr(0, kLongestTold / 2) + "\n[…]\n" + text.substr(text.size() - kLongestTold / 2);
}

Design tree_of(const std::string& yaml) { return read_design(parse_yaml(yaml, "design"), "design"); }

}  // namespace

const SlotInterface* slot_at(const Design& design, const SlotPath& path, const UnitStore& units) {
  for (const SlotInterface& s : units.interface(find_node(design, parent_of(path))->unit).slots)
    if (s.name == last_of(path)) return &s;
  return nullptr;
}

OpenSlot open_slot(const SlotPath& path, const SlotInterface& slot) {
  return {path, to_string(slot.kind), slot.need, slot.in, slot.out};
}

std::string told_of(const CheckResult& check) {
  if (check.passed) return "passed";
  return cut(check.reason + (check.unit.empty() ? "" : " in " + check.unit) + ": " + check.evidence +
             (check.hint.empty() ? "" : "; " + check.hint));
}

UnitChecker::UnitChecker(const Experiment& experiment)
    : experiment_(experiment), units_(experiment.units()), gate_(gate_settings(experiment.settings())) {
  gate_.check.tier = to_string(Tier::kFast);
}

CheckResult UnitChecker::check_tree(const Design& design) {
  const std::string text = to_yaml(write_design(design));
  const auto found = known_.find(text);
  if (found != known_.end()) return found->second;
  return known_[text] = check_in_child({{text, (experiment_.root() / "units").string()}}, gate_).front();
}

UnitVerdict UnitChecker::check(const Building& before, const OpenSlot& slot, const std::string& source, bool gate) {
  UnitVerdict out;
  out.told = kNoFile;
  if (strip(source).empty()) return out;
  out.unit = units_.add(source);
  Design design = before.design;
  UnitNode node{out.unit, {}, {}};
  if (const UnitNode* old = find_node(design, slot.path)) node.slots = old->slots;
  if (slot.path.empty()) {
    design.root = node;
  } else {
    UnitNode* parent = find_node(design, parent_of(slot.path));
    require(parent != nullptr, "an open slot's parent is in the tree");
    parent->slots[last_of(slot.path)] = node;
  }
  const Placed placed = place_in_child(experiment_, design, slot.path, placed_);
  if (!placed.fault.empty()) {
    out.told = cut(placed.fault);
    return out;
  }
  out.next = {tree_of(placed.design), placed.open};
  out.told = "passed";
  if (gate && !placed.filled.empty()) out.told = told_of(check_tree(tree_of(placed.filled)));
  out.passed = out.told == "passed";
  return out;
}

UnitVerdict UnitChecker::check_file(const std::string& source, const std::string& name) {
  UnitVerdict out;
  out.told = kNoFile;
  if (strip(source).empty()) return out;
  try {
    const Import import = import_source(source, name);
    for (const auto& [hash, text] : import.units) units_.add(text);
    out.next.design = import.design, out.next.open.clear();
    if (import.open)
      out.next.design = fill_in_child(import.design, experiment_.root() / "units", experiment_.settings().check);
    out.unit = out.next.design.root.unit;
  } catch (const Error& fault) {
    out.told = cut(fault.what());
    return out;
  }
  out.told = told_of(check_tree(out.next.design));
  out.passed = out.told == "passed";
  return out;
}

void register_unit_check_child() { register_child(kChild, answer); }

}  // namespace gradus
