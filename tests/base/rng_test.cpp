#include "base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/hash.h"

using namespace gradus;

// Stable for ever: weights, data orders and selections of old experiments hang on these.
TEST(Rng, GoldenValues) {
  EXPECT_EQ(hex16(stream_key("init")), "b7d223758f434353");
  EXPECT_EQ(hex16(stream_key("init", {0, 3})), "eea4a4a1516d9eb1");
  const Stream s("init", {0, 3});
  EXPECT_EQ(hex16(s.bits(0)), "b5904e8d55b5b7c2");
  EXPECT_EQ(hex16(s.bits(1)), "f93832c5ad3b548d");
  EXPECT_EQ(hex16(s.bits(uint64_t{1} << 40)), "f7b63288baf5bdeb");
  EXPECT_NEAR(s.uniform(0), 0.70923319769436577, 1e-16);
  EXPECT_NEAR(s.normal(0), 1.0737876148729832, 1e-14);
  EXPECT_NEAR(s.normal(1), -1.2113354786720711, 1e-14);
  Stream t("shuffle", {7});
  std::vector<int> v(8);
  std::iota(v.begin(), v.end(), 0);
  t.shuffle(v);
  EXPECT_EQ(v, (std::vector<int>{3, 1, 5, 7, 0, 2, 6, 4}));
  std::vector<uint64_t> p;
  for (uint64_t i = 0; i < 8; ++i) p.push_back(Permutation(8, 1)(i));
  EXPECT_EQ(p, (std::vector<uint64_t>{0, 3, 1, 7, 4, 6, 5, 2}));
}

// The known answer of Random123 (kat_vectors): philox4x32-10, counter 0, key 0 is 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
TEST(Rng, PhiloxKnownAnswer) {
  EXPECT_EQ(hex16(Stream(0).bits(0)), "e169c58d6627e8d5");
  EXPECT_EQ(hex16(Stream(0).bits(1)), "9b00dbd8bc57ac4c");
}

TEST(Rng, DrawsAreAFunctionOfTheIndex) {
  Stream s("x", {1});
  const uint64_t third = s.bits(2);
  s.next(), s.next();
  EXPECT_EQ(s.next(), third);
  Stream n("x", {1});
  n.next_normal();
  EXPECT_EQ(n.next_normal(), s.normal(1));
}

TEST(Rng, NamesAndNumbersSeparateStreams) {
  std::vector<uint64_t> keys = {stream_key("a"),         stream_key("b"),      stream_key("a", {0}),
                                stream_key("a", {0, 0}), stream_key("a", {1}), stream_key("a", {0, 1}),
                                stream_key("a", {1, 0})};
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(std::unique(keys.begin(), keys.end()), keys.end());
}

// Moments of 1e6 draws within 5 standard errors.
TEST(Rng, Moments) {
  const Stream s("moments", {});
  const int n = 1000000;
  double u1 = 0, u2 = 0, g1 = 0, g2 = 0, g4 = 0, lag = 0, last = 0;
  for (int i = 0; i < n; ++i) {
    const double u = s.uniform(static_cast<uint64_t>(i)), g = s.normal(static_cast<uint64_t>(i));
    ASSERT_TRUE(u >= 0 && u < 1);
    u1 += u, u2 += u * u, g1 += g, g2 += g * g, g4 += g * g * g * g, lag += g * last, last = g;
  }
  const double root = std::sqrt(static_cast<double>(n));
  EXPECT_NEAR(u1 / n, 0.5, 5 * std::sqrt(1 / 12.0) / root);
  EXPECT_NEAR(u2 / n, 1 / 3.0, 5 * std::sqrt(4 / 45.0) / root);
  EXPECT_NEAR(g1 / n, 0, 5 / root);
  EXPECT_NEAR(g2 / n, 1, 5 * std::sqrt(2.0) / root);
  EXPECT_NEAR(g4 / n, 3, 5 * std::sqrt(96.0) / root);  // var x^4 = 105 - 9
  EXPECT_NEAR(lag / n, 0, 5 / root);
}

TEST(Rng, EachBitIsFair) {
  const Stream s("bits", {});
  const int n = 100000;
  std::vector<int> ones(64);
  for (int i = 0; i < n; ++i) {
    for (int b = 0; b < 64; ++b)
      ones[static_cast<size_t>(b)] += static_cast<int>(s.bits(static_cast<uint64_t>(i)) >> b & 1);
  }
  for (int count : ones) EXPECT_NEAR(count, n / 2, 5 * std::sqrt(n / 4.0));
}

TEST(Rng, NextBelowIsUniform) {
  Stream s("below", {});
  const int n = 60000;
  std::vector<int> counts(6);
  for (int i = 0; i < n; ++i) ++counts[s.next_below(6)];
  for (int count : counts) EXPECT_NEAR(count, 10000, 5 * std::sqrt(n * 5 / 36.0));
  EXPECT_EQ(s.next_below(1), 0u);
  const uint64_t large = (uint64_t{1} << 63) + 1;  // where a plain remainder would be biased by a half
  int above = 0;
  for (int i = 0; i < 10000; ++i) {
    const uint64_t x = s.next_below(large);
    ASSERT_LT(x, large);
    above += x >= large / 2;
  }
  EXPECT_NEAR(above, 5000, 250);
}

TEST(Permutation, IsABijection) {
  for (uint64_t n : {1, 2, 3, 4, 5, 7, 16, 17, 63, 64, 65, 1000, 4096, 10007}) {
    for (uint64_t key : {0, 1, 12345}) {
      const Permutation p(n, key);
      std::vector<bool> seen(n);
      for (uint64_t i = 0; i < n; ++i) {
        const uint64_t image = p(i);
        ASSERT_LT(image, n);
        ASSERT_FALSE(seen[image]) << n;
        seen[image] = true;
      }
    }
  }
}

TEST(Permutation, LargeDomains) {
  const uint64_t n = (uint64_t{1} << 40) + 12345;
  const Permutation p(n, 9);
  std::map<uint64_t, int> seen;
  for (uint64_t i = 0; i < 10000; ++i) ++seen[p(i)];
  EXPECT_EQ(seen.size(), 10000u);
  EXPECT_LT(seen.rbegin()->first, n);
  EXPECT_GT(seen.rbegin()->first, n / 2);
}

// Over many keys each element goes everywhere about equally often, and pairs do too.
TEST(Permutation, IsFairOverKeys) {
  for (uint64_t n : {2, 5, 10}) {
    const int keys = 20000;
    std::vector<std::vector<int>> counts(n, std::vector<int>(n));
    std::map<std::pair<uint64_t, uint64_t>, int> pairs;
    for (int k = 0; k < keys; ++k) {
      const Permutation p(n, stream_key("fair", {n, static_cast<uint64_t>(k)}));
      for (uint64_t i = 0; i < n; ++i) ++counts[i][p(i)];
      ++pairs[{p(0), p(1)}];
    }
    const double expected = keys / static_cast<double>(n), pair = expected / static_cast<double>(n - 1);
    for (const auto& row : counts) {
      for (int c : row) EXPECT_NEAR(c, expected, 6 * std::sqrt(expected)) << n;
    }
    for (const auto& [key, c] : pairs) EXPECT_NEAR(c, pair, 6 * std::sqrt(pair)) << n;
    EXPECT_EQ(pairs.size(), n * (n - 1));
  }
}
