/// What the runs of a design at one rung have shown: read from runs/*/pretrain.yaml and evaluate/*.yaml.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "design/experiment.h"

namespace gradus {

/// A diverged run scores as a model that knows nothing: 8 bits a byte.
inline constexpr double kDivergedBitsPerByte = 8;

struct RunScore {
  RunName run;
  bool diverged = false;
  double validation = kDivergedBitsPerByte, confirmation = kDivergedBitsPerByte;  // bits per byte
  double untrained = 0;  // validation of the same model at initialisation; 0: not known
  double half = 0;       // validation slice at half the tokens: the learning curve's other point
  int64_t parameters = 0, tokens = 0;
};

struct Arm {
  DesignName design;
  std::vector<RunScore> runs;  // by seed, then multiplier

  /// The multiplier with the lowest validation on the first seed: an arm's own learning rate. None without runs.
  std::optional<double> best_multiplier() const;
  std::vector<RunScore> at(double multiplier) const;  // by seed
  std::vector<double> multipliers_tried() const;      // on the first seed
};

using Arms = std::map<DesignName, Arm>;

/// Seeds from here on are confirmation's: they choose nothing, so no standing and no noise estimate sees them.
inline constexpr int64_t kFreshSeeds = 1'000'000;
enum class Seeds { kSearch, kFresh };
/// All runs of a scale that are settled: diverged, or done and evaluated; from population.h5 where there is one.
Arms read_arms(const Experiment& experiment, const std::string& scale, Seeds seeds = Seeds::kSearch);
/// One of them; nullopt: not settled.
std::optional<RunScore> read_score(const Experiment& experiment, const DesignName& design, const RunName& run);
/// Is this run settled? Else what is missing ("not trained", "not evaluated").
std::optional<std::string> unsettled(const Experiment& experiment, const DesignName& design, const RunName& run);

}  // namespace gradus
