#include "base/terminal.h"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace gradus;

TEST(Columns, StandBelowEachOther) {
  Columns columns;
  EXPECT_EQ(columns.align("# design\tverdict\trun\n"), "# design  verdict  run\n");
  EXPECT_EQ(columns.align("e/designs/g000\tok\t.\n"), "e/designs/g000  ok       .\n");
  EXPECT_EQ(columns.align("e\tno\t.\n"), "e               no       .\n");
}

TEST(Columns, LinesTogetherKnowEachOther) {
  Columns columns;
  EXPECT_EQ(columns.align("a\tb\nlonger\tc\n"), "a       b\nlonger  c\n");
  EXPECT_EQ(columns.align("text without tabs stays\n"), "text without tabs stays\n");
}

TEST(Columns, WidthIsOfCharactersNotBytes) {
  Columns columns;
  EXPECT_EQ(columns.align("±é\tx\nab\ty\n"), "±é  x\nab  y\n");
  EXPECT_EQ(visible_width("⅓×"), 2u);
}

TEST(Columns, AVeryLongCellPushesNothingElse) {
  Columns columns;
  const std::string wide(200, 'w');
  EXPECT_EQ(columns.align(wide + "\tx\n"), wide + "  x\n");
  EXPECT_EQ(columns.align("a\tx\n"), "a" + std::string(59, ' ') + "  x\n");
}

TEST(Columns, ReservedRoom) {
  Columns columns;
  columns.reserve(0, 5);
  EXPECT_EQ(columns.align("a\tb\n"), "a      b\n");
}

TEST(Columns, VerdictsHaveTheirColour) {
  Columns columns(true);
  EXPECT_EQ(columns.align("x\tok\t.\n"), "x  \033[32mok\033[0m  .\n");
  EXPECT_EQ(columns.align("e\terror\t.\n"), "e  \033[31merror\033[0m  .\n");
  EXPECT_EQ(columns.align("#\tok\n"), "\033[2m#  ok\033[0m\n");
  EXPECT_EQ(columns.align("fail\tx\tok\n").substr(0, 13), "\033[31mfail\033[0m");
}

TEST(Terminal, ColourIsAskedForByNobodyElse) {
  // Under ctest neither stream is a terminal, whatever the environment says.
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  EXPECT_EQ(wants_color(1), is_terminal(1));
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(wants_color(1));
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(wants_color(1));
  EXPECT_EQ(paint("x", Color::kRed, false), "x");
  EXPECT_EQ(paint("", Color::kRed, true), "");
}
