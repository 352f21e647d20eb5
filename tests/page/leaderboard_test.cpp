#include "page/leaderboard.h"

#include <gtest/gtest.h>

#include <sstream>

namespace gradus {
namespace {

LeaderboardText example() {
  LeaderboardText board;
  board.title = "demo: exp";
  board.summary = {"12 proposals in 2 generations, 3 refused by review"};
  Standings s{"nano", {0, 0}};
  s.noise = {0.0123, 3, "spread of 4 runs of the baseline over seeds"};
  Standing good, base, wild;
  good.design = {1, 3}, good.bits_per_byte = 2.2123, good.half_difference = 0.09, good.difference = 0.0831,
  good.lower = 0.041, good.upper = 0.1252, good.pairs = 2, good.seeds = 2, good.rates_tried = 3, good.multiplier = 3,
  good.parameters = 329'280, good.tokens = 512'000, good.confirmed = true, good.fresh_pairs = 1,
  good.confirmation_difference = 0.08, good.confirmation_p = 0.012, good.standard_error = 0.01, good.degrees = 4;
  base.design = {0, 0}, base.baseline = true, base.bits_per_byte = 2.2954, base.seeds = 4, base.parameters = 329'280;
  wild.design = {1, 5}, wild.diverged = true, wild.seeds = 1, wild.multiplier = 1.0 / 3;
  s.rows = {good, base, wild};
  board.rungs = {s};
  board.blocks[{1, 3}] =
      "PreNorm(mixer=GatedSum(first=MultiHeadAttention(rotary=Rotary), second=GatedRecurrence), mlp=SwiGLU, "
      "norm=RMSNorm)";
  return board;
}

TEST(Leaderboard, FitsAHundredColumnsAndAligns) {
  const std::string text = render_leaderboard(example());
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 100u) << line;
  EXPECT_NE(text.find("  1  g001-003     2.2123  +0.0900   +0.0831  +0.0410 … +0.1252       2  3.00×"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("diverged"), std::string::npos);
  EXPECT_NE(text.find("…\n"), std::string::npos) << "a long tree is cut";
}

TEST(Leaderboard, ClaimsHaveOneForm) {
  const std::string text = render_leaderboard(example());
  EXPECT_NE(text.find("g001-003 beats g000-000 by 0.0800 ± "), std::string::npos) << text;
  LeaderboardText board = example();
  board.rungs[0].rows[0].confirmed = false;
  EXPECT_NE(render_leaderboard(board).find("No claim is confirmed"), std::string::npos);
}

TEST(Leaderboard, SaysWhenThereIsNothing) {
  LeaderboardText board = example();
  board.rungs[0].rows.clear();
  EXPECT_NE(render_leaderboard(board).find("Nothing is trained"), std::string::npos);
}

TEST(Leaderboard, CutsByCodePoints) {
  EXPECT_EQ(display_width("±…a"), 3u);
  EXPECT_EQ(cut_to_width("±±±±", 3), "±±…");
  EXPECT_EQ(cut_to_width("abc", 3), "abc");
}

TEST(Leaderboard, TheOutlookAndTheConfirmationsFitTheTerminal) {
  LeaderboardText board = example();
  board.outlook.target = "micro";
  Outlook o;
  o.design = {1, 3}, o.rung = "nano", o.next = "micro", o.lead = {0.0612, 0.0123}, o.p_better = 0.97, o.p_best = 0.61;
  o.improvement_per_hour = 0.0031, o.crossing = true;
  board.outlook.rows = {o};
  board.claims = {
      "g001-003 beats g000-000 by 0.0310 ± 0.0120 bits per byte at 330k parameters, 512k tokens (3 learning rates "
      "tried, "
      "best 1× against 3×; 5 paired fresh seeds; p = 0.0123; 2 of 41 designs tried put to confirmation)"};
  const std::string text = render_leaderboard(board);
  EXPECT_NE(text.find("Outlook at micro"), std::string::npos);
  EXPECT_NE(text.find("+0.0612 ± 0.0123"), std::string::npos);
  EXPECT_NE(text.find("  crossing"), std::string::npos);
  EXPECT_NE(text.find("- g001-003 beats g000-000 by 0.0310 ± 0.0120"), std::string::npos);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 100u) << line;
}

}  // namespace
}  // namespace gradus
