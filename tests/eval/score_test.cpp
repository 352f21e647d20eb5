#include "eval/score.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/one_hot.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "../base/testing.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/rng.h"
#include "design/builtin.h"
#include "eval/free_text.h"
#include "eval/recall.h"
#include "eval/task_run.h"
#include "train/run.h"
#include "train/scoring.h"
#include "train/weights.h"

namespace gradus {
namespace {

using testing::HasSubstr;

std::string prose(uint64_t seed, size_t bytes) {
  static const std::vector<std::string> words{"the", "cat", "ran", "over", "a", "hill", "and", "saw", "river", "stone"};
  std::string out;
  for (Stream stream("prose", {seed}); out.size() < bytes;)
    out += words[stream.next_below(words.size())] + (stream.next_below(9) == 0 ? ".\n" : " ");
  return out;
}

void make_corpus(const Path& root) {
  for (uint64_t i = 0; i < 40; ++i)
    write_file(root / "in" / ("d" + std::to_string(i) + ".txt"), prose(i, 500 + 10 * i));
  Corpus::build(root / "corpus", {.paths = {(root / "in").string()}}, {0.2, 0.2});
  write_tokens(root / "corpus", Corpus::open(root / "corpus"), Vocabulary::bytes());
}

/// Predicts from the last token alone: z = 3 where the next token's number is the last one's plus one, else 0.
struct Successor : LanguageModel {
  at::Tensor identity = at::eye(256, at::kFloat);
  std::vector<ModelParameter> none;
  at::Tensor hidden(const at::Tensor& tokens) override {
    return 3 * at::one_hot((tokens + 1).remainder(256), 256).to(at::kFloat);
  }
  const at::Tensor& head() override { return identity; }
  const std::vector<ModelParameter>& parameters() override { return none; }
  void set_training(bool) override {}
};

TEST(Score, EveryTokenIsScoredOnceFromTheOneBefore) {
  const tests::Directory root;
  disable_progress();
  make_corpus(root.path);
  const TokenShard shard = TokenShard::open(root / "corpus", 256, Split::kValidation);
  Successor model;
  Scale scale;
  scale.context = 32;
  const DocumentLosses losses = score_documents(model, shard, scale, 0, Communicator());
  ASSERT_EQ(losses.nats.size(), shard.n_documents());
  std::vector<int64_t> tokens(shard.size());
  shard.read(0, shard.size(), tokens.data());
  int64_t last = shard.end_of_document();
  for (uint64_t d = 0; d < shard.n_documents(); ++d) {
    double nats = 0;
    for (uint64_t i = shard.begin(d); i < shard.end(d); last = tokens[i++])
      nats += std::log(255 + std::exp(3.0)) - (tokens[i] == last + 1 ? 3 : 0);
    EXPECT_NEAR(losses.nats[d], nats, 1e-3);
    EXPECT_EQ(losses.bytes[d] + 1, losses.tokens[d]);
  }
  // A limit takes whole documents.
  const DocumentLosses some =
      score_documents(model, shard, scale, static_cast<int64_t>(shard.end(1)) + 5, Communicator());
  EXPECT_EQ(some.nats.size(), 2u);
}

TEST(Score, TheStandardErrorIsTheRatioEstimators) {
  // Two documents of 10 and 30 bytes with 10 and 20 nats: r = 30/40 = 0.75; residuals 10 − 7.5 = 2.5 and 20 − 22.5 =
  // −2.5; se² = 2/1 · 12.5 / 40² = 0.015625, se = 0.125 nats a byte = 0.18034 bits.
  const Score s = summarize({{0, 1}, {5, 9}, {10, 30}, {10, 20}});
  EXPECT_NEAR(s.bits_per_byte, 0.75 / std::numbers::ln2, 1e-12);
  EXPECT_NEAR(s.standard_error, 0.125 / std::numbers::ln2, 1e-12);
  EXPECT_EQ(s.tokens, 14);
  EXPECT_EQ(s.bytes, 40);
  EXPECT_EQ(s.documents, 2);
}

class RunTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    disable_progress();
    set_log_level(LogLevel::kError);
    root_ = new tests::Directory;
    for (const auto& [name, text] : builtin_configs())
      if (name == "tiny.yaml")
        create_experiment(root_->path / "exp", resolve_settings(parse_yaml(std::string(text), "tiny"), "tiny"));
    make_corpus(*root_ / "exp");
    const Experiment e = experiment();
    CheckResult check;
    check.passed = true;
    check.design_id = design_id(e.read_tree({}), e.units());
    for (const auto& [name, scale] : e.settings().scales)
      check.fits[name] = fit_design(e.read_tree({}), e.units(), scale, e.settings().check);
    write_yaml(e.directory({}) / "check.yaml", check);
    pretrain_run({e, {}, {"pico", 0, 1}, e.settings().pretrain}, Communicator());
  }
  static void TearDownTestSuite() { delete root_; }
  static Experiment experiment() { return Experiment(*root_ / "exp"); }
  static Path run_directory() { return experiment().run_directory({}, {"pico", 0, 1}); }
  Evaluation evaluate(bool force = false) {
    const Experiment e = experiment();
    return evaluate_run({e, {}, {"pico", 0, 1}, e.settings().evaluate, force}, Communicator());
  }
  std::string error_of_evaluating() {
    try {
      evaluate(true);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }
  static inline tests::Directory* root_ = nullptr;
};

TEST_F(RunTest, ARunLeavesItsFilesAndIsNotRepeated) {
  const auto result = read_yaml<RunResult>(run_directory() / "pretrain.yaml");
  EXPECT_EQ(result.verdict, "done");
  EXPECT_EQ(result.steps, 32);
  EXPECT_EQ(result.tokens, 4096);
  EXPECT_GT(result.bits_per_byte_half, result.bits_per_byte);
  EXPECT_LT(result.loss, std::log(256));
  EXPECT_EQ(read_yaml<RunConfig>(run_directory() / "config.yaml").gemm, result.gemm);
  const Hdf5File metrics = Hdf5File::open(run_directory() / "metrics.h5");
  EXPECT_EQ(metrics.read<double>("train/loss").size(), 32u);
  EXPECT_EQ(metrics.text("validation/bits_per_byte", "unit"), "bit/byte");
  EXPECT_EQ(tests::n_entries(run_directory()), 5u);  // config, log, metrics, weights, pretrain: no checkpoint is left
  const auto before = std::filesystem::last_write_time(run_directory() / "pretrain.yaml");
  const Experiment e = experiment();
  pretrain_run({e, {}, {"pico", 0, 1}, e.settings().pretrain}, Communicator());
  EXPECT_EQ(std::filesystem::last_write_time(run_directory() / "pretrain.yaml"), before);
}

TEST_F(RunTest, ScoresBothShardsBesideTheUntrainedTwinAndKeepsThem) {
  const Evaluation evaluation = evaluate();
  for (const auto& name : {"validation", "confirmation"}) {
    const Score& s = evaluation.shards.at(name);
    EXPECT_LT(s.bits_per_byte, s.untrained_bits_per_byte - 1);
    EXPECT_GT(s.untrained_bits_per_byte, 7.5);  // close to 8 bits: uniform over the bytes
    EXPECT_GT(s.standard_error, 0);
    const Hdf5File items = Hdf5File::open(run_directory() / "../../evaluate/pico-s0-lr1.h5");
    double nats = 0;
    for (double x : items.read<double>(std::string(name) + "/nats")) nats += x;
    EXPECT_NEAR(nats / std::numbers::ln2 / static_cast<double>(s.bytes), s.bits_per_byte, 1e-9);
  }
  const Path file = experiment().evaluation({}, {"pico", 0, 1});
  const auto before = std::filesystem::last_write_time(file);
  evaluate();
  EXPECT_EQ(std::filesystem::last_write_time(file), before);
}

TEST_F(RunTest, OtherWeightsAreRefused) {
  const Path weights = run_directory() / "weights.h5";
  const std::string good = read_file(weights);
  std::string bytes = good;
  const Hdf5File file = Hdf5File::open(weights);
  const auto values = file.read<float>("/model/embedding.weight");
  const std::string pattern(reinterpret_cast<const char*>(values.data()), 64);
  bytes[bytes.find(pattern) + 2] ^= 1;
  write_file(weights, bytes);
  EXPECT_THAT(error_of_evaluating(), HasSubstr("does not match its checksum"));
  // Whole weights, but of the untrained model: the hash in pretrain.yaml is not theirs.
  const Experiment e = experiment();
  const auto model = build_model(e, read_trainable(e, {}, "pico"), e.scale("pico"), 0);
  save_weights(weights, *model, "x", 0);
  EXPECT_THAT(error_of_evaluating(), HasSubstr("recorded is"));
  // And recorded as if they were the result.
  const std::string result = read_file(run_directory() / "pretrain.yaml");
  auto forged = read_yaml<RunResult>(run_directory() / "pretrain.yaml");
  forged.weights_hash = weights_hash(*model);
  write_yaml(run_directory() / "pretrain.yaml", forged);
  EXPECT_THAT(error_of_evaluating(), HasSubstr("no better than untrained"));
  write_file(run_directory() / "pretrain.yaml", result);
  write_file(weights, good);
  EXPECT_EQ(error_of_evaluating(), "");
}

std::string task_error(const Experiment& e) {
  write_file(e.root() / "rows.jsonl", "{\"text\": \"the cat ran\"}\n{\"text\": \"a hill\"}\n");
  write_file(
      e.root() / "made.yaml",
      "task: made\ndataset_kwargs: {data_files: {test: rows.jsonl}}\ntest_split: test\noutput_type: loglikelihood\n"
      "doc_to_text: \"{{text.split(' ')[:-1]|join(' ')}}\"\ndoc_to_target: \"{{' '+text.split(' ')[-1]}}\"\n"
      "metric_list: [{metric: acc}, {metric: perplexity}]\n");
  return tests::message_of([&] {
    TaskRequest request{e, {}, {"pico", 0, 1}, {find_tasks((e.root() / "made.yaml").string())}, e.root()};
    request.force = true;
    evaluate_tasks(request, Communicator());
  });
}

// The reference's fault: scores were taken of models whose weights were never loaded. Here neither the file nor its
// record, forged to agree, can pass for trained weights, for tasks and texts as for bits per byte.
TEST_F(RunTest, WeightsThatWereNeverLoadedFailLoudly) {
  const Experiment e = experiment();
  const Path weights = run_directory() / "weights.h5", record = run_directory() / "pretrain.yaml";
  const std::string good = read_file(weights), result = read_file(record);
  EXPECT_EQ(task_error(e), "");
  const auto model = build_model(e, read_trainable(e, {}, "pico"), e.scale("pico"), 0);
  save_weights(weights, *model, "x", 0);
  EXPECT_THAT(task_error(e), HasSubstr("recorded is"));
  auto forged = read_yaml<RunResult>(record);
  forged.weights_hash = weights_hash(*model);
  write_yaml(record, forged);
  EXPECT_THAT(task_error(e), HasSubstr("weights of the untrained model"));
  EXPECT_THAT(tests::message_of([&] {
                TrainedModel(e, {}, {"pico", 0, 1}).load();
              }),
              HasSubstr("weights of the untrained model"));
  forged.weights_hash = read_yaml<RunResult>(record).weights_hash;
  forged.corpus_hash = "0123456789abcdef";
  write_yaml(record, forged);
  EXPECT_THAT(task_error(e), HasSubstr("another corpus or tokenizer"));
  write_file(record, result);
  write_file(weights, good.substr(0, good.size() / 2));
  EXPECT_THAT(task_error(e), HasSubstr("weights.h5"));
  write_file(weights, good);
  EXPECT_EQ(task_error(e), "");
}

TEST_F(RunTest, ATextIsScoredAsTheShardsAre) {
  const Experiment e = experiment();
  TrainedModel trained(e, {}, {"pico", 0, 1});
  const TextScore score = score_text(trained, prose(99, 6000), "made", Communicator());
  EXPECT_LT(score.bits_per_byte, score.untrained_bits_per_byte - 1);
  EXPECT_EQ(score.tokens, score.bytes);
  // The same by one likelihood of all windows.
  double nats = 0;
  for (const auto& s :
       score_likelihoods(trained.model(), encode_rolling(Vocabulary::bytes(), prose(99, 6000), 32), Communicator()))
    nats -= s.nats;
  EXPECT_NEAR(score.bits_per_byte, nats / std::numbers::ln2 / static_cast<double>(score.bytes), 1e-9);
}

// After the end token 9: the pair (1, 2) comes again at the fourth token; a new window forgets, but for the token that
// is its first input.
TEST(Recall, PairsSeenEarlierInTheirWindow) {
  EXPECT_EQ(repeated_pairs({1, 2, 1, 2, 1, 2, 1, 1, 1}, 9, 9),
            (std::vector<bool>{false, false, false, true, true, true, true, false, true}));
  EXPECT_EQ(repeated_pairs({1, 2, 1, 2, 1, 2, 1, 1}, 9, 4),
            (std::vector<bool>{false, false, false, true, false, false, true, false}));
}

TEST_F(RunTest, TheRecallSliceIsPartOfTheLoss) {
  const Experiment e = experiment();
  TrainedModel trained(e, {}, {"pico", 0, 1});
  const RecallScore score = score_recall(trained, e, {"pico", 0, 1}, 0, Communicator());
  const TokenShard shard = TokenShard::open(e.corpus(), 256, Split::kValidation);
  EXPECT_EQ(score.recall_tokens + score.other_tokens, static_cast<int64_t>(shard.size()));
  const auto nats = score_tokens(trained.model(), shard, shard.size(), 32, 4096, Communicator());
  double all = 0;
  for (const double x : nats) all += x;
  EXPECT_NEAR(score.recall_loss * static_cast<double>(score.recall_tokens) +
                  score.other_loss * static_cast<double>(score.other_tokens),
              all, 1e-6 * all);
}

TEST_F(RunTest, WhatIsNotReadyIsAnErrorSayingWhatToDo) {
  const Experiment e = experiment();
  const auto error_of = [](const std::function<void()>& f) {
    try {
      f();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(error_of([&] {
                evaluate_run({e, {}, {"pico", 7, 1}, e.settings().evaluate}, Communicator());
              }),
              HasSubstr("run pretrain first"));
  EXPECT_THAT(error_of([&] { decided_runs(e, {}); }), HasSubstr("--scale"));
  EXPECT_THAT(error_of([&] { named_runs(e, "pica", {}, {}); }), HasSubstr("pico"));
  EXPECT_THAT(error_of([&] { named_runs(e, "pico", {"x"}, {}); }), HasSubstr("no seed"));
  EXPECT_EQ(named_runs(e, "pico", {"0", "1"}, {"0.333", "1"}).size(), 4u);
  EXPECT_THAT(error_of([&] {
                pretrain_run({e, {0, 5}, {"pico", 0, 1}, e.settings().pretrain}, Communicator());
              }),
              HasSubstr("is not checked"));
  const Path check = e.directory({}) / "check.yaml";
  const std::string good = read_file(check);
  auto refused = read_yaml<CheckResult>(check);
  refused.passed = false;
  refused.reason = "leak";
  write_yaml(check, refused);
  EXPECT_THAT(error_of([&] {
                pretrain_run({e, {}, {"pico", 9, 1}, e.settings().pretrain}, Communicator());
              }),
              HasSubstr("did not pass the gate: leak"));
  write_file(check, good);
}

}  // namespace
}  // namespace gradus
