#include "base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "testing.h"

using namespace gradus;
using tests::message_of;

TEST(Error, WorstExit) {
  EXPECT_EQ(worst_exit(kDone, kDone), 0);
  EXPECT_EQ(worst_exit(kDone, kResume), 75);
  EXPECT_EQ(worst_exit(kResume, kNotDone), 2);
  EXPECT_EQ(worst_exit(kNotDone, kResume), 2);
  EXPECT_EQ(worst_exit(kNo, kDone), 1);
  EXPECT_EQ(worst_exit(kNo, kResume), 75);
}

TEST(Error, EditDistance) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);  // k→s, e→i, +g
  EXPECT_EQ(edit_distance("haed", "head"), 1u);       // a swap of neighbours
  EXPECT_EQ(edit_distance("n_layers", "n-layers"), 0u);
}

TEST(Error, NearestSuggestsSlipsOnly) {
  const std::vector<std::string> known = {"check", "select", "n"};
  EXPECT_EQ(nearest("chekc", known), "check");
  EXPECT_EQ(nearest("selct", known), "select");
  EXPECT_EQ(nearest("unk", known), "");
  EXPECT_EQ(nearest("", std::vector<std::string>{}), "");
}

TEST(Error, Messages) {
  errno = ENOENT;
  EXPECT_EQ(message_of([] { throw_errno("cannot open", "x/y"); }), "cannot open 'x/y': No such file or directory");
  EXPECT_NE(message_of([] { require(false, "a is b"); }).find("error_test.cpp:"), std::string::npos);
  EXPECT_EQ(message_of([] { require(true, "a is b"); }), "");
}
