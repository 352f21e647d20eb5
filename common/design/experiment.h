/// An experiment is a directory (design.md §3). This is the one place that knows where things are in it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/file.h"
#include "design/files.h"
#include "design/scales.h"
#include "design/store.h"
#include "design/tree.h"

namespace gradus {

/// "g004-017": generation and slot.
struct DesignName {
  int generation = 0, slot = 0;
  std::string text() const;
  static std::optional<DesignName> parse(std::string_view text);
  auto operator<=>(const DesignName&) const = default;
};

/// "nano-s0-lr1": scale, seed, learning-rate multiplier as written (lr0.333, lr1, lr3).
struct RunName {
  std::string scale;
  int64_t seed = 0;
  double learning_rate_multiplier = 1;
  std::string text() const;
  static std::optional<RunName> parse(std::string_view text);
  bool operator==(const RunName&) const = default;
};

class Experiment {
 public:
  /// Opens and validates EXP/experiment.yaml; throws Error with the reason and the mend.
  explicit Experiment(const Path& root);
  /// The experiment that a path inside it (a design's or run's directory) belongs to.
  static Experiment containing(const Path& path);

  const Path& root() const { return root_; }
  const Settings& settings() const { return settings_; }
  const std::string& settings_hash() const { return settings_hash_; }  // of experiment.yaml's bytes; in every result
  const Scale& scale(const std::string& name) const;                   // UsageError naming the nearest
  UnitStore units() const;

  Path corpus() const { return root_ / "corpus"; }
  Path directory(const DesignName& d) const;  // designs/g004/g004-017
  Path run_directory(const DesignName& d, const RunName& r) const;
  Path evaluation(const DesignName& d, const RunName& r) const;    // evaluate/nano-s0-lr1.yaml
  Path selection(int generation, const std::string& stage) const;  // selected/g004-nano.yaml

  std::vector<int> generations() const;
  std::vector<DesignName> designs(int generation) const;  // existing directories, sorted
  std::vector<DesignName> all_designs() const;
  /// Next unused slots of a generation (directories are claimed by whoever creates them first).
  std::vector<DesignName> free_slots(int generation, int n) const;
  std::optional<Selection> read_selection(int generation, const std::string& stage) const;
  std::vector<std::pair<DesignName, RunName>> finished_runs(const std::string& scale) const;  // with a pretrain.yaml

  /// The design's tree from design.yaml (else Error saying which stage is missing).
  Design read_tree(const DesignName& d) const;

 private:
  Path root_;
  Settings settings_;
  std::string settings_hash_;
};

/// A configuration as an experiment freezes it: defaults filled in, the rungs' scales whole (a `scales:` section sets
/// numbers of a known scale or defines a new one). Throws with all faults, each with its line.
Settings resolve_settings(const YAML::Node& document, const std::string& name);
/// Writes experiment.yaml, units/ and generation 0, what is missing of them. False: it was there, with these settings;
/// with others: UsageError naming the first that differs.
bool create_experiment(const Path& root, const Settings& settings);
/// ": rules.seeds is 2, asked for 3", "" when equal.
std::string first_difference(const YAML::Node& before, const YAML::Node& now, const std::string& where);

/// A record's path to a name: EXP/designs/g004/g004-017 (trailing slash, relative and absolute forms allowed).
struct Located {
  Path experiment;
  DesignName design;
};
Located locate_design(const std::string& path);

}  // namespace gradus
