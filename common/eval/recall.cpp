#include "eval/recall.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/log.h"
#include "train/scoring.h"
#include "train/tokens.h"

namespace gradus {
namespace {

constexpr uint64_t kTrainTokens = 4'000'000;
constexpr double kRareShare = 1e-5;
constexpr int64_t kBatchTokens = 4096;

uint64_t pair_of(int64_t a, int64_t b) { return static_cast<uint64_t>(a) << 32 | static_cast<uint64_t>(b); }

std::vector<int64_t> first_tokens(const TokenShard& shard, uint64_t n) {
  std::vector<int64_t> out(std::min(n, shard.size()));
  shard.read(0, out.size(), out.data());
  return out;
}

/// Losses of the slice and of the rest, per token.
std::pair<double, double> losses(const std::vector<double>& nats, const std::vector<bool>& slice) {
  double sum[2] = {0, 0}, n[2] = {0, 0};
  for (size_t i = 0; i < nats.size(); ++i) sum[slice[i]] += nats[i], n[slice[i]] += 1;
  return {sum[1] / std::max(1.0, n[1]), sum[0] / std::max(1.0, n[0])};
}

}  // namespace

std::vector<bool> repeated_pairs(const std::vector<int64_t>& tokens, int64_t before_first, int64_t context) {
  std::vector<bool> out(tokens.size());
  std::set<uint64_t> seen;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (static_cast<int64_t>(i) % context == 0) seen.clear();
    out[i] = !seen.insert(pair_of(i == 0 ? before_first : tokens[i - 1], tokens[i])).second;
  }
  return out;
}

RecallScore score_recall(TrainedModel& trained, const Experiment& experiment, const RunName& run, int64_t n_tokens,
                         const Communicator& communicator) {
  const Scale& scale = experiment.scale(run.scale);
  const TokenShard train = TokenShard::open(experiment.corpus(), scale.vocabulary, Split::kTrain);
  const TokenShard held_out = TokenShard::open(experiment.corpus(), scale.vocabulary, Split::kValidation);
  const auto learned = first_tokens(train, kTrainTokens);
  const auto limit = n_tokens > 0 ? static_cast<uint64_t>(n_tokens) : held_out.size();
  const auto tokens = first_tokens(held_out, limit);
  if (tokens.empty()) throw Error("the validation shard has no token: give `prepare` more text");
  std::unordered_map<uint64_t, uint32_t> counts;
  for (size_t i = 1; i < learned.size(); ++i) ++counts[pair_of(learned[i - 1], learned[i])];
  const auto most = static_cast<uint32_t>(kRareShare * static_cast<double>(learned.size()));
  auto slice = repeated_pairs(tokens, held_out.end_of_document(), trained.context());
  RecallScore score;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const auto found = counts.find(pair_of(i == 0 ? held_out.end_of_document() : tokens[i - 1], tokens[i]));
    slice[i] = slice[i] && (found == counts.end() || found->second <= std::max(1U, most));
    (slice[i] ? score.recall_tokens : score.other_tokens) += 1;
  }
  const auto nats = [&] {
    return score_tokens(trained.model(), held_out, tokens.size(), trained.context(), kBatchTokens, communicator);
  };
  score.untrained_recall_loss = losses(nats(), slice).first;
  trained.load();
  std::tie(score.recall_loss, score.other_loss) = losses(nats(), slice);
  return score;
}

std::vector<std::string> words_of(const RecallScore& s) {
  return {format_g(s.recall_loss), format_g(s.other_loss), format_g(s.untrained_recall_loss),
          std::to_string(s.recall_tokens), std::to_string(s.other_tokens)};
}

}  // namespace gradus
