#include "eval/free_text.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log.h"
#include "eval/likelihood.h"
#include "train/scoring.h"
#include "train/text_files.h"

namespace gradus {
namespace {

constexpr size_t kEnoughBytes = 4096;  // below, chance may decide
constexpr size_t kUntrainedWindows = 64;

double nats_of(TrainedModel& trained, const std::vector<ScoredTokens>& windows, const Communicator& communicator) {
  double nats = 0;
  for (const auto& score : score_likelihoods(trained.model(), windows, communicator)) nats -= score.nats;
  return nats;
}

}  // namespace

TextScore score_text(TrainedModel& trained, const std::string& text, const std::string& name,
                     const Communicator& communicator) {
  if (text.empty()) throw Error("cannot score '" + name + "': it is empty");
  if (!is_utf8(text)) throw Error("cannot score '" + name + "': it is not UTF-8");
  const auto windows = encode_rolling(trained.vocabulary(), text, trained.context());
  TextScore score;
  score.bytes = static_cast<int64_t>(text.size());
  for (const auto& window : windows) score.tokens += window.n_scored;
  const std::vector<ScoredTokens> some(
      windows.begin(), windows.begin() + static_cast<long>(std::min(kUntrainedWindows, windows.size())));
  double tokens = 0;
  for (const auto& window : some) tokens += window.n_scored;
  const double bytes = static_cast<double>(score.bytes) * tokens / static_cast<double>(score.tokens);
  score.untrained_bits_per_byte = bits_per_byte(nats_of(trained, some, communicator), bytes);
  trained.load();
  const double same = bits_per_byte(nats_of(trained, some, communicator), bytes);
  score.bits_per_byte = bits_per_byte(nats_of(trained, windows, communicator), static_cast<double>(score.bytes));
  if (!(same < score.untrained_bits_per_byte) && text.size() >= kEnoughBytes)
    throw Error("no better than untrained on '" + name + "': " + format_g(same) + " against " +
                format_g(score.untrained_bits_per_byte) + " bits per byte");
  return score;
}

GenerateOptions read_generate_options(const Args& args) {
  GenerateOptions options;
  options.most_tokens = args.get_int("n").value_or(64);
  options.temperature = args.get_double("temperature").value_or(0);
  options.top_k = args.get_int("top-k").value_or(0);
  options.top_p = args.get_double("top-p").value_or(1);
  options.seed = static_cast<uint64_t>(args.get_int("draw").value_or(0));
  if (!(options.temperature >= 0)) throw UsageError("--temperature is 0 or more");
  if (options.top_k < 0) throw UsageError("--top-k is 0 (all) or more");
  if (!(options.top_p > 0 && options.top_p <= 1)) throw UsageError("--top-p is above 0, at most 1");
  if (options.most_tokens < 1) throw UsageError("-n is 1 or more");
  return options;
}

std::string write_after(TrainedModel& trained, const std::string& prompt, const GenerateOptions& options,
                        const Communicator& communicator) {
  using Json = nlohmann::ordered_json;
  const auto answers =
      generate(trained.model(), trained.vocabulary(), {prompt}, options, trained.context(), communicator);
  return Json(answers[0]).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<std::string> words_of(const TextScore& s) {
  return {format_g(s.bits_per_byte), format_g(s.untrained_bits_per_byte), std::to_string(s.bytes),
          std::to_string(s.tokens)};
}

}  // namespace gradus
