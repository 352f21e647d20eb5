// The worlds that policies are judged on: what the file says is what the draws do.
#include "ladder/world.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <set>

namespace gradus {
namespace {

std::string fault(const std::string& text) {
  const Path file = std::filesystem::temp_directory_path() / ("gradus-world-" + std::to_string(::getpid()) + ".yaml");
  write_file(file, text);
  std::string out;
  try {
    read_worlds(file);
  } catch (const Error& e) {
    out = e.what();
  }
  std::filesystem::remove(file);
  return out;
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  double mx = 0, my = 0, xy = 0, xx = 0, yy = 0;
  for (size_t i = 0; i < x.size(); ++i) mx += x[i] / double(x.size()), my += y[i] / double(y.size());
  for (size_t i = 0; i < x.size(); ++i)
    xy += (x[i] - mx) * (y[i] - my), xx += (x[i] - mx) * (x[i] - mx), yy += (y[i] - my) * (y[i] - my);
  return xy / std::sqrt(xx * yy);
}

World plain() {
  World w;
  w.designs = 20000, w.top = 1;
  w.cost = {1, 4, 16}, w.spread = {0.3, 0.2, 0.1}, w.noise = {0, 0, 0};
  w.correlation = 0.49;
  return w;
}

TEST(World, TwelveAreBuiltInWithTheCorrelationsAsked) {
  const Worlds worlds = read_worlds("");
  EXPECT_EQ(worlds.size(), 12u);
  std::set<double> seen;
  for (const auto& [name, w] : worlds) seen.insert(w.correlation);
  EXPECT_EQ(seen, (std::set<double>{0.3, 0.45, 0.7, 0.9}));
}

TEST(World, FaultsNameTheLine) {
  EXPECT_NE(fault("format: 1\nworlds:\n  a:\n    cost: [1.0]\n").find("line 4: worlds.a.cost: expected two rungs"),
            std::string::npos);
  EXPECT_NE(fault("format: 1\nworlds:\n  a: {cost: [1.0, 2.0], spread: [1.0, 1.0], noise: [1.0]}\n")
                .find("worlds.a.noise: expected a number for each rung"),
            std::string::npos);
  EXPECT_NE(fault("format: 2\nworlds: {}\n").find("format 2, this build reads 1"), std::string::npos);
  EXPECT_NE(fault("format: 1\nworlds: {a: {costs: [1.0]}}\n").find("did you mean 'worlds.a.cost'"), std::string::npos);
}

TEST(World, LeadsHaveTheSpreadAndTheCorrelationOfTheFile) {
  const Pool pool(plain(), 7);
  std::vector<double> low, middle, top;
  for (int i = 0; i < pool.size(); ++i) {
    low.push_back(pool.run(i, 0, 0).lead), middle.push_back(pool.run(i, 1, 0).lead), top.push_back(pool.truth(i));
    ASSERT_DOUBLE_EQ(pool.run(i, 2, 0).lead, pool.truth(i));  // no noise, the target itself
  }
  EXPECT_NEAR(correlation(low, top), 0.49, 0.02);
  EXPECT_NEAR(correlation(middle, top), 0.7, 0.02);
  double square = 0;
  for (double x : low) square += x * x / double(low.size());
  EXPECT_NEAR(std::sqrt(square), 0.3, 0.005);
  for (int i = 0; i < pool.size(); ++i) ASSERT_GE(pool.regret(i), 0);
  EXPECT_EQ(pool.regret(pool.best()), 0);
}

TEST(World, SeedsDifferByTheNoiseAndRepeatExactly) {
  World w = plain();
  w.noise = {0.05, 0.05, 0.05};
  const Pool pool(w, 7), again(w, 7), other(w, 8);
  double square = 0;
  for (int i = 0; i < pool.size(); ++i) {
    const double difference = pool.run(i, 0, 1).lead - pool.run(i, 0, 0).lead;
    square += difference * difference / pool.size();
    ASSERT_EQ(pool.run(i, 0, 1).lead, again.run(i, 0, 1).lead);
  }
  EXPECT_NEAR(std::sqrt(square), 0.05 * std::sqrt(2.0), 0.001);
  EXPECT_NE(pool.run(0, 0, 0).lead, other.run(0, 0, 0).lead);
}

TEST(World, FastLearnersLeadBelowTheTargetAndMoreAtHalf) {
  World w = plain();
  w.fast = 0.5, w.fast_lead = 2;
  const Pool pool(w, 7), slow(plain(), 7);
  int fast = 0;
  for (int i = 0; i < pool.size(); ++i) {
    const Shown shown = pool.run(i, 0, 0);
    const double lead = shown.lead - slow.run(i, 0, 0).lead;
    ASSERT_NEAR(shown.half_lead - shown.lead, lead / 2, 1e-12);
    ASSERT_NEAR(pool.run(i, 1, 0).lead - slow.run(i, 1, 0).lead, lead * (0.2 * 0.5) / (0.3 * 0.75), 1e-12);
    ASSERT_EQ(pool.truth(i), slow.truth(i));
    fast += lead > 0;
  }
  EXPECT_NEAR(fast, 10000, 300);
}

TEST(World, RatesCostWhatTheFileSaysAndBreakagesTheirShare) {
  World w = plain();
  w.rate_width = 0.5, w.rate_loss = 1;
  w.diverge = {0.2, 0, 0.1}, w.lost = 0.2;
  const Pool pool(w, 7);
  int broken = 0, broken_at_last = 0;
  double cost = 0;
  for (int i = 0; i < pool.size(); ++i) {
    const Shown s = pool.run(i, 0, 0), last = pool.run(i, 2, 0);
    broken += s.diverged, broken_at_last += last.diverged;
    cost += s.cost / pool.size();
    if (s.diverged || last.diverged) continue;
    // loss(-1) + loss(1) - 2 loss(0) = 2 rate_loss spread, whatever the design's rate
    ASSERT_NEAR(pool.run(i, 0, 0, -1).lead + pool.run(i, 0, 0, 1).lead - 2 * s.lead, -2 * 0.3, 1e-9);
  }
  EXPECT_NEAR(broken, 4000, 200);
  EXPECT_NEAR(broken_at_last, 20000 * (1 - 0.8 * 0.9), 250);
  // half a run for each lost try (0.25 of them a run), then a whole or, broken, half a run
  EXPECT_NEAR(cost, 0.125 + 0.8 + 0.1, 0.01);
}

}  // namespace
}  // namespace gradus
