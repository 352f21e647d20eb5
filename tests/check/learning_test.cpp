#include "check/learning.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "design/fit.h"

namespace gradus {
namespace {

LearningPlan brief_plan() {
  LearningPlan plan;
  plan.steps = 80, plan.batch = 4, plan.context = 32, plan.multipliers = {1, 3};
  return plan;
}

/// Tokens that mostly say which comes next: learned in a few steps even by sixteen channels.
LearningData easy_data(uint64_t key) {
  at::Tensor tokens = synthetic_tokens(80 * 4 * 33, 64, key);
  int64_t* x = tokens.data_ptr<int64_t>();
  for (int64_t i = 1; i < tokens.numel(); ++i)
    if (x[i] % 4 != 0) x[i] = (3 * x[i - 1] + 1) % 64;
  return describe_tokens(tokens, 64, "a made-up chain");
}

/// The seed with its mixer replaced by this class body; measured at pico's width.
class LearningTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("learning-test-" + std::to_string(getpid()));
    std::filesystem::create_directories(directory_);
    scale_ = builtin_scales().at("pico");
    data_ = easy_data(1);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  Learning of(const std::string& forward) {
    const UnitStore units(directory_);
    Design design = gpt2_seed();
    const std::string source =
        "import torch\nimport torch.nn as nn\n\n\nclass Mixer(nn.Module):\n    def __init__(self, dim):\n"
        "        super().__init__()\n        self.up = nn.Linear(dim, dim)\n\n    def forward(self, x):\n" +
        forward;
    design.root.slots.at("mixer") = UnitNode{units.add(source), {}, {}};
    return measure_learning(design, units, scale_, 1, 2, data_, brief_plan(), 0);
  }
  const Learning& seed() {
    static const Learning known = seed_learning(scale_, data_, brief_plan(), 0, {});
    return known;
  }

  Path directory_;
  Scale scale_;
  LearningData data_;
};

std::string verdict(const std::vector<Measurement>& all, const std::string& name) {
  for (const auto& m : all)
    if (m.name == name) return m.verdict;
  return "";
}

TEST_F(LearningTest, TheSeedLearnsAndItsCurveIsDescribed) {
  const Learning& s = seed();
  const auto judged = judge_learning(s, s, 0.5);
  EXPECT_EQ(verdict(judged, "stability"), "ok");
  EXPECT_EQ(verdict(judged, "learning"), "ok") << judged.back().evidence;
  ASSERT_EQ(s.curves.size(), 2u);
  for (const auto& c : s.curves) {
    EXPECT_EQ(c.steps, 80);
    EXPECT_NEAR(c.start, std::log(64.0), 0.3);
    EXPECT_LT(c.final_loss, c.at_25);
    EXPECT_LT(c.slope, 0);
    EXPECT_GT(c.area, c.final_loss);
    EXPECT_GT(c.largest_gradient_norm, c.gradient_norm);
  }
}

TEST_F(LearningTest, ABlockThatHidesItsInputDoesNotLearn) {
  const auto judged = judge_learning(of("        return self.up(x) * 0.0 + 30.0 * torch.sin(40.0 * x).sum(1, "
                                        "keepdim=True) * torch.ones_like(x)\n"),
                                     seed(), 0.5);
  EXPECT_EQ(verdict(judged, "learning"), "no") << judged.back().evidence;
}

TEST_F(LearningTest, TokenSharesBindOnlyWhereTheSeedIsClearlyBelowThem) {
  Learning s = seed(), design = seed();
  for (auto& c : design.curves) c.final_loss = s.unigram_loss + 0.01;
  for (auto& c : s.curves) c.final_loss = s.unigram_loss - 0.1;
  EXPECT_EQ(verdict(judge_learning(design, s, 0.5), "learning"), "no");
  for (auto& c : s.curves) c.final_loss = s.unigram_loss - 0.02;
  EXPECT_EQ(verdict(judge_learning(design, s, 0.5), "learning"), "ok");
  for (auto& c : design.curves) c.final_loss = std::log(64.0) - 0.05;
  EXPECT_EQ(verdict(judge_learning(design, s, 0.5), "learning"), "no");
}

TEST_F(LearningTest, ABlockThatBecomesInfiniteIsRefused) {
  const auto judged =
      judge_learning(of("        return self.up(x) * torch.exp(1e4 * self.up.weight.abs().mean())\n"), seed(), 0.5);
  EXPECT_EQ(verdict(judged, "stability"), "no");
  EXPECT_NE(judged.front().evidence.find("not finite"), std::string::npos) << judged.front().evidence;
}

TEST_F(LearningTest, ADivergingRateIsAWarningAndAllOfThemARefusal) {
  Learning s = seed();
  s.curves[1].fault = "diverged at step 40";
  EXPECT_EQ(verdict(judge_learning(s, s, 0.5), "stability"), "warning");
  EXPECT_EQ(judge_learning(s, s, 0.5).front().value, 1);
  for (auto& c : s.curves) c.fault = "diverged at step 40";
  EXPECT_EQ(verdict(judge_learning(s, s, 0.5), "stability"), "no");
  s = seed();
  s.curves[1].fault = "not finite at step 4";
  EXPECT_EQ(verdict(judge_learning(s, s, 0.5), "stability"), "warning");
  s.curves[0].fault = "not finite at step 4";
  EXPECT_EQ(verdict(judge_learning(s, s, 0.5), "stability"), "no");
}

TEST_F(LearningTest, AStartFarAboveLnVIsAWarning) {
  Learning s = seed();
  s.curves[0].start = 9;
  EXPECT_EQ(verdict(judge_learning(s, s, 0.5), "learning start"), "warning");
}

TEST_F(LearningTest, TheCacheIsReadAndMadeAgainWhenBroken) {
  const Path cache = directory_ / "cache";
  LearningPlan plan;
  plan.steps = 4, plan.batch = 2, plan.context = 16, plan.multipliers = {1}, plan.n_blocks = 1;
  const auto measure = [&] { return seed_learning(scale_, data_, plan, 0, cache); };
  const Learning first = measure();
  Path file;
  for (const auto& entry : std::filesystem::directory_iterator(cache)) file = entry.path();
  ASSERT_FALSE(file.empty());
  const std::string text = read_file(file);
  EXPECT_EQ(measure().curves[0].final_loss, first.curves[0].final_loss);
  for (const std::string& broken : {text.substr(0, text.size() / 2), std::string("format: 1\n"), std::string(),
                                    std::string(text).replace(text.find("spikes: "), 9, "spikes: 77")}) {
    write_file(file, broken);
    EXPECT_EQ(measure().curves[0].spikes, first.curves[0].spikes);
    EXPECT_EQ(read_file(file), text) << broken;
  }
  // Other data: another file.
  data_ = easy_data(2);
  measure();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(cache), std::filesystem::directory_iterator{}), 2);
}

TEST(LearningData, SyntheticTokensHaveAUnigramLevelAndMore) {
  const auto data = describe_tokens(synthetic_tokens(100'000, 1024, 0), 1024, "");
  EXPECT_GT(data.unigram_entropy, 3);
  EXPECT_LT(data.unigram_entropy, std::log(1024.0) - 0.5);
  EXPECT_EQ(data.hash, describe_tokens(synthetic_tokens(100'000, 1024, 0), 1024, "").hash);
  EXPECT_NE(data.hash, describe_tokens(synthetic_tokens(100'000, 1024, 1), 1024, "").hash);
}

TEST(LearningData, WindowsAreInputsAndTheirNextTokens) {
  const auto data = describe_tokens(synthetic_tokens(6 * 9, 64, 0), 64, "");
  const TokenBatch b = window_batch(data, 1, 2, 8);
  const int64_t* all = data.tokens.data_ptr<int64_t>();
  for (int64_t row = 0; row < 2; ++row)
    for (int64_t t = 0; t < 8; ++t) {
      EXPECT_EQ(b.inputs[row][t].item<int64_t>(), all[(2 + row) * 9 + t]);
      EXPECT_EQ(b.targets[row][t].item<int64_t>(), all[(2 + row) * 9 + t + 1]);
    }
  EXPECT_EQ(window_batch(data, 3, 2, 8).inputs[0][0].item<int64_t>(), all[0]);  // wraps around
}

}  // namespace
}  // namespace gradus
