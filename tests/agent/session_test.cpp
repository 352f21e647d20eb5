// A design's dealings with models: recorded answers, mends, caps, lost calls, replay.
#include "agent/session.h"

#include <gtest/gtest.h>

#include "../base/testing.h"
#include "agent/answer.h"
#include "model_server.h"

namespace gradus {
namespace {

using tests::message_of;
using Json = nlohmann::json;
const Json kValues = {{"design", "g001-000"}, {"purpose", "test"}, {"attempt", 1}, {"round", 1},
                      {"rounds", 1},          {"task", "none"},    {"notes", ""},  {"papers", Json::array()}};
const Json kSchema = object_schema({{"rating", {{"type", "number"}, {"minimum", 0}, {"maximum", 5}}}});

class SessionTest : public ::testing::Test {
 protected:
  void make(const std::string& more = "") {
    const std::string settings =
        "rungs: [pico]\npropose: {agent: openai}\nagents:\n  proposer: {models: {m: 1}}\n  models: {m: {url: '" +
        server.url() + "', input_price: 1.0e+6, output_price: 1.0e+6}}\n" +
        "  transport: {backoff_seconds: 0.01, attempts: 2, idle_seconds: 3.0}\n" + more;
    create_experiment(home.path, resolve_settings(parse_yaml(settings, "test"), "test"));
    experiment.emplace(home.path);
    desk.emplace(*experiment);
  }
  std::string ask(const std::string& call) {
    return Session(*desk, {1, 0}).ask(Role::kCoder, call, "searcher", kValues);
  }
  std::string text = "an answer";
  tests::Directory home;
  ModelServer server{[this](const Json&) { return text; }};
  std::optional<Experiment> experiment;
  std::optional<Desk> desk;
};

TEST_F(SessionTest, AnAnsweredCallIsNeverMadeAgain) {
  make();
  EXPECT_EQ(ask("a"), "an answer");
  text = "another";
  EXPECT_EQ(ask("a"), "an answer");
  EXPECT_EQ(ask("b"), "another");
  EXPECT_EQ(server.n_requests(), 2);
  const Transcript transcript(*experiment, {1, 0});
  EXPECT_EQ(transcript.answered(), 2);
  EXPECT_EQ(transcript.lost(), 0);
  EXPECT_EQ(transcript.tokens(), 220);
  EXPECT_EQ(tests::slurp(transcript.path()).find("secret"), std::string::npos);
}

TEST_F(SessionTest, ALostCallIsCountedAndMadeAgain) {
  make();
  {
    Transcript transcript(*experiment, {1, 0});
    transcript.begin({"a", "coder", "m", "p", {}});  // and the job is killed here
  }
  EXPECT_EQ(Transcript(*experiment, {1, 0}).lost(), 1);
  EXPECT_EQ(ask("a"), "an answer");
  EXPECT_EQ(Transcript(*experiment, {1, 0}).lost(), 1);
  // A line that the kill cut through costs nothing but itself.
  std::ofstream(Transcript(*experiment, {1, 0}).path(), std::ios::app) << R"({"event":"answer","call":"b)";
  EXPECT_EQ(ask("a"), "an answer");
  EXPECT_EQ(ask("b"), "an answer");
  EXPECT_EQ(ask("b"), "an answer");
  EXPECT_EQ(server.n_requests(), 2);
}

TEST_F(SessionTest, WhatCannotBeReadIsMendedAndThenGivenUp) {
  make("  corrections: 2\n");
  text = "no object here";
  Session session(*desk, {1, 0});
  EXPECT_THROW(session.ask_json(Role::kReviewer, "r", "searcher", kValues, kSchema), UnreadableAnswer);
  EXPECT_EQ(server.n_requests(), 3);
  text = "Well: ```json\n{\"rating\": 4.5}\n```";
  EXPECT_EQ(session.ask_json(Role::kReviewer, "s", "searcher", kValues, kSchema)["rating"], 4.5);
  text = "{\"rating\": 9}";
  EXPECT_NE(message_of([&] {
              session.ask_json(Role::kReviewer, "t", "searcher", kValues, kSchema);
            }).find("'rating' must be from 0 to 5, not 9"),
            std::string::npos);
}

TEST_F(SessionTest, FaultsOfTheServerAreErrorsAndLeaveTheCallOpen) {
  make();
  for (const std::string fault : {"500", "429", "cut", "truncated", "schema", "stall", "html", "empty", "close"}) {
    server.fail({fault, fault});
    EXPECT_NE(message_of([&] { ask("a"); }).find("attempt 2 of 2"), std::string::npos) << fault;
    Desk::Mode none;
    desk.emplace(*experiment, none);  // another job: its breaker is closed
  }
  EXPECT_EQ(ask("a"), "an answer");
}

TEST_F(SessionTest, CapsHoldByForecast) {
  make("  design_dollars: 5000.0\n");  // a dollar a token: prompt and 4096 of the answer are forecast
  EXPECT_EQ(ask("a"), "an answer");
  const std::string words = message_of([&] { ask("b"), ask("c"), ask("d"), ask("e"), ask("f"), ask("g"), ask("h"); });
  EXPECT_NE(words.find("agents.design_dollars"), std::string::npos) << words;
  try {
    ask("z");
    FAIL();
  } catch (const OverBudget& cap) {
    EXPECT_TRUE(cap.design);
  }
  EXPECT_LT(Transcript(*experiment, {1, 0}).dollars(), 5000);
}

TEST_F(SessionTest, ADesignThatItsCapEndedEndsThereInAReplayToo) {
  make("  design_tokens: 4300\n");
  ask("a");
  const std::string words = message_of([&] { ask("b"); });
  EXPECT_NE(words.find("agents.design_tokens: 110 tokens are spent"), std::string::npos) << words;
  desk.emplace(*experiment, Desk::Mode{false, true});
  EXPECT_EQ(message_of([&] { ask("b"); }), words);
}

TEST_F(SessionTest, ARolesCapCountsAllDesigns) {
  make("  coder: {dollars: 4400.0}\n");
  for (int slot = 0; slot < 3; ++slot) {
    const auto once = [&] { Session(*desk, {1, slot}).ask(Role::kCoder, "a", "searcher", kValues); };
    if (slot < 2) {
      EXPECT_NO_THROW(once()) << slot;
    } else {
      EXPECT_THROW(once(), OverBudget);
    }
  }
}

TEST_F(SessionTest, AReplayAsksNobody) {
  make();
  ask("a");
  desk.emplace(*experiment, Desk::Mode{false, true});
  EXPECT_EQ(ask("a"), "an answer");
  EXPECT_NE(message_of([&] { ask("b"); }).find("has no answer to 'b'"), std::string::npos);
  EXPECT_EQ(server.n_requests(), 1);
}

TEST(Models, TheReviewerIsAnotherThanTheProposerWhereThereIsAChoice) {
  AgentSettings settings;
  settings.proposer.models = {{"a", 1}, {"b", 1}, {"c", 0}};
  int drawn_a = 0;
  for (int slot = 0; slot < 200; ++slot) {
    const std::string proposer = draw_model(Role::kProposer, settings, 1, 1, slot);
    EXPECT_NE(proposer, "c");
    EXPECT_NE(proposer, draw_model(Role::kReviewer, settings, 1, 1, slot));
    EXPECT_EQ(proposer, draw_model(Role::kCoder, settings, 1, 1, slot));
    drawn_a += proposer == "a";
  }
  EXPECT_NEAR(drawn_a, 100, 35);  // five deviations
  EXPECT_THROW(draw_model(Role::kCoder, AgentSettings(), 1, 1, 0), UsageError);
}

TEST(Models, KeysAreReadWithCare) {
  const tests::Directory home;
  ModelSettings model;
  model.url = "http://x/v1/", model.key_file = (home / "key").string();
  write_file(home / "key", "sesame\n");
  std::filesystem::permissions(home / "key", std::filesystem::perms(0644));
  EXPECT_NE(message_of([&] { reach_model("m", model, home.path); }).find("chmod 600"), std::string::npos);
  std::filesystem::permissions(home / "key", std::filesystem::perms(0600));
  EXPECT_EQ(reach_model("m", model, home.path).key, "sesame");
  EXPECT_EQ(reach_model("m", model, home.path).url, "http://x/v1");
  model.key_file.clear(), model.key_variable = "GRADUS_NO_SUCH_KEY";
  EXPECT_NE(message_of([&] { reach_model("m", model, home.path); }).find("export GRADUS_NO_SUCH_KEY"),
            std::string::npos);
  model = {}, model.address_file = "server/address";
  EXPECT_NE(message_of([&] { reach_model("m", model, home.path); }).find("no address yet"), std::string::npos);
  write_file(home / "server" / "address", "http://node7:8000/v1\n");
  EXPECT_EQ(reach_model("m", model, home.path).url, "http://node7:8000/v1");
  std::filesystem::last_write_time(home / "server" / "address",
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_NE(message_of([&] { reach_model("m", model, home.path); }).find("last sign of life"), std::string::npos);
  EXPECT_NE(message_of([&] { find_model("gpt-4", AgentSettings()); }).find("did you mean 'gpt-4"), std::string::npos);
}

TEST(Answer, IsFoundInWhatModelsSay) {
  EXPECT_EQ((*find_json("{\"a\": 1}"))["a"], 1);
  EXPECT_EQ((*find_json("so:\n```json\n{\"a\": 2}\n```\nthat is it {"))["a"], 2);
  EXPECT_EQ((*find_json("I say {\"a\": {\"b\": 3}} and no more"))["a"]["b"], 3);
  EXPECT_FALSE(find_json("[1, 2]"));
  EXPECT_FALSE(find_json("{\"a\": "));
  EXPECT_FALSE(find_json(std::string(1'000'000, '{')));
  EXPECT_EQ(find_code("```python\nclass A: pass\n```\ntext\n```py\nclass B: pass\n```"), "class B: pass\n");
  EXPECT_EQ(find_code("```\nclass A: pass\n"), "class A: pass\n");  // cut off
  EXPECT_EQ(find_code("no code"), "");
  EXPECT_EQ(schema_fault({{"rating", "4"}}, kSchema), "'rating' must be of type number, not string");
  EXPECT_EQ(schema_fault(Json::object(), kSchema), "the answer lacks 'rating'");
}

}  // namespace
}  // namespace gradus
