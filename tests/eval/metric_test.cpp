#include "eval/metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "../base/testing.h"
#include "eval/python_random.h"

namespace gradus {
namespace {

using testing::ElementsAre;

Item choice_item(std::vector<std::string> choices, int64_t gold) {
  Item item;
  item.choices = std::move(choices);
  item.gold = {gold};
  return item;
}

double choice_metric(const std::string& name, const Item& item, const std::vector<Likelihood>& scores) {
  return observe(name, OutputType::kMultipleChoice, item, scores).first;
}

// Values of CPython 3.11.
TEST(PythonRandom, IsPythons) {
  PythonRandom r(7);
  EXPECT_EQ(r.uniform(), 0.32383276483316237);
  EXPECT_EQ(r.uniform(), 0.15084917392450192);
  PythonRandom s(1234);
  EXPECT_THAT(s.sample(10, 4), ElementsAre(7, 1, 0, 9));
  EXPECT_THAT(s.sample(1000, 6), ElementsAre(932, 965, 961, 826, 596, 35));
  const auto twenty = s.sample(100, 20);
  EXPECT_THAT(std::vector<size_t>(twenty.begin(), twenty.begin() + 6), ElementsAre(85, 88, 10, 12, 98, 45));
  PythonRandom large((1ULL << 40) + 5);
  EXPECT_EQ(large.uniform(), 0.5043802970418443);
  EXPECT_EQ(large.below(1'000'000'000'000), 727003120297u);
}

TEST(Metric, ChoicesByNatsLengthAndBytes) {
  // Sums −3, −4, −4.5 of "ab" (2 characters), "éèàç" (4, 8 bytes), "abcde" (5): the first by sum; −1.5, −1, −0.9: the
  // last by characters; −1.5, −0.5, −0.9: the second by bytes.
  const std::vector<Likelihood> scores{{-3, false}, {-4, false}, {-4.5, true}};
  const std::vector<std::string> texts{"ab", "éèàç", "abcde"};
  for (int64_t gold = 0; gold < 3; ++gold) {
    EXPECT_EQ(choice_metric("acc", choice_item(texts, gold), scores), gold == 0);
    EXPECT_EQ(choice_metric("acc_norm", choice_item(texts, gold), scores), gold == 2);
    EXPECT_EQ(choice_metric("acc_bytes", choice_item(texts, gold), scores), gold == 1);
    EXPECT_EQ(choice_metric("exact_match", choice_item(texts, gold), scores), gold == 2);
  }
  // A tie goes to the lowest index.
  EXPECT_EQ(choice_metric("acc", choice_item({"a", "b"}, 0), {{-2, false}, {-2, false}}), 1);
  EXPECT_EQ(choice_metric("acc", choice_item({"a", "b"}, 1), {{-2, false}, {-2, false}}), 0);
  // Mutual information: −3 − (−1) = −2 against −4 − (−3.5) = −0.5.
  EXPECT_EQ(choice_metric("acc_mutual_info", choice_item({"a", "b"}, 1),
                          {{-3, false}, {-4, false}, {-1, false}, {-3.5, false}}),
            1);
  Item several = choice_item({"a", "b", "c"}, 0);
  several.gold = {1, 2};
  EXPECT_EQ(choice_metric("acc", several, {{-3, false}, {-9, false}, {-1, false}}), 1);
  Item truthful = choice_item({"a", "b"}, 0);
  truthful.labels = {1, 0};
  EXPECT_NEAR(choice_metric("mc2", truthful, {{std::log(0.3), false}, {std::log(0.1), false}}), 0.75, 1e-12);
}

TEST(Metric, MeansAndTheirErrors) {
  // 1, 1, 0, 1: mean 0.75, sample variance 0.25, error sqrt(0.25 / 4) = 0.25.
  const MetricScore s = aggregate("acc", {{1}, {1}, {0}, {1}}, 0);
  EXPECT_DOUBLE_EQ(s.value, 0.75);
  EXPECT_DOUBLE_EQ(s.standard_error, 0.25);
  EXPECT_EQ(aggregate("acc", {{1}}, 0).standard_error, 0);
}

// exp(6.75 / 4), and what CPython's generator draws of 2,000 resamples.
TEST(Metric, PerplexityIsBootstrappedByPythonsGenerator) {
  const MetricScore s = aggregate("perplexity", {{-1.5}, {-0.25}, {-3.0}, {-2.0}}, 2000);
  EXPECT_NEAR(s.value, 5.405948925141167, 1e-12);
  EXPECT_NEAR(s.standard_error, 3.0062939932490136, 1e-9);
}

// Values of scikit-learn 1.9.1.
TEST(Metric, CorrelationAndF1) {
  std::vector<Observation> xs;
  const int truth[] = {0, 0, 1, 1, 1, 0, 1}, answer[] = {0, 1, 1, 1, 0, 0, 1};
  for (int i = 0; i < 7; ++i) xs.push_back({static_cast<double>(truth[i]), static_cast<double>(answer[i])});
  EXPECT_NEAR(aggregate("mcc", xs, 0).value, 0.4166666666666667, 1e-12);
  EXPECT_NEAR(aggregate("f1", xs, 0).value, 0.75, 1e-12);
  EXPECT_NEAR(aggregate("mcc", {{0, 0}, {1, 2}, {2, 2}, {2, 2}, {1, 1}}, 0).value, 0.7349684152591671, 1e-12);
  EXPECT_EQ(aggregate("mcc", {{0, 1}, {1, 1}}, 0).value, 0);
  EXPECT_THAT(tests::message_of([] { aggregate("f1", {{0, 2}}, 0); }), testing::HasSubstr("two classes"));
}

TEST(Metric, RollingTexts) {
  // 12 nats over 4 + 6 bytes; words as re.split(r"\s+") counts them: "a b " has three parts.
  Item first, second;
  first.references = {"a b "};
  second.references = {"abcdef"};
  const auto observed = [&](const std::string& name, const Item& item, double nats) {
    return observe(name, OutputType::kLoglikelihoodRolling, item, {{nats, false}});
  };
  EXPECT_EQ(observed("word_perplexity", first, -4).second, 3);
  const std::vector<Observation> bytes{observed("bits_per_byte", first, -4), observed("bits_per_byte", second, -8)};
  EXPECT_NEAR(aggregate("bits_per_byte", bytes, 0).value, 1.2 / std::log(2), 1e-12);
  EXPECT_NEAR(aggregate("byte_perplexity", bytes, 0).value, std::exp(1.2), 1e-12);
  // Residuals −4 + 4.8 = 0.8 and −8 + 7.2 = −0.8: se = sqrt(2 · 1.28) / 10 = 0.16 nats.
  EXPECT_NEAR(aggregate("bits_per_byte", bytes, 0).standard_error, 0.16 / std::log(2), 1e-12);
}

TEST(Metric, GroupsWeighTasksAlikeOrByItems) {
  const std::vector<MetricScore> parts{{0.5, 0.03}, {0.8, 0.04}};
  EXPECT_NEAR(aggregate_group(parts, {100, 300}, false).value, 0.65, 1e-12);
  EXPECT_NEAR(aggregate_group(parts, {100, 300}, false).standard_error, 0.025, 1e-12);
  EXPECT_NEAR(aggregate_group(parts, {100, 300}, true).value, 0.725, 1e-12);
  // sqrt((99·0.03²·100 + 299·0.04²·300) / 398 / 400)
  EXPECT_NEAR(aggregate_group(parts, {100, 300}, true).standard_error, std::sqrt((8.91 + 143.52) / 398 / 400), 1e-12);
}

TEST(Answers, AreFilteredAndCompared) {
  const auto by_regex = [](const std::string& pattern, int64_t group, const std::string& text) {
    FilterSpec filter;
    filter.filter.push_back({"regex", pattern});
    filter.filter.back().group_select = group;
    return filter_answer(filter, text);
  };
  EXPECT_EQ(by_regex("#### (\\-?[0-9\\.\\,]+)", 0, "so\n#### 1,200 nuts #### 3"), "1,200");
  EXPECT_EQ(by_regex("#### (\\-?[0-9\\.\\,]+)", 0, "none"), "[invalid]");
  EXPECT_EQ(by_regex("(-?[$0-9.,]{2,})|(-?[0-9]+)", -1, "first 12.5, then 7 left"), "7");
  FilterSpec tidy;
  tidy.filter = {{"remove_whitespace"}, {"lowercase"}, {"take_first"}};
  EXPECT_EQ(filter_answer(tidy, "  Oslo \n"), "oslo");
  tidy.filter = {{"lowercse"}};
  EXPECT_THAT(tests::message_of([&] { filter_answer(tidy, "x"); }), testing::HasSubstr("unknown filter 'lowercse'"));
  Item item;
  item.references = {"The Elm", "Elm River"};
  MetricSpec exact;
  exact.metric = "exact_match";
  EXPECT_EQ(observe_answer(exact, item, "elm river").first, 0);
  exact.ignore_case = exact.ignore_punctuation = true;
  EXPECT_EQ(observe_answer(exact, item, "elm, river!").first, 1);
  exact.regexes_to_ignore = {"(?s).*#### ", "\\.$"};
  EXPECT_EQ(observe_answer(exact, item, "because\nof #### the elm.").first, 1);
  MetricSpec contains;
  contains.metric = "contains";
  EXPECT_EQ(observe_answer(contains, item, "It is THE ELM, surely").first, 1);
}

}  // namespace
}  // namespace gradus
