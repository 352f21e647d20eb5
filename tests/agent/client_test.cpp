// The client against a server that fails in every way we know, streamed and not.
#include "agent/client.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "model_server.h"

namespace gradus {
namespace {

using Kind = ChatResult::Kind;

TransportSettings quick() {
  TransportSettings t;
  t.first_byte_seconds = 20, t.idle_seconds = 20, t.total_seconds = 60;
  t.answer_bytes = 200'000, t.attempts = 3, t.backoff_seconds = 0.01;
  return t;
}

ChatRequest hello() {
  ChatRequest request;
  request.messages = {{"system", "be brief"}, {"user", "hello"}};
  return request;
}

class ClientTest : public ::testing::TestWithParam<bool> {
 protected:
  Endpoint endpoint() const {
    Endpoint e{server.url(), "stand-in", "secret"};
    e.stream = GetParam();
    return e;
  }
  ChatResult once(const std::string& fault) {
    TransportSettings settings = quick();
    if (fault == "slow") settings.first_byte_seconds = 1;
    if (fault == "stall") settings.idle_seconds = 1;
    const int before = server.n_requests();
    server.fail({fault});
    const ChatResult result = chat_once(endpoint(), hello(), settings);
    // On a busy machine the client may give up before the server has read: the fault must not meet the next request.
    while (server.n_requests() == before) sleep_unless_stopped(0.01);
    return result;
  }
  ModelServer server{[](const nlohmann::json&) { return "world \"1\"\nü"; }};
};

TEST_P(ClientTest, AnswersAndCounts) {
  const ChatResult r = chat_once(endpoint(), hello(), quick());
  ASSERT_EQ(r.kind, Kind::kDone) << r.fault;
  EXPECT_EQ(r.answer.text, "world \"1\"\nü");
  EXPECT_EQ(r.answer.finish, "stop");
  EXPECT_EQ(r.answer.input_tokens, 100);
  EXPECT_EQ(r.answer.output_tokens, 10);
  EXPECT_NE(server.last_headers().find("Authorization: Bearer secret"), std::string::npos);
  EXPECT_EQ(server.last_body()["messages"][0]["role"], "system");
  EXPECT_EQ(server.last_body().value("stream", false), GetParam());
}

TEST_P(ClientTest, AModelWithoutASystemRoleGetsItsWordsFromTheUser) {
  Endpoint e = endpoint();
  e.system = false;
  ASSERT_EQ(chat_once(e, hello(), quick()).kind, Kind::kDone);
  EXPECT_EQ(server.last_body()["messages"].size(), 1u);
  EXPECT_EQ(server.last_body()["messages"][0]["content"], "be brief\n\nhello");
}

TEST_P(ClientTest, ASchemaIsSentOnlyWhereTheServerHoldsAnswersToOne) {
  Endpoint e = endpoint();
  ChatRequest request = hello();
  request.schema = {{"type", "object"}};
  ASSERT_EQ(chat_once(e, request, quick()).kind, Kind::kDone);
  EXPECT_FALSE(server.last_body().contains("response_format"));
  e.structured = true;
  ASSERT_EQ(chat_once(e, request, quick()).kind, Kind::kDone);
  EXPECT_EQ(server.last_body()["response_format"]["json_schema"]["schema"], request.schema);
}

TEST_P(ClientTest, EveryFaultIsToldApart) {
  const std::vector<std::pair<std::string, std::string>> faults = {{"429", "status 429: slow down"},
                                                                   {"500", "status 500: it broke"},
                                                                   {"slow", "no byte of an answer"},
                                                                   {"stall", "nothing came for"},
                                                                   {"close", "'http://127"},
                                                                   {"html", "stand-in"},
                                                                   {"empty", "stand-in"},
                                                                   {"schema", "chat protocol"},
                                                                   {"cut", "'http://127"},
                                                                   {"truncated", "'http://127"}};
  for (const auto& [fault, words] : faults) {
    const ChatResult r = once(fault);
    EXPECT_EQ(r.kind, Kind::kAgain) << fault << ": " << r.fault;
    EXPECT_NE(r.fault.find(words), std::string::npos) << fault << ": " << r.fault;
    EXPECT_EQ(r.fault.find("secret"), std::string::npos);
  }
  EXPECT_EQ(once("400").kind, Kind::kRefused);
  const ChatResult bad = once("utf8");
  ASSERT_EQ(bad.kind, Kind::kDone) << bad.fault;
  EXPECT_EQ(bad.answer.text, "world \"1\"\nü\xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD");
}

TEST_P(ClientTest, TriesAgainAndCountsItsRequests) {
  std::vector<double> waits;
  Client client(quick(), [&](double seconds) { return waits.push_back(seconds), true; });
  server.fail({"500", "429 7"});
  const ChatResult r = client.ask(endpoint(), hello());
  ASSERT_EQ(r.kind, Kind::kDone) << r.fault;
  EXPECT_EQ(client.n_requests(), 3);
  EXPECT_EQ(server.n_requests(), 3);
  ASSERT_EQ(waits.size(), 2u);
  EXPECT_GE(waits[0], 0.005);
  EXPECT_LE(waits[0], 0.01);
  EXPECT_GE(waits[1], 7);  // as the server asked
  EXPECT_LT(waits[1], 7.1);
}

TEST_P(ClientTest, ARefusalIsFinal) {
  Client client(quick(), [](double) { return true; });
  server.fail({"400"});
  EXPECT_EQ(client.ask(endpoint(), hello()).kind, Kind::kRefused);
  EXPECT_EQ(server.n_requests(), 1);
}

TEST_P(ClientTest, TheBreakerLeavesADeadServerAlone) {
  TransportSettings settings = quick();
  settings.attempts = 2, settings.breaker_failures = 2, settings.breaker_seconds = 0.3;
  Client client(settings, [](double) { return true; });
  server.fail({"500", "500", "500", "500"});
  EXPECT_EQ(client.ask(endpoint(), hello()).kind, Kind::kAgain);
  EXPECT_EQ(client.ask(endpoint(), hello()).kind, Kind::kAgain);
  EXPECT_EQ(server.n_requests(), 4);
  const ChatResult left = client.ask(endpoint(), hello());
  EXPECT_EQ(left.kind, Kind::kAgain);
  EXPECT_NE(left.fault.find("left alone"), std::string::npos) << left.fault;
  EXPECT_EQ(server.n_requests(), 4);
  sleep_unless_stopped(0.35);
  EXPECT_EQ(client.ask(endpoint(), hello()).kind, Kind::kDone);
}

INSTANTIATE_TEST_SUITE_P(WholeAndStreamed, ClientTest, ::testing::Bool(),
                         [](const auto& p) { return p.param ? "streamed" : "whole"; });

TEST(Client, AnEndlessAnswerIsCutOff) {
  ModelServer server([](const nlohmann::json&) { return "x"; });
  server.fail({"endless"});
  const ChatResult r = chat_once({server.url(), "m", ""}, hello(), quick());
  EXPECT_EQ(r.kind, Kind::kAgain);
  EXPECT_NE(r.fault.find("longer than 200000 bytes"), std::string::npos) << r.fault;
}

TEST(Client, OnlyAnAnswerIsReadPieceByPiece) {
  ModelServer server([](const nlohmann::json&) { return "x"; });
  std::string read;
  HttpRequest request{server.url(), "{}", {}, [&](std::string_view piece) { return read += piece, true; }};
  server.fail({"500"});
  const HttpAnswer failed = exchange(request, quick());
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.body, "it broke");
  EXPECT_EQ(read, "");
  EXPECT_EQ(exchange(request, quick()).body, read);
  EXPECT_NE(read, "");
}

TEST(Client, NobodyListensThere) {
  const ChatResult r = chat_once({"http://127.0.0.1:1/v1", "m", "secret"}, hello(), quick());
  EXPECT_EQ(r.kind, Kind::kAgain);
  EXPECT_EQ(r.fault.find("secret"), std::string::npos);
  const Endpoint file{"file:///etc/passwd", "m", ""};
  EXPECT_THROW(chat_once(file, hello(), quick()), UsageError);
}

TEST(Client, TextBecomesValidUtf8) {
  EXPECT_EQ(clean_utf8("a\xC3\xBC\n\t\x01\x7F"), "a\xC3\xBC\n\t\x7F");
  EXPECT_EQ(clean_utf8("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD");          // overlong
  EXPECT_EQ(clean_utf8("\xED\xA0\x80").find("\xED"), std::string::npos);  // surrogate
  EXPECT_EQ(clean_utf8("\xF0\x9F\x99\x82"), "\xF0\x9F\x99\x82");
  EXPECT_EQ(clean_utf8("\xE0\x80\x80").find('\xE0'), std::string::npos);      // overlong
  EXPECT_EQ(clean_utf8("\xF4\x90\x80\x80").find('\xF4'), std::string::npos);  // beyond U+10FFFF
  EXPECT_EQ(clean_utf8("\xF8\x90\x80\x80").find('\xF8'), std::string::npos);
}

}  // namespace
}  // namespace gradus
