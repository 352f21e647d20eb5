// Cards from the network, against a stand-in server that speaks as Semantic Scholar and arXiv do.
#include "agent/online.h"

#include <gtest/gtest.h>

#include "../base/testing.h"
#include "base/error.h"
#include "model_server.h"

namespace gradus {
namespace {

const char* kScholar = R"({"total": 2, "offset": 0, "data": [
  {"paperId": "abc", "title": "Quokka Attention: a Study", "year": 2026, "venue": "Q", "abstract": "Quokkas & tokens.",
   "authors": [{"name": "A"}, {"name": "B"}, {"name": "C"}, {"name": "D"}]},
  {"paperId": "def", "title": "Nothing known", "year": null, "venue": null, "abstract": null, "authors": null}, 7]})";
const char* kArxiv = R"(<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>query</title>
<entry><id>http://arxiv.org/abs/1</id><published>2025-03-01T00:00:00Z</published><title>Wombat
  Gates &amp; Windows</title><summary> y &lt; x </summary><author><name>E. F.</name></author><author><name>G</name></author></entry>
</feed>)";

class OnlineTest : public ::testing::Test {
 protected:
  OnlineTest() {
    server.on_get([this](const std::string& path) {
      asked.push_back(path);
      return path.find("/paper/search") != path.npos ? kScholar : kArxiv;
    });
    ::setenv("GRADUS_SEMANTIC_SCHOLAR_URL", server.url().c_str(), 1);
    ::setenv("GRADUS_ARXIV_URL", server.url().c_str(), 1);
    transport.attempts = 2, transport.backoff_seconds = 0.01;
  }
  std::vector<Card> search(const std::string& where, const std::string& words) {
    return search_online(where, words, 5, home / "cache", transport);
  }
  std::vector<std::string> asked;
  tests::Directory home;
  TransportSettings transport;
  ModelServer server{[](const nlohmann::json&) { return "not asked for"; }};
};

TEST_F(OnlineTest, SemanticScholar) {
  const auto cards = search("semantic-scholar", "quokka & attention");
  ASSERT_EQ(cards.size(), 2u);
  EXPECT_EQ(cards[0].key, "quokka_attention_a_study_2026");
  EXPECT_EQ(cards[0].authors, "A, B, C, et al.");
  EXPECT_EQ(cards[0].summary, "Quokkas & tokens.");
  EXPECT_EQ(cards[0].basis, "abstract");
  EXPECT_EQ(cards[1].year, 0);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0],
            "/v1/paper/search?query=quokka%20%26%20attention&limit=5&fields=title,year,venue,authors,abstract");
}

TEST_F(OnlineTest, Arxiv) {
  const auto cards = search("arxiv", "wombat");
  ASSERT_EQ(cards.size(), 1u);
  EXPECT_EQ(cards[0].title, "Wombat Gates & Windows");
  EXPECT_EQ(cards[0].year, 2025);
  EXPECT_EQ(cards[0].summary, "y < x");
  EXPECT_EQ(cards[0].authors, "E. F., G");
}

TEST_F(OnlineTest, TheSameWordsAskOnce) {
  search("arxiv", "wombat");
  server.fail({"500"});
  EXPECT_EQ(search("arxiv", "wombat").size(), 1u);
  EXPECT_EQ(server.n_requests(), 1);
  EXPECT_EQ(search("arxiv", "other").size(), 1u);  // meets the 500, and asks again
  EXPECT_EQ(server.n_requests(), 3);
}

TEST_F(OnlineTest, APageThatIsNoAnswerIsNotKept) {
  server.fail({"html"});
  EXPECT_THROW(search("arxiv", "wombat"), Error);
  EXPECT_EQ(search("arxiv", "wombat").size(), 1u);
}

TEST_F(OnlineTest, CardsAreAddedOnce) {
  const auto cards = search("semantic-scholar", "quokka");
  EXPECT_EQ(add_cards({cards[0], cards[1], cards[0]}, home / "library"), 2);
  EXPECT_EQ(add_cards(cards, home / "library"), 0);
  const Library library(home / "library");
  EXPECT_EQ(library.cards().size(), 299u);
  EXPECT_EQ(library.search("quokka", 1).front().title, "Quokka Attention: a Study");
}

TEST_F(OnlineTest, FaultsAreSaid) {
  server.fail({"500", "500"});
  EXPECT_NE(tests::message_of([&] { search("arxiv", "x"); }).find("status 500"), std::string::npos);
  EXPECT_THROW(search("elsewhere", "x"), UsageError);
  EXPECT_THROW(read_semantic_scholar("<html>"), Error);
  EXPECT_THROW(read_semantic_scholar("{}"), Error);
  EXPECT_THROW(read_arxiv("{}"), Error);
  EXPECT_TRUE(read_arxiv("<feed><entry><title>cut").empty());
}

}  // namespace
}  // namespace gradus
