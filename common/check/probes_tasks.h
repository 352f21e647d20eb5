/// Synthetic tasks that ask one ability each of a sequence mixer: the six of MAD (Poli et al. 2024, arXiv:2403.17844)
/// and multi-query associative recall (Arora et al. 2023, arXiv:2312.04927), as their code has them, from our own
/// random numbers. Example i of a split is a pure function of (task, split, seed, i).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "check/short_run.h"

namespace gradus {

struct ProbeTask {
  /// in-context-recall, fuzzy-recall, noisy-recall, selective-copying, compression, memorization, mqar
  std::string name;
  int64_t vocabulary = 16, length = 128;
  int64_t examples = 12'800;    // different ones in training; then they come again
  double noise = 0;             // noisy-recall: share of pairs that are two noise tokens (of the last 16 tokens)
  int64_t copy = 16;            // selective-copying: tokens to copy
  int64_t pairs = 4;            // mqar
  std::string setting() const;  // "V16 L128 N12800", with noise, copy or K where they count

  template <class V>
  void fields(V& v) {
    v("name", name);
    v("vocabulary", vocabulary);
    v("length", length);
    v("examples", examples);
    v("noise", noise);
    v("copy", copy);
    v("pairs", pairs);
  }
};

/// Training examples, and two sets that share nothing with them: one to choose the learning rate by, one to report.
enum class ProbeSplit : uint64_t { kTrain = 0, kValidation = 1, kTest = 2 };

/// Examples first … first + n − 1; inputs (n, T), targets (n, T), kIgnored where nothing is asked. T is the length, of
/// recall tasks one less (their last token is only a target).
TokenBatch probe_examples(const ProbeTask& task, ProbeSplit split, int64_t first, int64_t n, uint64_t seed);

/// Tokens that can be a target outside training, and so what guessing scores: 1 / their number.
double probe_chance(const ProbeTask& task);

/// MAD's settings, one factor at a time from each baseline (66), and the four of MQAR's figure 2.
std::vector<ProbeTask> full_probe_tasks();
/// One setting a task. At nano the GPT2 seed scores .19 .13 .16 .32 .24 .81 .24 (the order above), a block without
/// mixing .06 .00 .06 .07 .07 .01 .01, which is chance: 229 s of CPU together. Fuzzy recall is not learned in these
/// steps.
std::vector<ProbeTask> fast_probe_tasks();

}  // namespace gradus
