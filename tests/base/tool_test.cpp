#include "base/tool.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "base/log.h"
#include "base/settings.h"
#include "base/signals.h"
#include "testing.h"

using namespace gradus;
using tests::Directory;
using tests::message_of;
using tests::Result;
using tests::shell;

namespace {

const std::vector<Option> kOptions = {{"scale", "NAME", "the rung to train at"},
                                      {"count", "N", "how many", false, 'n'},
                                      {"seed", "S", "a seed", true},
                                      {"text", "", "plain text"}};

Args parse(const std::vector<std::string>& words) { return Args::parse("tool", words, kOptions); }

// ---- The tool that the tests below run: this binary under the name `play`. ----

struct PlaySettings {
  double rate = 0.5;
  int n_steps = 3;
  template <class V>
  void fields(V& v) {
    v("rate", rate);
    v("n_steps", n_steps);
  }
};

constexpr const char* kUsage = R"(
usage: play [options] DESIGN…
Plays the verdict that a design's name holds.

Examples:
  $ play ok
)";

Record play_one(const Record& asked) {
  const std::string name = asked.design.substr(asked.design.rfind('/') + 1);
  Record answer{asked.design, Verdict::kOk, asked.design + "/run", {"1.5"}};
  if (name == "no") answer.verdict = Verdict::kNo;
  if (name == "wait") answer.verdict = Verdict::kWaiting;
  if (name == "error") throw Error("cannot read '" + asked.design + "/x': broken");
  if (name == "bug") require(false, "impossible");
  if (name == "torch") throw std::runtime_error("what\nframe 1\nframe 2");
  if (name == "file") answer.detail[0] = std::to_string(std::filesystem::file_size("/none"));
  if (name == "stopped") throw Stopped();
  if (name == "slow") {
    for (int i = 0; i < 1000 && !stop_requested(); ++i) ::usleep(10000);
    if (stop_requested()) answer.verdict = Verdict::kWaiting;
  }
  if (name == "stubborn") {
    for (;;) ::usleep(10000);
  }
  return answer;
}

int play(const Args& args) {
  PlaySettings settings;
  ToolSettings file(args, "");
  file.read("play", settings);
  if (file.finish()) return kDone;
  if (args.has("text")) {
    for (int i = 0; i < 100000; ++i) print_text("a line of text\n");
    return kDone;
  }
  return for_each_design(args, play_one, {"score"});
}

std::string program() { return "exec -a play " + tests::self() + " "; }
Result run(const std::string& words) { return shell("PLAY=1 " + program() + words); }

}  // namespace

TEST(Args, Spellings) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"-n", "3"}, {"-n3"}, {"-n=3"}, {"--count=3"}, {"--count", "3"}}) {
    EXPECT_EQ(parse(words).get_int("count"), 3) << words[0];
  }
  const Args a = parse({"x", "--scale", "nano", "y", "--seed=1", "--seed", "2", "-", "--text", "--", "--z", "-n"});
  EXPECT_EQ(a.paths, (std::vector<std::string>{"x", "y", "-", "--z", "-n"}));
  EXPECT_EQ(a.get("scale"), "nano");
  EXPECT_EQ(a.options.at("seed"), (std::vector<std::string>{"1", "2"}));
  EXPECT_TRUE(a.has("text"));
  EXPECT_FALSE(a.has("count"));
  EXPECT_EQ(a.get_int("count"), std::nullopt);
  EXPECT_EQ(a.get_or("count", "9"), "9");
  EXPECT_EQ(parse({"--scale", "-1"}).get_double("scale"), -1);
  EXPECT_EQ(parse({"--scale="}).get("scale"), "");
  EXPECT_TRUE(parse({"--force", "--quiet", "--header", "--print-config", "--verbose"}).force);
  EXPECT_EQ(parse({"--set", "a.b=c=d"}).settings[0].second, "c=d");
}

TEST(Args, Faults) {
  EXPECT_EQ(message_of([] { parse({"--sclae", "x"}); }), "unknown option '--sclae' (did you mean '--scale'?)");
  EXPECT_EQ(message_of([] { parse({"--zzzzzz"}); }), "unknown option '--zzzzzz'");
  EXPECT_EQ(message_of([] { parse({"-q"}); }), "unknown option '-q'");
  EXPECT_EQ(message_of([] { parse({"--scale"}); }), "option '--scale' needs a value: NAME");
  EXPECT_EQ(message_of([] { parse({"--scale", "--force"}); }), "option '--scale' needs a value: NAME");
  EXPECT_EQ(message_of([] { parse({"--force=yes"}); }), "option '--force' takes no value, found 'yes'");
  EXPECT_EQ(message_of([] { parse({"--scale=a", "--scale=b"}); }), "option '--scale' is given twice");
  EXPECT_EQ(message_of([] { parse({"-nx"}).get_int("count"); }),
            "option '--count': expected a whole number, found 'x'");
  EXPECT_EQ(message_of([] {
              parse({"-n", "1.5"}).get_int("count");
            }),
            "option '--count': expected a whole number, found '1.5'");
  EXPECT_EQ(message_of([] {
              parse({"--set", "a=b.c"});
            }),
            "'--set a=b.c': expected SECTION.KEY=VALUE; a key of no section is 'experiment.a'");
  EXPECT_EQ(message_of([] { parse({"--set", "a.b"}); }), "'--set a.b': expected SECTION.KEY=VALUE");
}

TEST(Tool, HelpAndVersion) {
  const Result help = run("--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_EQ(help.out.find("usage: play [options] DESIGN…\n"), 0u);
  EXPECT_NE(help.out.find("  --scale NAME             the rung to train at\n"), std::string::npos) << help.out;
  EXPECT_NE(help.out.find("  -n, --count N"), std::string::npos);
  EXPECT_NE(help.out.find("  -h, --help"), std::string::npos);
  EXPECT_EQ(run("--version").out.find("gradus "), 0u);
}

TEST(Tool, UsageErrors) {
  Result r = run("");
  EXPECT_EQ(r.code, 2);
  EXPECT_EQ(r.out, "");
  EXPECT_EQ(r.err, "play: error: not enough arguments; usage: play [options] DESIGN…; see 'play --help'\n");
  r = run("--sclae x ok");
  EXPECT_EQ(r.code, 2);
  EXPECT_EQ(r.err, "play: error: unknown option '--sclae' (did you mean '--scale'?); see 'play --help'\n");
  EXPECT_EQ(run("--set rules.top=3 ok").code, 2);
  EXPECT_NE(run("--set rules.top=3 ok").err.find("change them by 'gradus new' with --set rules.top=3"),
            std::string::npos);
}

TEST(Tool, VerdictsAndExitCodes) {
  EXPECT_EQ(run("e/ok").out, "e/ok\tok\te/ok/run\t1.5\n");
  EXPECT_EQ(run("e/ok/").code, 0);
  EXPECT_EQ(run("no").code, 1);
  EXPECT_EQ(run("no ok").code, 0);
  EXPECT_EQ(run("wait").code, 75);
  EXPECT_EQ(run("ok wait error no").code, 2);
  const Result r = run("ok error ok --header");
  EXPECT_EQ(r.out, "# design\tverdict\trun\tscore\nok\tok\tok/run\t1.5\nerror\terror\t.\t.\nok\tok\tok/run\t1.5\n");
  EXPECT_EQ(r.err, "play: error: cannot read 'error/x': broken\n");
}

TEST(Tool, AnyExceptionIsOneLine) {
  EXPECT_NE(run("bug").err.find("'bug': bug in Gradus (tool_test.cpp:"), std::string::npos);
  EXPECT_EQ(run("torch").err, "play: error: 'torch': what\n");
  EXPECT_EQ(run("file").err, "play: error: 'file': cannot access '/none': No such file or directory\n");
  EXPECT_EQ(run("bug").code, 2);
}

TEST(Tool, Pipes) {
  auto pipe = [](const std::string& lines) {
    return shell("printf '" + lines + "' | (export PLAY=1; " + program() + "-)");
  };
  Result r =
      pipe("no\\tno\\t.\\nok\\tskipped\\t.\\nok\\terror\\t.\\nok\\twaiting\\tr\\n# c\\n\\nok\\tok\\t.\\tx\\ty\\nok");
  EXPECT_EQ(r.out,
            "no\tskipped\t.\t.\nok\tskipped\t.\t.\nok\terror\t.\t.\nok\twaiting\tr\t.\nok\tok\tok/run\t1.5\nok\tok\tok/"
            "run\t1.5\n");
  EXPECT_EQ(r.code, 2);
  EXPECT_EQ(pipe("no\\n").code, 0);  // not named on the command line
  EXPECT_EQ(pipe("").code, 0);
  r = pipe("ok\\nok\\tmaybe\\nok\\n");
  EXPECT_EQ(r.code, 2);
  EXPECT_EQ(r.err, "play: error: standard input, line 2: 'maybe' is no verdict\n");
}

// A stage answers each line when it comes, so that the stages of a pipe overlap.
TEST(Tool, StagesOverlap) {
  const Result r =
      shell("(echo ok; sleep 1; echo ok) | (export PLAY=1; " + program() +
            "-) | (read -r line; t=$SECONDS; read -r line; test $((SECONDS - t)) -ge 1 && echo overlapped)");
  EXPECT_EQ(r.out, "overlapped\n");
}

TEST(Tool, FullDiskAndClosedPipe) {
  Result r = run("ok >/dev/full");
  EXPECT_EQ(r.code, 2);
  EXPECT_EQ(r.err, "play: error: cannot write standard output: No space left on device\n");
  r = run("--help >/dev/full");
  EXPECT_EQ(r.code, 2);
  EXPECT_EQ(r.err, "play: error: cannot write standard output: No space left on device\n");
  r = run("ok >&-");
  EXPECT_EQ(r.code, 2);
  EXPECT_EQ(r.err, "play: error: cannot write standard output: Bad file descriptor\n");
  r = shell("(export PLAY=1; " + program() + "x --text; echo code $? >&2) | head -1");
  EXPECT_EQ(r.out, "a line of text\n");
  r = shell("(PLAY=1 bash -c '" + program() + "x --text'; echo code $? >&2) | head -1");
  EXPECT_EQ(r.err, "code 0\n");
}

TEST(Tool, PrintConfig) {
  EXPECT_EQ(run("--print-config --set play.rate=1.0e-4").out, "play:\n  rate: 1.0e-04\n  n_steps: 3\n");
  const Result r = run("ok --set play.rat=1");
  EXPECT_EQ(r.code, 2);
  EXPECT_EQ(r.err, "play: error: cannot read '--set': unknown key 'play.rat' (did you mean 'play.rate'?)\n");
  Directory d;
  write_file(d / "c.yaml", "play: {n_steps: 9}\n");
  EXPECT_EQ(run("--print-config --config " + (d / "c.yaml").native()).out, "play:\n  rate: 0.5\n  n_steps: 9\n");
}

TEST(Tool, PrintConfigOfAnExperiment) {
  Directory d;
  write_file(d / "experiment.yaml", "format: 1\nreview:\n  rate: 4.0\n  n: 2\n");
  write_file(d / "designs/g000/g000-000/x", "");
  const std::string design = (d / "designs/g000/g000-000").native();
  EXPECT_EQ(run(design + " --print-config --set review.rate=3").out, "format: 1\nreview:\n  rate: 3\n  n: 2\n");
  EXPECT_EQ(run(d.path.native() + " --print-config").out, "format: 1\nreview:\n  rate: 4.0\n  n: 2\n");
  const Result r = run(design + " --print-config --set review.rat=3");
  EXPECT_EQ(r.code, 2);
  EXPECT_NE(r.err.find("has no key 'rat' (did you mean 'rate'?)"), std::string::npos) << r.err;
}

TEST(Tool, StopLeavesTheRestWaiting) {
  for (const char* signal : {"TERM", "USR1", "INT"}) {
    const Result r = shell("timeout --foreground -s " + std::string(signal) + " 0.3 env PLAY=1 bash -c '" + program() +
                           "ok slow ok no'; echo $?");
    EXPECT_EQ(r.out, "ok\tok\tok/run\t1.5\nslow\twaiting\tslow/run\t1.5\nok\twaiting\t.\t.\nno\twaiting\t.\t.\n124\n")
        << signal;
  }
  EXPECT_EQ(run("ok stopped").code, 75);
  EXPECT_EQ(run("ok stopped").out, "ok\tok\tok/run\t1.5\nstopped\twaiting\t.\t.\n");
}

// The stage before it is not stopped and says nothing: this one waits a few seconds for last lines, not for ever.
TEST(Tool, StopReachesAStageThatWaitsForLines) {
  const Result r = shell("(echo ok; sleep 6) | (export PLAY=1; timeout --foreground -s TERM 0.3 " + tests::self() +
                         " -; echo $?; test $SECONDS -lt 5 && echo soon)");
  EXPECT_EQ(r.out, "ok\tok\tok/run\t1.5\n124\nsoon\n");
}

TEST(Tool, ASecondSignalKills) {
  const Result r = shell("PLAY=1 " + tests::self() +
                         " stubborn & p=$!; sleep 0.3; kill -TERM $p; kill -TERM $p; sleep 0.3; "
                         "kill -0 $p && echo lives; sleep 1.5; kill -TERM $p; wait $p; echo $?");
  EXPECT_EQ(r.out, "lives\n143\n");
}

int main(int argc, char** argv) {
  if (std::getenv("PLAY")) return run_tool(argc, argv, kUsage, kOptions, play);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
