// Designs that are built in.
#include "base/error.h"
#include "design/builtin.h"
#include "design/fit.h"

namespace gradus {
namespace {

const std::map<std::string, Design>& builtin_designs_by_name() {
  static const std::map<std::string, Design> designs = [] {
    std::map<std::string, Design> out;
    for (const auto& [name, text] : builtin_designs()) {
      const std::string file = "data/designs/" + std::string(name);
      out[Path(name).stem().string()] = read_design(parse_yaml(std::string(text), file), file, UnitStore::library());
    }
    return out;
  }();
  return designs;
}

}  // namespace

const Design& builtin_design(const std::string& name) {
  const auto& designs = builtin_designs_by_name();
  if (const auto found = designs.find(name); found != designs.end()) return found->second;
  const std::string near = nearest(name, builtin_design_names());
  throw UsageError("no built-in design '" + name + "'" + (near.empty() ? "" : " (did you mean '" + near + "'?)"));
}

std::vector<std::string> builtin_design_names() {
  std::vector<std::string> names;
  for (const auto& [name, design] : builtin_designs_by_name()) names.push_back(name);
  return names;
}

const Design& gpt2_seed() { return builtin_design("gpt2"); }

}  // namespace gradus
