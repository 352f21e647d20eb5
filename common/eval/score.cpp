#include "eval/score.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/hash.h"
#include "base/ledger.h"
#include "base/log.h"
#include "train/machine.h"
#include "train/run.h"
#include "train/scoring.h"
#include "train/weights.h"

namespace gradus {
namespace {

constexpr int64_t kBatchTokens = 4096;        // of a forward pass: activations stay in the caches
constexpr int64_t kUntrainedTokens = 16'384;  // of a shard: an untrained model scores all text much alike
constexpr Split kHeldOut[] = {Split::kValidation, Split::kConfirmation};

uint64_t documents_within(const TokenShard& shard, int64_t token_limit) {
  if (token_limit <= 0) return shard.n_documents();
  uint64_t n = 0;
  while (n < shard.n_documents() && shard.end(n) <= static_cast<uint64_t>(token_limit)) ++n;
  return std::max<uint64_t>(n, std::min<uint64_t>(1, shard.n_documents()));
}

/// The held-out shards of a scale's vocabulary, scored up to so many tokens.
std::map<std::string, DocumentLosses> score_shards(const EvaluateRequest& request, int64_t token_limit,
                                                   LanguageModel& model, const Communicator& communicator) {
  const Scale& scale = request.experiment.scale(request.run.scale);
  std::map<std::string, DocumentLosses> out;
  for (Split split : kHeldOut) {
    const TokenShard shard = TokenShard::open(request.experiment.corpus(), scale.vocabulary, split);
    out[to_string(split)] = score_documents(model, shard, scale, token_limit, communicator);
  }
  return out;
}

/// The same model at initialisation, on the first documents; one for all learning rates of a seed, kept in
/// evaluate/untrained-SCALE-sSEED.yaml.
Evaluation score_untrained(const EvaluateRequest& request, const std::string& corpus_hash, LanguageModel& model,
                           const Communicator& communicator) {
  const Path file = request.experiment.evaluation(request.design, request.run).parent_path() /
                    ("untrained-" + request.run.scale + "-s" + std::to_string(request.run.seed) + ".yaml");
  const std::string hash = weights_hash(model);
  auto known = read_yaml_if_exists<Evaluation>(file);
  if (communicator.any(!known || known->weights_hash != hash || known->corpus_hash != corpus_hash ||
                       known->experiment != request.experiment.settings_hash())) {
    known = Evaluation{};
    known->weights_hash = hash;
    known->corpus_hash = corpus_hash;
    known->experiment = request.experiment.settings_hash();
    const int64_t limit = request.settings.tokens;
    for (const auto& [name, losses] :
         score_shards(request, limit > 0 ? std::min(limit, kUntrainedTokens) : kUntrainedTokens, model, communicator))
      known->shards[name] = summarize(losses);
    if (communicator.first()) write_yaml(file, *known);
  }
  return *known;
}

void write_losses(const Path& path, const std::map<std::string, DocumentLosses>& shards,
                  const std::string& weights_hash) {
  write_hdf5(path, [&](Hdf5File& file) {
    for (const auto& [name, losses] : shards) {
      file.write(name + "/document", losses.document, {"document of text.h5", "document"});
      file.write(name + "/tokens", losses.tokens, {"token", "document"});
      file.write(name + "/bytes", losses.bytes, {"byte", "document"});
      file.write(name + "/nats", losses.nats, {"nat", "document"});
    }
    file.set("/", "weights_hash", weights_hash);
  });
}

DocumentLosses first_documents(DocumentLosses losses, int64_t n) {
  const auto keep = std::min(static_cast<size_t>(n), losses.nats.size());
  losses.document.resize(keep);
  losses.tokens.resize(keep);
  losses.bytes.resize(keep);
  losses.nats.resize(keep);
  return losses;
}

/// A kept evaluation, if it is of these weights and this experiment.
std::optional<Evaluation> read_kept(const EvaluateRequest& request, const RunResult& run, const Path& file) {
  if (request.force) return std::nullopt;
  auto kept = read_yaml_if_exists<Evaluation>(file);
  if (kept && kept->weights_hash == run.weights_hash && kept->corpus_hash == run.corpus_hash &&
      kept->experiment == request.experiment.settings_hash())
    return kept;
  return std::nullopt;
}

RunResult read_run(const EvaluateRequest& request) {
  const Path directory = request.experiment.run_directory(request.design, request.run);
  const auto run = read_yaml_if_exists<RunResult>(directory / "pretrain.yaml");
  if (!run) throw Error("'" + directory.string() + "' is not finished: run pretrain first");
  if (run->verdict != "done") throw Error("'" + directory.string() + "' has no weights: " + run->verdict);
  return *run;
}

}  // namespace

DocumentLosses score_documents(LanguageModel& model, const TokenShard& shard, const Scale& scale, int64_t token_limit,
                               const Communicator& communicator) {
  const uint64_t n = documents_within(shard, token_limit);
  if (n == 0) throw Error("the shard has no document: give `prepare` more text");
  const auto nats = score_tokens(model, shard, shard.end(n - 1), scale.context, kBatchTokens, communicator);
  DocumentLosses out;
  for (uint64_t d = 0; d < n; ++d) {
    out.document.push_back(shard.number(d));
    out.tokens.push_back(shard.end(d) - shard.begin(d));
    out.bytes.push_back(shard.bytes(d));
    double sum = 0;
    for (uint64_t i = shard.begin(d); i < shard.end(d); ++i) sum += nats[i];
    out.nats.push_back(sum);
  }
  return out;
}

Score summarize(const DocumentLosses& losses) {
  Score s;
  double nats = 0, bytes = 0, squares = 0;
  const size_t n = losses.nats.size();
  for (size_t d = 0; d < n; ++d) {
    nats += losses.nats[d];
    bytes += static_cast<double>(losses.bytes[d]);
    s.tokens += static_cast<int64_t>(losses.tokens[d]);
  }
  for (size_t d = 0; d < n; ++d)
    squares += std::pow(losses.nats[d] - nats / bytes * static_cast<double>(losses.bytes[d]), 2);
  s.bits_per_byte = bits_per_byte(nats, bytes);
  if (n > 1)
    s.standard_error =
        std::sqrt(squares * static_cast<double>(n) / static_cast<double>(n - 1)) / bytes / std::numbers::ln2;
  s.documents = static_cast<int64_t>(n);
  s.bytes = static_cast<int64_t>(bytes);
  return s;
}

Evaluation evaluate_run(const EvaluateRequest& request, const Communicator& communicator) {
  const RunResult run = read_run(request);
  const Path file = request.experiment.evaluation(request.design, request.run);
  auto kept = read_kept(request, run, file);
  if (!communicator.any(!kept)) return *kept;
  const Path directory = request.experiment.run_directory(request.design, request.run);
  const Trainable trainable = read_trainable(request.experiment, request.design, request.run.scale);
  if (trainable.design_id != run.design_id)
    throw Error("'" + (directory / "pretrain.yaml").string() + "' is of another design than design.yaml");
  use_gemm(parse_gemm(run.gemm));
  at::set_num_threads(useful_threads(default_threads(), trainable.fit.flops_per_token * kBatchTokens));
  const auto model =
      build_model(request.experiment, trainable, request.experiment.scale(request.run.scale), request.run.seed);
  const Evaluation untrained = score_untrained(request, run.corpus_hash, *model, communicator);
  load_weights(directory / run.weights, *model, run.weights_hash);
  const auto losses = score_shards(request, request.settings.tokens, *model, communicator);

  Evaluation out;
  out.weights_hash = run.weights_hash;
  out.experiment = request.experiment.settings_hash();
  out.corpus_hash = run.corpus_hash;
  for (const auto& [name, shard] : losses) {
    Score& score = out.shards[name] = summarize(shard);
    const Score& twin = untrained.shards.at(name);
    score.untrained_bits_per_byte = twin.bits_per_byte;
    const double same_documents = summarize(first_documents(shard, twin.documents)).bits_per_byte;
    if (!(same_documents < score.untrained_bits_per_byte))
      throw Error("'" + directory.string() + "' is no better than untrained on " + name + ": " +
                  format_g(same_documents) + " against " + format_g(score.untrained_bits_per_byte) + " bits per byte");
  }
  if (!communicator.first()) return out;
  write_losses(Path(file).replace_extension(".h5"), losses, run.weights_hash);
  write_yaml(file, out);
  append_ledger(request.experiment.root(),
                {request.design.text(), "evaluate", "ok",
                 std::filesystem::relative(file, request.experiment.root()).string(), file_hash_hex16(file)});
  return out;
}

}  // namespace gradus
