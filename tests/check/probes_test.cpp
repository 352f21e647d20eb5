// The generators are held to what each task promises, token by token; the runner to a task that two blocks solve.
#include "check/probes.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "design/fit.h"

namespace gradus {
namespace {

using Row = std::vector<int64_t>;

struct Rows {
  std::vector<Row> inputs, targets;
};
Rows rows(const ProbeTask& task, ProbeSplit split, int64_t n, uint64_t seed = 0, int64_t first = 0) {
  const TokenBatch b = probe_examples(task, split, first, n, seed);
  Rows out;
  for (int64_t i = 0; i < n; ++i)
    for (auto [from, to] : {std::pair(&b.inputs, &out.inputs), std::pair(&b.targets, &out.targets)}) {
      const at::Tensor row = from->select(0, i).contiguous();
      to->emplace_back(row.data_ptr<int64_t>(), row.data_ptr<int64_t>() + row.numel());
    }
  return out;
}

TEST(ProbeTasks, RecallAsksTheValueBoundToAKeyThatWasShown) {
  const ProbeTask task{"in-context-recall", 16, 32};
  const Rows test = rows(task, ProbeSplit::kTest, 50);
  for (size_t n = 0; n < 50; ++n) {
    const Row &x = test.inputs[n], &y = test.targets[n];
    ASSERT_EQ(x.size(), 31u);
    std::map<int64_t, int64_t> bound;
    for (size_t t = 0; t < x.size(); ++t) {
      if (t % 2 == 1) {
        EXPECT_GE(x[t], 8);
        EXPECT_EQ(y[t], kIgnored);
        bound[x[t - 1]] = x[t];
        continue;
      }
      EXPECT_LT(x[t], 8);
      EXPECT_EQ(y[t], bound.contains(x[t]) ? bound[x[t]] : kIgnored);
    }
    EXPECT_NE(y.back(), kIgnored);  // the last pair always asks
  }
  const Rows train = rows(task, ProbeSplit::kTrain, 5);
  for (size_t n = 0; n < 5; ++n)
    for (size_t t = 0; t + 1 < 31; ++t) EXPECT_EQ(train.targets[n][t], train.inputs[n][t + 1]);
}

TEST(ProbeTasks, NoisyRecallHasNoiseInItsShareAndAsksNothingOfIt) {
  const ProbeTask task{"noisy-recall", 32, 128, 12'800, 0.4};
  const Rows test = rows(task, ProbeSplit::kTest, 100);
  int noise = 0, pairs = 0;
  for (size_t n = 0; n < 100; ++n)
    for (size_t t = 0; t + 1 < test.inputs[n].size(); t += 2) {
      const bool noisy = test.inputs[n][t] >= 16;
      EXPECT_EQ(noisy, test.inputs[n][t + 1] >= 16);
      if (noisy) {
        EXPECT_EQ(test.targets[n][t], kIgnored);
      }
      noise += noisy, ++pairs;
    }
  EXPECT_NEAR(double(noise) / pairs, 0.4 * 62 / 63, 0.02);  // one pair of 63 is real for certain
}

TEST(ProbeTasks, FuzzyRecallAsksMotifsOfThree) {
  const ProbeTask task{"fuzzy-recall", 16, 64};  // keys 0-6, values 7-14, padding 15
  const Rows test = rows(task, ProbeSplit::kTest, 100);
  for (size_t n = 0; n < 100; ++n) {
    Row sequence = test.inputs[n];
    ASSERT_EQ(sequence.size(), 63u);
    std::map<Row, Row> bound;
    Row key, value;
    bool asked_last = false;
    for (size_t t = 0; t < sequence.size(); ++t) {
      if (sequence[t] == 15) {
        EXPECT_TRUE(key.empty());  // padding is on the left alone
        continue;
      }
      if (sequence[t] < 7) {
        if (!value.empty()) bound.emplace(key, value), key.clear(), value.clear();
        key.push_back(sequence[t]);
      } else {
        value.push_back(sequence[t]);
      }
      const int64_t target = test.targets[n][t];
      asked_last = target != kIgnored;
      if (!asked_last) continue;
      EXPECT_EQ(key.size(), 3u);
      ASSERT_TRUE(bound.contains(key));
      EXPECT_EQ(target, bound[key].at(value.size()));
    }
    EXPECT_TRUE(asked_last);
  }
  std::set<size_t> sizes;  // in training keys of one, two and three
  for (const Row& x : rows(task, ProbeSplit::kTrain, 20).inputs) {
    size_t size = 0;
    for (int64_t token : x) {
      if (token >= 7 && token < 15 && size) sizes.insert(size);
      size = token < 7 ? size + 1 : 0;
    }
  }
  EXPECT_EQ(sizes, (std::set<size_t>{1, 2, 3}));
}

TEST(ProbeTasks, SelectiveCopyingAsksTheContentInOrder) {
  const ProbeTask task{"selective-copying", 16, 32, 12'800, 0, 8};
  const Rows test = rows(task, ProbeSplit::kTest, 50);
  for (size_t n = 0; n < 50; ++n) {
    Row content, asked;
    for (size_t t = 0; t < 32; ++t) {
      if (test.inputs[n][t] < 14) content.push_back(test.inputs[n][t]);
      if (test.targets[n][t] != kIgnored) asked.push_back(test.targets[n][t]);
      if (t >= 24) {
        EXPECT_EQ(test.inputs[n][t], 14);  // blanks
      }
    }
    EXPECT_EQ(test.inputs[n][23], 15);
    EXPECT_EQ(content.size(), 8u);
    EXPECT_EQ(asked, content);
  }
}

TEST(ProbeTasks, CompressionAsksAllThatWasRead) {
  const Rows test = rows({"compression", 16, 32}, ProbeSplit::kTest, 5);
  for (size_t n = 0; n < 5; ++n) {
    EXPECT_EQ(test.inputs[n].back(), 15);
    EXPECT_EQ(test.targets[n].back(), kIgnored);
    for (size_t t = 0; t < 31; ++t) EXPECT_EQ(test.targets[n][t], test.inputs[n][t]);
  }
}

TEST(ProbeTasks, MemorizationHasOneMapForAllExamplesAndSeeds) {
  const ProbeTask task{"memorization", 64, 32, 256};
  std::map<int64_t, int64_t> map;
  for (uint64_t seed : {0, 1})
    for (ProbeSplit split : {ProbeSplit::kTrain, ProbeSplit::kTest}) {
      const Rows some = rows(task, split, 30, seed);
      for (size_t n = 0; n < 30; ++n)
        for (size_t t = 1; t < 32; t += 2) {
          EXPECT_EQ(some.inputs[n][t], 63);
          const auto [known, fresh] = map.emplace(some.inputs[n][t - 1], some.targets[n][t]);
          EXPECT_EQ(known->second, some.targets[n][t]);
        }
    }
  EXPECT_EQ(map.size(), 31u);
}

TEST(ProbeTasks, MqarAsksEachKeyOnceMoreAndNearOnesMoreOften) {
  const ProbeTask task{"mqar", 64, 64, 100'000, 0, 16, 4};
  const Rows test = rows(task, ProbeSplit::kTest, 400);
  int nearest = 0, farthest = 0;
  for (size_t n = 0; n < 400; ++n) {
    const Row &x = test.inputs[n], &y = test.targets[n];
    std::map<int64_t, int64_t> bound;
    for (size_t i = 0; i < 8; i += 2) {
      EXPECT_LT(x[i], 32);
      EXPECT_GE(x[i + 1], 32);
      bound[x[i]] = x[i + 1];
    }
    EXPECT_EQ(bound.size(), 4u);
    int asked = 0;
    for (size_t t = 0; t < 64; ++t) {
      if (y[t] == kIgnored) continue;
      EXPECT_EQ(t % 2, 0u);
      ASSERT_TRUE(bound.contains(x[t]));
      EXPECT_EQ(y[t], bound[x[t]]);
      ++asked;
    }
    EXPECT_EQ(asked, 4);
    nearest += y[8] != kIgnored;
    farthest += y[62] != kIgnored;
  }
  EXPECT_GT(nearest, 4 * farthest);  // p(gap) is near 1/gap
}

TEST(ProbeTasks, ExamplesDependOnSplitSeedAndNumberAlone) {
  for (const auto& task : fast_probe_tasks()) {
    const Rows a = rows(task, ProbeSplit::kTrain, 4), b = rows(task, ProbeSplit::kTrain, 4);
    EXPECT_EQ(a.inputs, b.inputs) << task.name;
    EXPECT_EQ(a.targets, b.targets);
    EXPECT_EQ(rows(task, ProbeSplit::kTrain, 1, 0, 3).inputs[0], a.inputs[3]);  // alone or in a batch
    EXPECT_NE(rows(task, ProbeSplit::kTrain, 4, 1).inputs, a.inputs) << task.name;
    EXPECT_NE(rows(task, ProbeSplit::kTest, 4).inputs, a.inputs);
    EXPECT_NE(rows(task, ProbeSplit::kTest, 4).inputs, rows(task, ProbeSplit::kValidation, 4).inputs);
  }
}

TEST(ProbeTasks, ChanceIsOneOfTheKindsOfTargets) {
  for (const auto& task : fast_probe_tasks()) {
    std::set<int64_t> kinds;
    for (const Row& row : rows(task, ProbeSplit::kTest, 300).targets)
      for (int64_t t : row)
        if (t != kIgnored) kinds.insert(t);
    const auto n = static_cast<int64_t>(std::llround(1 / probe_chance(task)));
    EXPECT_LE(static_cast<int64_t>(kinds.size()), n) << task.name;
    if (task.name != "memorization") {
      EXPECT_EQ(static_cast<int64_t>(kinds.size()), n) << task.name;
    }
  }
  EXPECT_EQ(full_probe_tasks().size(), 66u + 4u);
}

TEST(Probes, BalancedAccuracyCountsKindsAlike) {
  // Kind 7: 3 of 4; kind 9: 0 of 1.
  EXPECT_DOUBLE_EQ(balanced_accuracy({7, 7, 7, 9, 7}, {7, 7, 7, 7, 9}), 0.375);
  EXPECT_DOUBLE_EQ(balanced_accuracy({}, {}), 0);
}

TEST(Probes, TheSeedMemorizesAndTheScoreSaysHow) {
  ProbePlan plan;
  plan.most_steps = 150, plan.held_out = 32, plan.validate_steps = 50, plan.learning_rates = {2e-2};
  const ProbeScore s =
      run_probe(gpt2_seed(), UnitStore(), builtin_scales().at("pico"), 1, {"memorization", 32, 16, 256}, plan);
  EXPECT_GT(s.accuracy, 0.6);
  EXPECT_EQ(s.seeds, 1);
  EXPECT_LE(s.steps, 150);
  EXPECT_EQ(s.learning_rate, 2e-2);
  EXPECT_DOUBLE_EQ(s.chance, 1.0 / 16);
  const ProbeScore c =
      run_probe(gpt2_seed(), UnitStore(), builtin_scales().at("pico"), 1, {"compression", 4, 3, 1000}, plan);
  EXPECT_GT(c.accuracy, 2 * c.chance);  // three kinds of content
}

}  // namespace
}  // namespace gradus
