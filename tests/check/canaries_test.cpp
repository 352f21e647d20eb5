// The canaries' files are well formed and all different, and what comes of judging them is counted right. The blocks
// themselves are judged by `bin/check --canaries` and, apart from the gate, by canaries_peer.py.
#include "check/canaries.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "design/fit.h"

namespace gradus {
namespace {

TEST(Canaries, EachFileIsABlockOfItsOwnThatSaysWhatItIs) {
  std::set<std::string> sources, sentences;
  int cheats = 0, honest = 0;
  const auto canaries = choose_canaries({});
  for (const Canary& canary : canaries) {
    SCOPED_TRACE(canary.name);
    if (canary.fast) {  // all are run by the canaries' own test
      EXPECT_TRUE(read_interface(canary.source, canary.name).slots.empty()) << "a canary is a leaf";
    }
    EXPECT_EQ(canary.what.back(), '.') << "the first line of the docstring is a sentence";
    sentences.insert(canary.what);
    sources.insert(canary.source);
    ++(canary.refused_by.empty() ? honest : cheats);
  }
  EXPECT_EQ(sources.size(), canaries.size());
  EXPECT_EQ(sentences.size(), canaries.size());
  EXPECT_GE(cheats, 60);
  EXPECT_GE(honest, 60);
}

TEST(Canaries, TheFastSetHasSomeOfBothKinds) {
  const auto fast = choose_canaries({"fast"});
  const auto cheats =
      std::count_if(fast.begin(), fast.end(), [](const Canary& canary) { return !canary.refused_by.empty(); });
  EXPECT_GE(cheats, 12);
  EXPECT_GE(static_cast<long>(fast.size()) - cheats, 6);
  EXPECT_LE(fast.size(), 30u) << "it is judged before each experiment";
}

TEST(Canaries, ADocstringIsReadAndWhatIsMissingNamed) {
  const Canary cheat = read_canary("cheat/a.py", "\"\"\"What it is.\nRefused by: batch|state\nSet: fast\n\"\"\"\n");
  EXPECT_EQ(cheat.what, "What it is.");
  EXPECT_EQ(cheat.refused_by, (std::vector<std::string>{"batch", "state"}));
  EXPECT_EQ(cheat.expected(), "batch|state");
  EXPECT_TRUE(cheat.fast);
  EXPECT_EQ(read_canary("honest/a.py", "\"\"\"What it is.\"\"\"\n").expected(), "pass");
  EXPECT_THROW(read_canary("cheat/a.py", "\"\"\"What it is.\"\"\"\n"), Error);
  EXPECT_THROW(read_canary("honest/a.py", "\"\"\"What it is.\nRefused by: batch\n\"\"\"\n"), Error);
  EXPECT_THROW(read_canary("honest/a.py", "import torch\n"), Error);
  EXPECT_THROW(choose_canaries({"cheat/nothing.py"}), UsageError);
}

/// A run as the gate would give it; no reason: passed.
CanaryRun run(const Canary& canary, const std::string& reason) {
  CanaryRun made{canary, 0, {}, 0.5};
  made.result.passed = reason.empty();
  made.result.reason = reason;
  return made;
}

TEST(Canaries, ACheatRefusedForSomethingElseIsAMiss) {
  const Canary cheat{"cheat/a.py", "", "A.", {"batch", "state"}, false}, honest{"honest/b.py", "", "B.", {}, false};
  const auto record = summarise_canaries(
      {run(cheat, "state"), run(cheat, "fit"), run(cheat, ""), run(honest, ""), run(honest, "causality")}, "nano");
  EXPECT_EQ(record.cheats, 3);
  EXPECT_EQ(record.caught, 1);
  EXPECT_EQ(record.honest, 2);
  EXPECT_EQ(record.misses, (std::vector<std::string>{"cheat/a.py: refused by fit, expected batch|state",
                                                     "cheat/a.py: passed, expected batch|state"}));
  EXPECT_EQ(record.false_alarms, std::vector<std::string>{"honest/b.py: refused by causality"});
  EXPECT_DOUBLE_EQ(record.seconds, 2.5);
  EXPECT_EQ(canary_text(record).substr(0, 43), "recall 1 of 3; false alarms 1 of 2\nmissed: ");
  EXPECT_EQ(to_line(run(cheat, "fit")), "cheat/a.py\tbatch|state\tno\tfit\t.\t0.5");
}

}  // namespace
}  // namespace gradus
