#include "eval/likelihood.h"

#include <ATen/ops/embedding.h>
#include <ATen/ops/from_blob.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "../base/testing.h"
#include "base/progress.h"
#include "base/rng.h"
#include "eval/generate.h"
#include "eval/row_scores.h"

namespace gradus {
namespace {

using testing::HasSubstr;
using tests::message_of;

/// Logits of the next token are a row of a table, chosen by all tokens so far: Σ tokens mod 64. Causal, with memory,
/// and known in closed form.
struct Table : LanguageModel {
  static constexpr int64_t kVocabulary = 256, kStates = 64;
  std::vector<float> values;
  at::Tensor head_tensor, states;
  std::vector<ModelParameter> none;
  int64_t n_rows = 0, n_tokens = 0;
  explicit Table(float spread = 3) {
    Stream stream("table", {1});
    for (int64_t i = 0; i < kVocabulary * kStates; ++i)
      values.push_back(spread * static_cast<float>(stream.next_normal()));
    head_tensor = at::from_blob(values.data(), {kVocabulary, kStates}, at::kFloat);
    std::vector<float> one(kStates * kStates);
    for (int64_t i = 0; i < kStates; ++i) one[static_cast<size_t>(i * kStates + i)] = 1;
    states = at::from_blob(one.data(), {kStates, kStates}, at::kFloat).clone();
  }
  at::Tensor hidden(const at::Tensor& tokens) override {
    n_rows += tokens.size(0);
    n_tokens += tokens.numel();
    return at::embedding(states, tokens.cumsum(1).remainder(kStates));
  }
  const at::Tensor& head() override { return head_tensor; }
  const std::vector<ModelParameter>& parameters() override { return none; }
  void set_training(bool) override {}
  double logit(int64_t state, int64_t token) const { return values[static_cast<size_t>(token * kStates + state)]; }
  /// By loops over one request alone, in float64.
  Likelihood naive(const ScoredTokens& request) const {
    Likelihood out{0, true};
    int64_t state = 0;
    for (size_t i = 0; i + 1 < request.tokens.size(); ++i) {
      state = (state + request.tokens[i]) % kStates;
      if (i + 1 < request.tokens.size() - request.n_scored) continue;
      const int64_t target = request.tokens[i + 1];
      double sum = 0;
      for (int64_t v = 0; v < kVocabulary; ++v) {
        sum += std::exp(logit(state, v));
        if (logit(state, v) > logit(state, target) || (logit(state, v) == logit(state, target) && v < target))
          out.greedy = false;
      }
      out.nats += logit(state, target) - std::log(sum);
    }
    return out;
  }
};

std::vector<ScoredTokens> drawn_requests(size_t n, uint64_t letters) {
  Stream stream("requests", {letters});
  std::vector<ScoredTokens> out;
  for (size_t i = 0; i < n; ++i) {
    ScoredTokens request;
    const size_t size = 2 + stream.next_below(12);
    for (size_t k = 0; k < size; ++k) request.tokens.push_back(static_cast<uint32_t>(1 + stream.next_below(letters)));
    request.n_scored = static_cast<uint32_t>(1 + stream.next_below(size - 1));
    out.push_back(request);
  }
  return out;
}

// Few letters: many requests are equal, begin others, or are the same cut elsewhere, where the public harness errs.
TEST(Likelihood, IsThatOfEachRequestAlone) {
  disable_progress();
  Table model;
  for (const uint64_t letters : {2, 3, 200}) {
    const auto requests = drawn_requests(700, letters);
    const auto scores = score_likelihoods(model, requests, Communicator());
    for (size_t i = 0; i < requests.size(); ++i) {
      const Likelihood expected = model.naive(requests[i]);
      EXPECT_NEAR(scores[i].nats, expected.nats, 1e-5 * std::fabs(expected.nats) + 1e-5) << i;
      EXPECT_EQ(scores[i].greedy, expected.greedy) << i;
    }
  }
}

TEST(Likelihood, GreedyFlagsAreThereAndTiesGoToTheLowestId) {
  disable_progress();
  Table model;
  // Follow the likeliest token from a start: all greedy; then with the last one changed.
  ScoredTokens path{{1}, 0};
  for (int i = 0; i < 9; ++i) {
    int64_t best = 0, state = 0;
    for (const uint32_t t : path.tokens) state = (state + t) % Table::kStates;
    for (int64_t v = 0; v < Table::kVocabulary; ++v)
      if (model.logit(state, v) > model.logit(state, best)) best = v;
    path.tokens.push_back(static_cast<uint32_t>(best));
  }
  path.n_scored = 9;
  ScoredTokens wrong = path;
  wrong.tokens.back() = (wrong.tokens.back() + 1) % 256;
  const auto scores = score_likelihoods(model, {path, wrong}, Communicator());
  EXPECT_TRUE(scores[0].greedy);
  EXPECT_FALSE(scores[1].greedy);
  Table flat(0);
  const auto ties = score_likelihoods(flat, {{{5, 0}, 1}, {{5, 1}, 1}}, Communicator());
  EXPECT_TRUE(ties[0].greedy);
  EXPECT_FALSE(ties[1].greedy);
  EXPECT_NEAR(ties[1].nats, -std::log(256), 1e-6);
}

TEST(Likelihood, SharedRowsAreRunOnceAndTheHeadOnlyWhereScored) {
  disable_progress();
  Table model;
  // Three choices of one token after the same context, a context that begins it, and the same again: one row.
  const std::vector<ScoredTokens> requests{{{1, 2, 3, 7}, 1}, {{1, 2, 3, 8}, 1}, {{1, 2, 9}, 1}, {{1, 2, 3, 7}, 2}};
  score_likelihoods(model, requests, Communicator());
  EXPECT_EQ(model.n_rows, 1);
  EXPECT_EQ(model.n_tokens, 3);
}

TEST(Likelihood, PairsAreEncodedAsTheHarnessDoes) {
  const Vocabulary bytes = Vocabulary::bytes();
  const auto tokens = [](const std::string& text) { return std::vector<uint32_t>(text.begin(), text.end()); };
  ScoredTokens pair = encode_pair(bytes, "ab", " cd", 100);
  EXPECT_EQ(pair.tokens, tokens("ab cd"));
  EXPECT_EQ(pair.n_scored, 3u);
  // White space at the end of the context is scored with the continuation.
  EXPECT_EQ(encode_pair(bytes, "ab \n", "cd", 100).n_scored, 4u);
  // An empty context is the end token.
  pair = encode_pair(bytes, "", "cd", 100);
  EXPECT_EQ(pair.tokens, (std::vector<uint32_t>{0, 'c', 'd'}));
  EXPECT_EQ(pair.n_scored, 2u);
  // Too long: the left end goes; three inputs and the last target.
  pair = encode_pair(bytes, "abcdef", "gh", 3);
  EXPECT_EQ(pair.tokens, tokens("efgh"));
  EXPECT_EQ(pair.n_scored, 2u);
  EXPECT_THAT(message_of([&] { encode_pair(bytes, "a", "bcdef", 4); }),
              HasSubstr("longer than the model's context of 4"));
  EXPECT_EQ(encode_pair(bytes, "a", "bcde", 4).tokens, tokens("abcde"));
  EXPECT_THAT(message_of([&] { encode_pair(bytes, " \n", "b", 4); }), HasSubstr("white space alone"));
  EXPECT_THAT(message_of([&] { encode_pair(bytes, "a", "", 4); }), HasSubstr("has no token"));
}

TEST(Likelihood, RollingWindowsScoreEachTokenOnce) {
  const Vocabulary bytes = Vocabulary::bytes();
  const auto windows = encode_rolling(bytes, "abcdefg", 3);
  ASSERT_EQ(windows.size(), 3u);
  EXPECT_EQ(windows[0].tokens, (std::vector<uint32_t>{0, 'a', 'b', 'c'}));
  EXPECT_EQ(windows[0].n_scored, 3u);
  EXPECT_EQ(windows[1].tokens, (std::vector<uint32_t>{'c', 'd', 'e', 'f'}));
  // The last: one token, with as much before it as fits.
  EXPECT_EQ(windows[2].tokens, (std::vector<uint32_t>{'d', 'e', 'f', 'g'}));
  EXPECT_EQ(windows[2].n_scored, 1u);
}

TEST(RowScores, AreThoseOfASoftmaxInFloat64) {
  Stream stream("rows", {3});
  for (const int64_t n : {1, 5, 16, 17, 257, 5000, 32000}) {
    for (const float spread : {0.0f, 1.0f, 30.0f, 300.0f}) {
      std::vector<float> row(static_cast<size_t>(n));
      for (auto& x : row) x = spread * static_cast<float>(stream.next_normal());
      const auto target = static_cast<int64_t>(stream.next_below(static_cast<uint64_t>(n)));
      double most = -1e30, sum = 0;
      for (const float x : row) most = std::max(most, static_cast<double>(x));
      for (const float x : row) sum += std::exp(x - most);
      const double expected = row[static_cast<size_t>(target)] - most - std::log(sum);
      for (const int64_t block : {n, std::min<int64_t>(n, 700), std::min<int64_t>(n, 3)}) {
        RowScore score(target);
        for (int64_t first = 0; first < n; first += block)
          score.add(row.data() + first, first, std::min(block, n - first));
        EXPECT_NEAR(score.log_probability(), expected, 3e-7 * (1 + std::fabs(expected))) << n;
        EXPECT_EQ(score.likeliest(), std::max_element(row.begin(), row.end()) - row.begin() == target);
      }
    }
  }
}

TEST(Generate, GreedyFollowsTheLikeliestAndStops) {
  disable_progress();
  Table model;
  const Vocabulary bytes = Vocabulary::bytes();
  GenerateOptions options;
  options.most_tokens = 5;
  const std::string whole = generate(model, bytes, {"x"}, options, 64, Communicator())[0];
  ScoredTokens path{{'x'}, 0};
  for (const char c : whole) path.tokens.push_back(static_cast<unsigned char>(c));
  path.n_scored = static_cast<uint32_t>(whole.size());
  EXPECT_TRUE(score_likelihoods(model, {path}, Communicator())[0].greedy);
  EXPECT_EQ(whole.size(), 5u);
  options.until = {whole.substr(2, 2)};
  EXPECT_EQ(generate(model, bytes, {"x"}, options, 64, Communicator())[0],
            whole.substr(0, whole.find(whole.substr(2, 2))));
  // Several at once are each as if alone.
  options.until = {};
  const auto many = generate(model, bytes, {"y", "a long one", "x"}, options, 64, Communicator());
  EXPECT_EQ(many[2], whole);
  EXPECT_EQ(many[1], generate(model, bytes, {"a long one"}, options, 64, Communicator())[0]);
}

TEST(Generate, DrawsFollowTemperatureTopKAndTopP) {
  const std::vector<float> logits{0, std::log(2.0f), std::log(5.0f)};  // 1/8, 2/8, 5/8
  GenerateOptions o;
  o.temperature = 1;
  std::vector<int> counts(3);
  for (int i = 0; i < 800; ++i) ++counts[static_cast<size_t>(draw_token(logits, o, i / 800.0))];
  EXPECT_THAT(counts, testing::ElementsAre(testing::AllOf(testing::Ge(99), testing::Le(101)),
                                           testing::AllOf(testing::Ge(199), testing::Le(201)),
                                           testing::AllOf(testing::Ge(499), testing::Le(501))));
  o.top_k = 2;
  EXPECT_EQ(draw_token(logits, o, 0.999), 1);
  o.top_k = 0;
  o.top_p = 0.6;
  EXPECT_EQ(draw_token(logits, o, 0.999), 2);
  o.temperature = 0;
  EXPECT_EQ(draw_token(logits, o, 0.999), 2);
}

}  // namespace
}  // namespace gradus
