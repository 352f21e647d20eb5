#include "ladder/agreement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "base/file.h"
#include "base/rng.h"

namespace gradus {
namespace {

using Fields = std::vector<std::string>;

Fields split(const std::string& text, char by) {
  Fields out;
  std::istringstream stream(text);
  for (std::string field; std::getline(stream, field, by);) out.push_back(field);
  return out;
}
std::vector<double> numbers(const std::string& text) {
  std::vector<double> out;
  for (const std::string& f : split(text, ',')) out.push_back(std::stod(f));
  return out;
}
/// What scipy made of the same values (tests/peer/agreement_cases.py).
std::vector<Fields> cases(const std::string& kind) {
  std::vector<Fields> out;
  for (const std::string& line : read_lines(Path(std::getenv("GRADUS_SOURCE")) / "tests/ladder/agreement.tsv")) {
    Fields f = split(line, '\t');
    if (f[0] == kind) out.push_back(f);
  }
  EXPECT_FALSE(out.empty());
  return out;
}

Paired paired(std::vector<double> x, std::vector<double> y) {
  Paired p;
  p.proxy_error.resize(x.size()), p.target_error.resize(x.size());
  p.proxy = std::move(x), p.target = std::move(y);
  return p;
}

TEST(Agreement, CorrelationsAreThoseOfScipy) {
  for (const Fields& f : cases("correlation")) {
    const auto x = numbers(f[2]), y = numbers(f[3]);
    EXPECT_NEAR(pearson(x, y), std::stod(f[4]), 1e-12) << f[1];
    EXPECT_NEAR(spearman(x, y), std::stod(f[5]), 1e-12) << f[1];
    EXPECT_NEAR(count_pairs(paired(x, y)).tau_b(), std::stod(f[6]), 1e-12) << f[1];
  }
}

TEST(Agreement, SharesHaveTheExactIntervalOfScipy) {
  for (const Fields& f : cases("share")) {
    const Share s = exact_share(std::stoi(f[2]), std::stoi(f[3]), std::stod(f[4]));
    EXPECT_NEAR(s.lower, std::stod(f[5]), 1e-9) << f[1];
    EXPECT_NEAR(s.upper, std::stod(f[6]), 1e-9) << f[1];
  }
}

TEST(Agreement, PairsTopAndRegretByHand) {
  // Orders: proxy a > b > c > d; target b > a > d > c. Two of six pairs are turned round.
  const Paired p = paired({4, 3, 2, 1}, {0.3, 0.4, 0.1, 0.2});
  EXPECT_DOUBLE_EQ(count_pairs(p).accuracy(), 4.0 / 6);
  EXPECT_DOUBLE_EQ(top_recall(p, 1), 0);
  EXPECT_DOUBLE_EQ(top_recall(p, 2), 1);
  EXPECT_DOUBLE_EQ(top_recall(p, 3), 2.0 / 3);
  EXPECT_DOUBLE_EQ(regret(p), 0.4 - 0.3);
  // A pair equal in the proxy is half right, one equal in the target is no pair.
  EXPECT_DOUBLE_EQ(count_pairs(paired({1, 1, 0}, {2, 3, 0})).accuracy(), 2.5 / 3);
  EXPECT_DOUBLE_EQ(count_pairs(paired({1, 2, 0}, {3, 3, 0})).accuracy(), 1);
  EXPECT_TRUE(std::isnan(pearson(std::vector<double>{1, 1}, std::vector<double>{1, 2})));
}

TEST(Agreement, OnlyPairsBeyondTheirNoiseAreSeparated) {
  Paired p = paired({0, 1, 3}, {0, -1, 3});
  p.proxy_error = {0.5, 0.5, 0.5}, p.target_error = {0.5, 0.5, 0.5};
  // z √(0.5² + 0.5²) = 1.39: the pair (0, 1), which is turned round, is within noise on both sides.
  const PairCounts c = count_separated(p, 1.96);
  EXPECT_EQ(c.alike, 2);
  EXPECT_EQ(c.opposed, 0);
  EXPECT_EQ(count_pairs(p).opposed, 1);
}

/// Truth with correlation `rho` at two rungs, seed noise on both, and only the best `share` of the lower sent up.
Paired population(int n, double rho, double noise, double share, uint64_t key) {
  Stream draws("population", {key});
  std::vector<std::pair<double, double>> all;
  for (int i = 0; i < n; ++i) {
    const double x = draws.next_normal(), y = rho * x + std::sqrt(1 - rho * rho) * draws.next_normal();
    const double proxy = x + noise * draws.next_normal();
    all.emplace_back(proxy, y + noise * draws.next_normal());
  }
  std::sort(all.begin(), all.end(), std::greater<>());
  Paired p;
  double mean = 0;
  for (const auto& [x, y] : all) mean += x / n;
  for (const auto& [x, y] : all) p.unrestricted_variance += (x - mean) * (x - mean) / (n - 1);
  for (int i = 0; i < int(share * n); ++i) {
    p.proxy.push_back(all[size_t(i)].first), p.target.push_back(all[size_t(i)].second);
    p.proxy_error.push_back(noise), p.target_error.push_back(noise);
  }
  return p;
}

TEST(Agreement, CorrectionsFindThePlantedCorrelation) {
  // The mean over worlds, of r .7 seen through noise of half the spread (reliability .8) and the best fifth only.
  double plain = 0, noise = 0, both = 0, restricted = 0, range = 0;
  const int worlds = 200;
  for (int w = 0; w < worlds; ++w) {
    plain += pearson(population(400, 0.7, 0.5, 1, w).proxy, population(400, 0.7, 0.5, 1, w).target) / worlds;
    noise += corrected_correlation(population(400, 0.7, 0.5, 1, w), false, true) / worlds;
    const Paired best = population(2000, 0.7, 0.5, 0.2, w);
    restricted += pearson(best.proxy, best.target) / worlds;
    range += corrected_correlation(best, true, false) / worlds;
    both += corrected_correlation(best, true, true) / worlds;
  }
  EXPECT_NEAR(plain, 0.7 * 0.8, 0.01);  // reliability 1/(1 + .25) = .8 on both sides: r √(.8 · .8)
  EXPECT_NEAR(noise, 0.7, 0.01);
  EXPECT_LT(restricted, 0.35);
  EXPECT_NEAR(range, 0.7 * 0.8, 0.02);
  EXPECT_NEAR(both, 0.7, 0.03);
}

TEST(Agreement, IntervalsHoldTheTruthAsOftenAsTheySay) {
  int held = 0;
  const int worlds = 200;
  for (int w = 0; w < worlds; ++w) {
    const auto list = measure_agreement(population(40, 0.7, 0.001, 1, uint64_t(1000 + w)), 0.9, uint64_t(w), 200);
    const auto pearson = std::find_if(list.begin(), list.end(), [](const Statistic& s) { return s.name == "pearson"; });
    ASSERT_NE(pearson, list.end());
    EXPECT_LE(pearson->lower, pearson->value);
    held += pearson->lower <= 0.7 && 0.7 <= pearson->upper;
  }
  EXPECT_GT(held, 0.83 * worlds);
  EXPECT_LT(held, 0.96 * worlds);
}

TEST(Agreement, NamesEachMeasureOnce) {
  const auto list = measure_agreement(population(104, 0.7, 0.1, 1, 5), 0.9, 0, 50);
  for (const char* name : {"spearman", "top_1_recall", "top_3_recall", "top_5_recall", "top_10_recall", "regret"})
    EXPECT_EQ(std::count_if(list.begin(), list.end(), [&](const Statistic& s) { return s.name == name; }), 1) << name;
  // Nobody was selected, so the correction changes neither the value nor its interval.
  const auto find = [&](const char* name) {
    return *std::find_if(list.begin(), list.end(), [&](const Statistic& s) { return s.name == name; });
  };
  EXPECT_NEAR(find("pearson").value, find("pearson_range_corrected").value, 1e-9);
  EXPECT_NEAR(find("pearson").upper, find("pearson_range_corrected").upper, 1e-9);
}

TEST(Agreement, FewDesignsGiveNoFigureRatherThanAWrongOne) {
  for (const Statistic& s : measure_agreement(paired({1}, {2}), 0.9, 0)) EXPECT_TRUE(std::isnan(s.value)) << s.name;
  for (const Statistic& s : measure_agreement(paired({1, 2}, {2, 2}), 0.9, 0)) {
    if (s.name == "spearman" || s.name == "kendall_tau_b" || s.name == "pairwise_accuracy") {
      EXPECT_TRUE(std::isnan(s.value)) << s.name;
    }
  }
}

}  // namespace
}  // namespace gradus
