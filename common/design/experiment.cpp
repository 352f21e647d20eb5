#include "design/experiment.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <set>

#include "base/hash.h"
#include "design/selection_parts.h"

namespace gradus {
namespace {

std::string padded(char prefix, int number) {
  char text[24];
  std::snprintf(text, sizeof text, "%c%03d", prefix, number);
  return text;
}

std::string generation_text(int generation) { return padded('g', generation); }

template <class T>
bool parse_number(std::string_view text, T& out) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc() && end == text.data() + text.size();
}

bool parse_generation(std::string_view text, int& out) {
  return text.size() >= 4 && text[0] == 'g' && parse_number(text.substr(1), out) && generation_text(out) == text;
}

std::string multiplier_text(double multiplier) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", multiplier);
  return text;
}

/// Names in a directory (none if it does not exist), unfinished writes left out.
std::vector<std::string> names_in(const Path& directory) {
  std::vector<std::string> names;
  std::error_code fault;
  for (std::filesystem::directory_iterator it(directory, fault), end; !fault && it != end; it.increment(fault)) {
    if (!is_temporary(it->path())) names.push_back(it->path().filename().string());
  }
  if (fault && fault != std::errc::no_such_file_or_directory) {
    throw Error("cannot list '" + directory.string() + "': " + fault.message());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::string DesignName::text() const { return generation_text(generation) + padded('-', slot); }

std::optional<DesignName> DesignName::parse(std::string_view text) {
  const size_t dash = text.find('-');
  DesignName name;
  if (dash == text.npos || !parse_generation(text.substr(0, dash), name.generation)) return std::nullopt;
  if (!parse_number(text.substr(dash + 1), name.slot) || name.slot < 0 || name.text() != text) return std::nullopt;
  return name;
}

std::string RunName::text() const {
  return scale + "-s" + std::to_string(seed) + "-lr" + multiplier_text(learning_rate_multiplier);
}

std::optional<RunName> RunName::parse(std::string_view text) {
  const size_t rate = text.rfind("-lr");
  const size_t seed = rate == text.npos ? rate : text.rfind("-s", rate - (rate > 0));
  if (seed == text.npos || seed == 0) return std::nullopt;
  RunName name;
  name.scale = std::string(text.substr(0, seed));
  if (!parse_number(text.substr(seed + 2, rate - seed - 2), name.seed)) return std::nullopt;
  double& multiplier = name.learning_rate_multiplier;
  if (!parse_number(text.substr(rate + 3), multiplier) || !(multiplier > 0) || !std::isfinite(multiplier))
    return std::nullopt;
  const double third = std::round(3 * multiplier) / 3;  // "0.333" is how a third is written
  if (multiplier_text(third) == text.substr(rate + 3)) multiplier = third;
  if (name.text() != text) return std::nullopt;
  return name;
}

Experiment::Experiment(const Path& root) : root_(root) {
  const Path file = root / "experiment.yaml";
  const std::optional<std::string> bytes = read_file_if_exists(file);
  if (!bytes) {
    throw Error("'" + root.string() + "' is no experiment: it has no experiment.yaml; make one with 'gradus new " +
                root.string() + " --from demo'");
  }
  settings_ = resolve_settings(parse_yaml(*bytes, file.string()), file.string());
  settings_hash_ = hash_hex16(*bytes);
}

Experiment Experiment::containing(const Path& path) {
  const Path absolute = std::filesystem::absolute(path).lexically_normal();
  for (Path at = absolute; at.has_relative_path(); at = at.parent_path()) {
    if (std::filesystem::exists(at / "experiment.yaml")) return Experiment(at);
  }
  throw Error("'" + path.string() + "' is in no experiment: no experiment.yaml in it or above it");
}

const Scale& Experiment::scale(const std::string& name) const {
  const auto found = settings_.scales.find(name);
  if (found != settings_.scales.end()) return found->second;
  const std::vector<std::string> known = ladder_order(settings_.scales);
  const std::string near = nearest(name, known);
  std::string all;
  for (const std::string& k : known) all += (all.empty() ? "" : ", ") + k;
  throw UsageError("no scale '" + name + "' in '" + root_.string() + "'" +
                   (near.empty() ? ": it has " + all : " (did you mean '" + near + "'?)"));
}

UnitStore Experiment::units() const { return UnitStore(root_ / "units"); }

Path Experiment::directory(const DesignName& d) const {
  return root_ / "designs" / generation_text(d.generation) / d.text();
}

Path Experiment::run_directory(const DesignName& d, const RunName& r) const { return directory(d) / "runs" / r.text(); }

Path Experiment::evaluation(const DesignName& d, const RunName& r) const {
  return directory(d) / "evaluate" / (r.text() + ".yaml");
}

Path Experiment::selection(int generation, const std::string& stage) const {
  return root_ / "selected" / (generation_text(generation) + "-" + stage + ".yaml");
}

std::vector<int> Experiment::generations() const {
  std::vector<int> out;
  int generation;
  for (const std::string& name : names_in(root_ / "designs")) {
    if (parse_generation(name, generation)) out.push_back(generation);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<DesignName> Experiment::designs(int generation) const {
  std::vector<DesignName> out;
  for (const std::string& name : names_in(root_ / "designs" / generation_text(generation))) {
    const auto design = DesignName::parse(name);
    if (design && design->generation == generation) out.push_back(*design);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<DesignName> Experiment::all_designs() const {
  std::vector<DesignName> out;
  for (int generation : generations()) {
    for (const DesignName& d : designs(generation)) out.push_back(d);
  }
  return out;
}

std::vector<DesignName> Experiment::free_slots(int generation, int n) const {
  std::set<int> used;
  for (const DesignName& d : designs(generation)) used.insert(d.slot);
  std::vector<DesignName> out;
  for (int slot = 0; static_cast<int>(out.size()) < n; ++slot) {
    if (!used.count(slot)) out.push_back({generation, slot});
  }
  return out;
}

std::optional<Selection> Experiment::read_selection(int generation, const std::string& stage) const {
  if (auto whole = read_yaml_if_exists<Selection>(selection(generation, stage))) return whole;
  const auto parts = read_parts(*this, generation, stage);
  if (parts.empty()) return std::nullopt;
  return sum_of(parts);
}

std::vector<std::pair<DesignName, RunName>> Experiment::finished_runs(const std::string& scale) const {
  std::vector<std::pair<DesignName, RunName>> out;
  for (const DesignName& d : all_designs()) {
    const Path runs = directory(d) / "runs";
    for (const std::string& name : names_in(runs)) {
      const auto run = RunName::parse(name);
      if (run && run->scale == scale && std::filesystem::exists(runs / name / "pretrain.yaml"))
        out.emplace_back(d, *run);
    }
  }
  return out;
}

Design Experiment::read_tree(const DesignName& d) const {
  const Path file = directory(d) / "design.yaml";
  if (std::filesystem::exists(file)) return read_design(load_yaml(file), file.string());
  const auto has = [&](const char* name) { return std::filesystem::exists(directory(d) / name); };
  std::string stage = "it does not exist";
  if (has("implement.yaml"))
    stage = "it was not built";
  else if (has("review.yaml"))
    stage =
        read_yaml<Review>(directory(d) / "review.yaml").accepted ? "run 'gradus implement' on it" : "it was rejected";
  else if (has("origin.yaml"))
    stage = "run 'gradus review' and 'gradus implement' on it";
  throw Error("design '" + d.text() + "' has no design.yaml: " + stage);
}

Located locate_design(const std::string& path) {
  for (bool absolute : {false, true}) {
    if (path.empty()) break;
    const Path form = (absolute ? std::filesystem::absolute(path) : Path(path)).lexically_normal();
    const Path at = form.has_filename() ? form : form.parent_path();  // no trailing slash
    const auto name = DesignName::parse(at.filename().string());
    const Path generation = at.parent_path(), designs = generation.parent_path();
    if (!name || generation.filename() != generation_text(name->generation) || designs.filename() != "designs")
      continue;
    const Path experiment = designs.parent_path();
    return {experiment.empty() ? Path(".") : experiment, *name};
  }
  if (std::filesystem::exists(Path(path) / "experiment.yaml"))
    throw UsageError("'" + path + "' is an experiment, not a design: name one, as in '" +
                     (Path(path) / "designs/g000/g000-000").string() + "', or give all: ls -d " +
                     (Path(path) / "designs/*/*").string());
  throw UsageError("'" + path + "' is no design: expected EXP/designs/g004/g004-017" +
                   (DesignName::parse(path) ? ", or this name within an experiment's folder" : ""));
}

}  // namespace gradus
