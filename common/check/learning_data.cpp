#include "check/learning_data.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cmath>

#include "base/hash.h"
#include "base/rng.h"
#include "train/default_corpus.h"
#include "train/schedule.h"
#include "train/tokens.h"

namespace gradus {
namespace {

constexpr int64_t kLargestVocabulary = 4096;  // above, the head alone would take the tier's seconds
constexpr int64_t kSuccessors = 8;            // of a pair of tokens in the synthetic chain

/// The vocabulary of the tokens to use: 1,024 if there, else the smallest not above the largest; 0: none.
int64_t vocabulary_in(const Path& corpus) {
  int64_t best = 0;
  if (!std::filesystem::is_directory(corpus)) return 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("v") || !name.ends_with(".h5")) continue;
    const int64_t n = std::atoll(name.c_str() + 1);
    if (n < 2 || n > kLargestVocabulary) continue;
    if (best == 0 || n == kLearningVocabulary || (n < best && best != kLearningVocabulary)) best = n;
  }
  return best;
}

at::Tensor read_windows(const TokenShard& shard, int64_t samples, int64_t context) {
  const Order order(shard.size(), context, 0);
  at::Tensor out = at::empty({samples * (context + 1)}, at::kLong);
  for (int64_t i = 0; i < samples; ++i)
    shard.read(order.first_token(static_cast<uint64_t>(i)), static_cast<uint64_t>(context + 1),
               out.data_ptr<int64_t>() + i * (context + 1));
  return out;
}

/// Zipf-like: rank r has a share near 1/(r + 1).
int64_t zipf(Stream& stream, int64_t n) {
  return static_cast<int64_t>(std::pow(static_cast<double>(n), stream.next_uniform())) - 1;
}

}  // namespace

LearningData describe_tokens(at::Tensor tokens, int64_t vocabulary, std::string source) {
  LearningData data{tokens.contiguous(), vocabulary, std::move(source), {}, {}, 0};
  const int64_t n = data.tokens.numel();
  const int64_t* p = data.tokens.data_ptr<int64_t>();
  data.hash = hex16(checksum64(p, static_cast<size_t>(n) * sizeof *p, static_cast<uint64_t>(vocabulary)));
  std::vector<double> counts(static_cast<size_t>(vocabulary), 1);
  for (int64_t i = 0; i < n; ++i) ++counts.at(static_cast<size_t>(p[i]));
  for (double count : counts) {
    const double share = count / static_cast<double>(n + vocabulary);
    data.unigram.push_back(std::log(share));
    data.unigram_entropy -= share * std::log(share);
  }
  return data;
}

Path learning_corpus(const Path& corpus) {
  if (!corpus.empty() && vocabulary_in(corpus) > 0) return corpus;
  return known_default_corpus(kLearningVocabulary).value_or(Path());
}

LearningData read_learning_data(const Path& directory, int64_t samples, int64_t context) {
  const int64_t vocabulary = directory.empty() ? 0 : vocabulary_in(directory);
  if (vocabulary == 0)
    return describe_tokens(synthetic_tokens(samples * (context + 1), kLearningVocabulary, 0), kLearningVocabulary,
                           "a made-up chain");
  const TokenShard shard = TokenShard::open(directory, vocabulary, Split::kTrain);
  if (shard.size() <= static_cast<uint64_t>(context)) return read_learning_data({}, samples, context);
  return describe_tokens(read_windows(shard, samples, context), vocabulary, "the corpus of this machine's text");
}

at::Tensor synthetic_tokens(int64_t n, int64_t vocabulary, uint64_t key) {
  at::Tensor out = at::empty({n}, at::kLong);
  int64_t* x = out.data_ptr<int64_t>();
  Stream stream("synthetic", {key});
  std::vector<int64_t> followed_by(static_cast<size_t>(vocabulary), -1);
  for (int64_t i = 0; i < n; ++i) {
    if (i < 2) {
      x[i] = zipf(stream, vocabulary);
    } else if (const int64_t copied = followed_by[static_cast<size_t>(x[i - 1])];
               copied >= 0 && stream.next_uniform() < 1.0 / 3) {
      x[i] = copied;
    } else {
      // The pair (x[i-2], x[i-1]) has eight successors, themselves Zipf-like; x[i-2] counts by its last three bits.
      const uint64_t choice = stream.next_below(kSuccessors);
      Stream successor("successor",
                       {key, static_cast<uint64_t>(x[i - 1]), static_cast<uint64_t>(x[i - 2] % 8), choice});
      x[i] = zipf(successor, vocabulary);
    }
    if (i > 0) followed_by[static_cast<size_t>(x[i - 1])] = x[i];
  }
  return out;
}

TokenBatch window_batch(const LearningData& data, int64_t k, int64_t batch, int64_t context) {
  const int64_t width = context + 1, windows = data.tokens.numel() / width;
  at::Tensor rows = at::empty({batch, width}, at::kLong);
  for (int64_t i = 0; i < batch; ++i)
    rows.select(0, i).copy_(data.tokens.narrow(0, (k * batch + i) % windows * width, width));
  return {rows.narrow(1, 0, context).contiguous(), rows.narrow(1, 1, context).contiguous()};
}

}  // namespace gradus
