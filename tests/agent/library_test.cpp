#include "agent/library.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "../base/testing.h"
#include "base/error.h"

namespace gradus {
namespace {

std::vector<std::string> keys(const std::vector<Card>& cards) {
  std::vector<std::string> out;
  for (const Card& c : cards) out.push_back(c.key);
  return out;
}
bool has(const std::vector<Card>& cards, const std::string& key) {
  const auto all = keys(cards);
  return std::find(all.begin(), all.end(), key) != all.end();
}

TEST(Library, HoldsThePapersOfTheReference) {
  const Library library;
  EXPECT_EQ(library.cards().size(), 297u);
  std::set<std::string> seen;
  size_t summaries = 0;
  for (const Card& c : library.cards()) {
    EXPECT_TRUE(seen.insert(c.key).second) << c.key;
    EXPECT_FALSE(c.title.empty()) << c.key;
    EXPECT_TRUE(c.year >= 2016 && c.year <= 2024) << c.key << " " << c.year;
    for (const std::string& base : c.builds_on) EXPECT_FALSE(base.empty());
    if (c.summary.empty()) continue;
    ++summaries;
    EXPECT_TRUE(c.basis == "paper" || c.basis == "code" || c.basis == "memory") << c.key << ": " << c.basis;
    EXPECT_GT(c.summary.size(), 60u) << c.key;
  }
  EXPECT_GE(summaries, 120u);
}

TEST(Library, FindsWhatIsAskedFor) {
  const Library library;
  EXPECT_EQ(library.search("gated linear attention", 5).front().key, "gla");
  EXPECT_TRUE(has(library.search("delta rule memory collisions", 3), "deltanet"));
  EXPECT_TRUE(has(library.search("rotary position embedding", 5), "roformer"));
  EXPECT_TRUE(has(library.search("selective state space scan", 5), "mamba"));
  EXPECT_EQ(library.search("mamba", 4).size(), 4u);
}

TEST(Library, AnyTextIsALawfulQuery) {
  const Library library;
  for (const std::string query : {"", "   ", "\"", "a AND (b OR", "cards MATCH 'x'; DROP TABLE cards", "NEAR(x y)", "*",
                                  "ü^2", "title:mamba -gla"})
    EXPECT_NO_THROW(library.search(query, 5)) << query;
  EXPECT_TRUE(library.search("zzzzqqqq", 5).empty());
  EXPECT_TRUE(library.search(std::string(1'000'000, 'x'), 5).empty());
}

TEST(Library, UsersAddAndReplaceCards) {
  const tests::Directory d;
  write_file(d / "mine.yaml", "title: Quokka attention\nyear: 2026\nsummary: a quokka mixes tokens\n");
  write_file(d / "gla.yaml", "key: gla\ntitle: \"Another\\ttitle\"\n");
  const Library library(d.path);
  EXPECT_EQ(library.cards().size(), 298u);
  EXPECT_EQ(keys(library.search("quokka", 5)), std::vector<std::string>{"mine"});
  EXPECT_EQ(library.find("gla")->title, "Another title");
  write_file(d / "bad.yaml", "titel: x\n");
  EXPECT_NE(tests::message_of([&] { const Library bad(d.path); }).find("bad.yaml"), std::string::npos);
}

}  // namespace
}  // namespace gradus
