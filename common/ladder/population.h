/// All runs of an experiment in one file, EXP/population.h5: a cache that is rebuilt from the ledger at will and
/// brought up to date with it whenever it is opened. The files of the runs stay the truth; a few are compared at every
/// opening.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "design/experiment.h"
#include "ladder/arm.h"

namespace gradus {

struct PopulationRun {
  DesignName design;
  RunScore score;
  bool settled = false;                             // diverged, or trained and evaluated
  uint64_t pretrain_hash = 0, evaluation_hash = 0;  // by the ledger; 0: no line
  double seconds = 0;                               // of the training, by the ledger
};

struct RunPopulation {
  std::string ledger;               // names and sizes of the ledger's files that went in
  std::vector<PopulationRun> runs;  // by design, scale, seed, multiplier
  Arms arms(const std::string& scale, Seeds seeds) const;
};

Path population_file(const Experiment& experiment);
/// From the ledger: every run it names is read anew.
RunPopulation build_population(const Experiment& experiment);
/// The cache, if there is one, after what the ledger has since; written again where that was something. Runs whose file
/// differs from the cache although the ledger says nothing of it: a warning, and it is built anew.
std::optional<RunPopulation> read_population(const Experiment& experiment);
RunPopulation load_population(const Experiment& experiment);  // as it is on disk
void write_population(const Experiment& experiment, const RunPopulation& population);

/// Seconds of every training that the ledger names, the cache's where there is one: (design, scale, seconds).
struct TrainingTime {
  DesignName design;
  std::string scale;
  double seconds = 0;
};
std::vector<TrainingTime> training_times(const Experiment& experiment);

/// A run's score from its two files as our own tools write them, without a YAML parser; what looks otherwise is read by
/// one. nullopt: not settled.
std::optional<RunScore> scan_score(const Experiment& experiment, const DesignName& design, const RunName& run);

}  // namespace gradus
