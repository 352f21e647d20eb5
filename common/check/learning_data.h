/// What the learning tier trains on: the tokens of a prepared corpus, or made-up ones where there is none.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"
#include "check/short_run.h"

namespace gradus {

inline constexpr int64_t kLearningVocabulary = 1024;  // nano's: most of a step is then the trunk's

struct LearningData {
  at::Tensor tokens;  // (N) int64, train split only
  int64_t vocabulary = 0;
  std::string source;           // "the experiment's corpus", …: in the evidence
  std::string hash;             // of the tokens
  std::vector<double> unigram;  // natural logarithm of each token's share, with one count added to each: (V) nats
  double unigram_entropy = 0;   // nats a token
};

/// Fills hash and unigram statistics.
LearningData describe_tokens(at::Tensor tokens, int64_t vocabulary, std::string source);

/// The directory to learn from: `corpus` if it holds tokens (of 1,024, else the smallest vocabulary up to 4,096), else
/// the default corpus of `try` if that has been made; empty: neither. The child may read only what it is told to.
Path learning_corpus(const Path& corpus);

/// `samples` windows of context + 1 tokens, drawn over the whole train split, one after another; an empty directory:
/// synthetic_tokens. A shard with fewer windows gives them more than once.
LearningData read_learning_data(const Path& directory, int64_t samples, int64_t context);

/// An order-2 Markov chain over 1,024 tokens with Zipf-like shares, in which one token in three repeats what followed
/// the last occurrence of its predecessor: there is a unigram level, a bigram level, and something to copy.
at::Tensor synthetic_tokens(int64_t n, int64_t vocabulary, uint64_t key);

/// Batch k of B windows of T + 1 tokens, as inputs and targets; wraps around.
TokenBatch window_batch(const LearningData& data, int64_t k, int64_t batch, int64_t context);

}  // namespace gradus
