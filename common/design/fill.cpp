#include "design/fill.h"

#include "base/child.h"
#include "design/fit.h"

namespace gradus {
namespace {

constexpr const char* kChild = "fill";

std::string last_name(const SlotPath& path) {
  return path.substr(path.rfind('.') == SlotPath::npos ? 0 : path.rfind('.') + 1);
}

std::string answer(const std::string& request) {
  const auto job = nlohmann::json::parse(request);
  const UnitStore units(Path(job.at("units").get<std::string>()));
  Design design = read_design(parse_yaml(job.at("design").get<std::string>(), "design"), "design");
  try {
    fill_open_slots(design, units);
    return nlohmann::json{{"design", to_yaml(write_design(design))}}.dump();
  } catch (const std::exception& error) {
    return nlohmann::json{{"fault", error.what()}}.dump();
  }
}

}  // namespace

UnitNode default_filler(const SlotInterface& slot, const UnitStore& units) {
  const Design& seed = gpt2_seed();
  const auto fits = [&](const std::string& hash) { return misfit(slot, units.interface(hash)).empty(); };
  for (bool same_name : {true, false})
    for (const SlotPath& path : all_paths(seed)) {
      const UnitNode& node = *find_node(seed, path);
      if (!path.empty() && (last_name(path) == slot.name) == same_name && fits(node.unit)) return node;
    }
  for (const auto& [stem, hash] : UnitStore::library())
    if (units.interface(hash).slots.empty() && fits(hash)) return {hash, {}, {}};
  throw Error("no unit of the library fits the slot '" + slot.name + "'");
}

void fill_open_slots(Design& design, const UnitStore& units) {
  for (const SlotPath& path : open_slots(design, units)) {
    const std::string name = last_name(path);
    UnitNode& parent =
        *find_node(design, path.size() == name.size() ? "" : path.substr(0, path.size() - name.size() - 1));
    for (const SlotInterface& slot : units.interface(parent.unit).slots)
      if (slot.name == name) parent.slots[name] = default_filler(slot, units);
  }
}

Design fill_in_child(const Design& design, const Path& units_directory, const CheckSettings& settings) {
  const std::string directory = std::filesystem::absolute(units_directory).string();
  ChildLimits limits;
  limits.seconds_per_request = settings.seconds;
  limits.memory_bytes = uint64_t(settings.memory_gb * 1e9);
  limits.readable = {directory};
  const nlohmann::json request{{"design", to_yaml(write_design(design))}, {"units", directory}};
  const ChildAnswer answer = run_in_child(kChild, {request.dump()}, limits).front();
  if (answer.kind != ChildAnswer::Kind::kAnswer) throw Error("a unit did not survive its first run: " + answer.text);
  const auto out = nlohmann::json::parse(answer.text);
  if (out.contains("fault")) throw Error("cannot fill the open slots: " + out.at("fault").get<std::string>());
  return read_design(parse_yaml(out.at("design").get<std::string>(), "design"), "design");
}

void register_fill_child() { register_child(kChild, answer); }

}  // namespace gradus
