/// Does it learn? 200 AdamW steps on real tokens at a third, once and three times the scale's learning rate, beside the
/// GPT2 seed on the very same batches (design.md §5.8). The trunk has the scale's width and two blocks, the vocabulary
/// is nano's: both would only cost seconds. Refused: diverging at every rate, a value that is not finite at the rates
/// 1/3 and 1, no better than knowing the tokens' shares (where the seed clearly is), or less than a share of the seed's
/// fall below ln V.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "check/learning_data.h"
#include "design/files.h"
#include "design/store.h"
#include "design/tree.h"

namespace gradus {

/// Of the draws of the learning tier: the seed and every design see the same batches.
inline constexpr uint64_t kLearningKey = 1;

struct LearningPlan {
  int64_t steps = 200, batch = 4, context = 128;  // 512 tokens a step, as nano
  int64_t n_blocks = 2;                           // at most: of 600 steps at d = 128 all six would take a minute
  std::vector<double> multipliers{1.0 / 3, 1, 3};
  int64_t samples() const { return steps * batch; }
};

/// One model a multiplier, trained in float32 in the calling process. UnitError where a unit fails.
Learning measure_learning(const Design& design, const UnitStore& units, const Scale& scale, double fit_multiplier,
                          int64_t n_blocks, const LearningData& data, const LearningPlan& plan, uint64_t key);

/// The GPT2 seed's, from `cache` (a folder; empty: none) or measured and written there. The file's name says processor,
/// data, seed, scale and plan; one that cannot be read is made again.
Learning seed_learning(const Scale& scale, const LearningData& data, const LearningPlan& plan, uint64_t key,
                       const Path& cache);

/// "stability", "learning", "learning start": the verdict "no" is a refusal. share: check.learning_share.
std::vector<Measurement> judge_learning(const Learning& design, const Learning& seed, double share);

/// The seed's, in a child (register_learning_child) where the cache does not know them. The child may read the corpus;
/// the cache is written by the caller alone. (A design's own runs are in the gate's child.)
struct LearningJob {
  std::string design_yaml, units_directory;
  Scale scale;
  Fit fit;
  Path corpus;  // as learning_corpus gives it
  Path cache;
  uint64_t key = 0;
};
Learning seed_learning_in_child(const LearningJob& job, const LearningPlan& plan, double seconds, double memory_gb);
void register_learning_child();

}  // namespace gradus
