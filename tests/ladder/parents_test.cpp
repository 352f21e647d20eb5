// Frequencies of 100,000 draws are what parents.h says.
#include "ladder/parents.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

namespace gradus {
namespace {

constexpr int kDraws = 100000;

/// How often each design is drawn; positions beyond the first count too.
std::map<DesignName, double> frequencies(const std::vector<ParentCandidate>& candidates, ParentRequest request,
                                         int draws = kDraws) {
  std::map<DesignName, double> out;
  for (int i = 0; i < draws; ++i) {
    request.key = uint64_t(i) * 7919 + 13;
    for (const DrawnParent& p : draw_parents(candidates, request)) out[p.design] += 1.0 / draws;
  }
  return out;
}

/// Five standard errors of a share of kDraws.
double tolerance(double share) { return 5 * std::sqrt(share * (1 - share) / kDraws) + 1e-9; }
void expect_share(double share, double expected, const std::string& what) {
  EXPECT_NEAR(share, expected, tolerance(expected)) << what;
}

ParentRequest request(const std::string& rule, int n = 1) {
  ParentRequest out;
  out.settings.rule = rule, out.n = n, out.baselines = {{0, 0}};
  return out;
}

double normal_below(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

TEST(Parents, ThompsonDrawsByTheChanceOfBeingBest) {
  // g001-000 against the baseline, which stands at 0 without doubt: P(N(.1, .2²) > 0)
  auto f = frequencies({{{1, 0}, 0.1, 0.2, 0}}, request("thompson"));
  expect_share(f[{1, 0}], normal_below(0.5), "one");
  expect_share(f[{0, 0}], 1 - normal_below(0.5), "the baseline");
  // Two posteriors, the baseline far below: P(N(.1 - .05, .2² + .1²) > 0)
  f = frequencies({{{0, 0}, -9, 0, 0}, {{1, 0}, 0.1, 0.2, 0}, {{1, 1}, 0.05, 0.1, 0}}, request("thompson"));
  expect_share(f[{1, 0}], normal_below(0.05 / std::hypot(0.2, 0.1)), "the better of two");
}

/// 16 designs: 0-3 good, 0, 1, 4 and 5 of high confidence.
std::vector<ParentCandidate> sixteen() {
  std::vector<ParentCandidate> out{{{0, 0}, -1, 0, 0}};
  for (int i = 0; i < 15; ++i) out.push_back({{1, i}, 1 - 0.05 * i, 0.1, i == 0 || i == 1 || i == 4 || i == 5 ? 1 : 0});
  return out;
}

TEST(Parents, QuadrantsHaveTheSharesOfTheReferenceWithoutItsGreed) {
  const auto f = frequencies(sixteen(), request("quadrants"));
  const auto at = [&](int slot) { return f.count({1, slot}) ? f.at({1, slot}) : 0; };
  expect_share(f.at({0, 0}), 0.05, "restart");
  // good and sure: 0 and 1; poor and sure: 4 and 5. Of two, the first has two tickets of three.
  expect_share(at(0), 0.95 * 0.8 * 2 / 3, "0");
  expect_share(at(1), 0.95 * 0.8 * 1 / 3, "1");
  expect_share(at(4), 0.95 * 0.2 * 2 / 3, "4");
  expect_share(at(5), 0.95 * 0.2 * 1 / 3, "5");
  for (int slot : {2, 3, 6, 14}) EXPECT_EQ(at(slot), 0) << slot;  // of low confidence
}

TEST(Parents, AnEmptyQuadrantGivesWay) {
  auto only_poor = sixteen();
  only_poor[1].rung = only_poor[2].rung = 0, only_poor[7].rung = only_poor[8].rung = 1;  // sure: 4 to 7, all poor
  auto f = frequencies(only_poor, request("quadrants"), 20000);
  double poor = 0;
  for (int slot : {4, 5, 6, 7}) poor += f[{1, slot}];
  EXPECT_NEAR(poor, 0.95, 0.01);
  auto equal = sixteen();
  for (auto& c : equal) c.rung = 0;  // nobody is sure: all 16, by the tickets 16, 15, …, 1 of 136
  f = frequencies(equal, request("quadrants"));
  expect_share(f[{1, 0}], 0.95 * 16 / 136, "the first of all");
  expect_share(f[{1, 14}], 0.95 * 2 / 136, "the last but one");
}

TEST(Parents, IslandsKeepToThemselvesButForGuests) {
  std::vector<ParentCandidate> all{{{0, 0}, -9, 0, 0}};
  for (int g = 1; g <= 24; ++g) all.push_back({{g, 0}, 0.1 * (g % 3), 0.1, 0});
  ParentRequest r = request("islands", 2);
  r.generation = 10;  // island 2, turn 2: no guest (every third turn)
  for (const auto& [d, share] : frequencies(all, r, 2000)) EXPECT_TRUE(d.generation % 4 == 2) << d.text();
  r.generation = 14;  // island 2, turn 3: the second is from island 1
  double guests = 0, own = 0;
  for (const auto& [d, share] : frequencies(all, r, 2000)) (d.generation % 4 == 1 ? guests : own) += share;
  EXPECT_NEAR(guests, 1, 1e-9);
  EXPECT_NEAR(own, 1, 1e-9);
  // Two on an island, drawn one at a time: as Thompson.
  std::vector<ParentCandidate> two{{{0, 0}, -9, 0, 0}, {{1, 0}, 0.1, 0.2, 0}, {{5, 0}, 0, 0.2, 0}, {{2, 0}, 9, 0, 0}};
  ParentRequest one = request("islands");
  one.generation = 9;  // island 1, turn 2
  auto f = frequencies(two, one);
  expect_share(f[{1, 0}], normal_below(0.1 / std::hypot(0.2, 0.2)), "an islander");
  EXPECT_EQ(f.count({2, 0}), 0u);
  r.generation = 4;  // island 0, where only the baseline lives yet
  EXPECT_EQ(draw_parents({}, r).at(0).design, (DesignName{0, 0}));
}

TEST(Parents, ElitesAreAlikeWhateverTheirCellHolds) {
  std::vector<ParentCandidate> all{{{0, 0}, 0, 0, 0, 1, "attention"}};
  for (int i = 0; i < 20; ++i)
    all.push_back({{1, i}, 0.01 * i, 0.1, 0, 1.02, "attention"});  // one cell, with the baseline
  all.push_back({{2, 0}, -1, 0.1, 0, 2, "attention"});
  all.push_back({{2, 1}, -2, 0.1, 0, 1, "convolution"});
  all.push_back({{2, 2}, -3, 0.1, 0, 1.5, "convolution"});
  const auto f = frequencies(all, request("elites"));
  EXPECT_EQ(f.size(), 4u);
  for (const DesignName& d : {DesignName{1, 19}, DesignName{2, 0}, DesignName{2, 1}, DesignName{2, 2}})
    expect_share(f.at(d), 0.25, d.text());
  EXPECT_EQ(draw_parents(all, request("elites", 9)).size(), 4u);
}

TEST(Parents, AllAreDifferentAndRepeatable) {
  for (const char* rule : {"thompson", "quadrants", "islands", "elites"})
    for (uint64_t key = 0; key < 200; ++key) {
      ParentRequest r = request(rule, 5);
      r.key = key, r.generation = 12;
      const auto parents = draw_parents(sixteen(), r), again = draw_parents(sixteen(), r);
      std::set<DesignName> seen;
      for (size_t i = 0; i < parents.size(); ++i) {
        EXPECT_TRUE(seen.insert(parents[i].design).second) << rule;
        EXPECT_EQ(parents[i].design, again[i].design);
      }
      EXPECT_GE(parents.size(), 1u) << rule;
    }
}

TEST(Parents, ConfidenceIsTheReferences) {
  EXPECT_EQ(confidence_points(0), 3);   // proposed 1, implemented 1, 14M 1
  EXPECT_EQ(confidence_points(1), 5);   // 31M 2
  EXPECT_EQ(confidence_points(4), 17);  // 70M 3, 125M 4, 350M 5
}

}  // namespace
}  // namespace gradus
