// An A/A trial on real runs: the GPT2 seed against itself with independent seeds, at the test scale.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "base/progress.h"
#include "base/rng.h"
#include "check/gate.h"
#include "eval/score.h"
#include "ladder/arm.h"
#include "ladder/block_file.h"
#include "ladder/duel.h"
#include "train/machine.h"
#include "train/run.h"
#include "train/tokens.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;

/// Sentences of a small grammar: learnable, licence-free, the same everywhere.
std::string prose(uint64_t document) {
  const std::vector<std::string> who{"the old miller", "a quiet clerk", "the tall sailor", "my neighbour",
                                     "the youngest child"};
  const std::vector<std::string> does{"carries", "forgets", "mends", "counts", "hides"};
  const std::vector<std::string> what{"a broken lamp", "three silver coins", "the morning bread", "an empty letter",
                                      "his father's boat"};
  const std::vector<std::string> where{"by the river", "under the stairs", "before noon", "in the market",
                                       "without a word"};
  Stream stream("prose", {document});
  std::string text;
  for (int i = 0; i < 60; ++i)
    for (const auto* part : {&who, &does, &what, &where})
      text += (*part)[stream.next_below(5)] + (part == &where ? ".\n" : " ");
  return text;
}

class TrialReal : public ::testing::Test {
 protected:
  void SetUp() override {
    disable_progress();
    prepare_process(1);
    root = fs::temp_directory_path() / ("gradus-trial-" + std::to_string(::getpid()));
    fs::remove_all(root);
    Settings settings = resolve_settings(
        parse_yaml("rungs: [pico]\nevaluate: {tokens: 4096}\npretrain: {gemm: mkl}\n", "test"), "test");
    create_experiment(root, settings);
    experiment.emplace(root);
    for (uint64_t d = 0; d < 60; ++d) write_file(root / "text" / (std::to_string(d) + ".txt"), prose(d));
    TextOptions options;
    options.paths = {(root / "text").string()};
    fs::create_directories(experiment->corpus());
    Corpus::build(experiment->corpus(), options, {0.1, 0.1});
    write_tokens(experiment->corpus(), Corpus::open(experiment->corpus()), Vocabulary::bytes());
    const CheckResult check = check_design(gpt2_seed(), experiment->units(), gate_settings(settings));
    ASSERT_TRUE(check.passed) << check.reason << ": " << check.evidence;
    write_yaml(experiment->directory({0, 0}) / "check.yaml", check);
  }
  void TearDown() override { fs::remove_all(root); }

  double confirmation(int64_t seed) {
    const RunName run{"pico", seed, 1};
    const Communicator alone;
    const auto result = pretrain_run({*experiment, {0, 0}, run, experiment->settings().pretrain, 1, false}, alone);
    EXPECT_EQ(result.verdict, "done") << result.reason;
    return evaluate_run({*experiment, {0, 0}, run, experiment->settings().evaluate, false}, alone)
        .shards.at("confirmation")
        .bits_per_byte;
  }

  Path root;
  std::optional<Experiment> experiment;
};

// 24 real runs, paired at random a thousand times, up to 8 pairs a play.
TEST_F(TrialReal, TheSeedBeatsItselfInAtMostFivePercent) {
  std::vector<double> scores;
  for (int64_t seed = 0; seed < 24; ++seed) scores.push_back(confirmation(seed));
  int beats = 0;
  const int plays = 1000;
  for (int play = 0; play < plays; ++play) {
    std::vector<double> order = scores, differences;
    Stream stream("play", {uint64_t(play)});
    stream.shuffle(order);
    for (size_t i = 0; i + 1 < 16; i += 2) differences.push_back(order[i] - order[i + 1]);
    beats += judge_duel(differences).outcome == Outcome::kBeats;
  }
  EXPECT_LE(beats, plays / 20);
}

// The same with runs of their own for each of 50 plays; minutes, so only when asked for.
TEST_F(TrialReal, FiftyPlaysOfTheirOwn) {
  if (!std::getenv("GRADUS_SLOW")) GTEST_SKIP() << "set GRADUS_SLOW=1: two minutes";
  int beats = 0;
  int64_t seed = 1000;
  for (int play = 0; play < 50; ++play) {
    std::vector<double> differences;
    for (int pair = 0; pair < 4; ++pair) {
      const double reference = confirmation(seed++), candidate = confirmation(seed++);
      differences.push_back(reference - candidate);
    }
    beats += judge_duel(differences).outcome == Outcome::kBeats;
  }
  EXPECT_LE(beats, 2);  // 5 % of 50
}

TEST_F(TrialReal, TheReferenceFollowsTheCandidatesParameters) {
  const Scale& scale = experiment->scale("pico");
  Fit target = fit_design(gpt2_seed(), experiment->units(), scale, {}, nullptr);
  target.block_parameters = target.block_parameters * 8 / 10;
  target.parameters -= target.block_parameters / 4;
  const Fit fit = match_parameters(gpt2_seed(), experiment->units(), scale, target);
  EXPECT_NEAR(double(fit.block_parameters) / double(target.block_parameters), 1, 0.06);
  EXPECT_EQ(fit.n_blocks, scale.n_blocks);
}

}  // namespace
}  // namespace gradus
