#include "base/log.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/progress.h"

using namespace gradus;

TEST(Log, Numbers) {
  EXPECT_EQ(format_g(0.1), "0.1");
  EXPECT_EQ(format_g(1.0 / 3), "0.333333333");
  EXPECT_EQ(format_g(std::nan("")), ".");
  EXPECT_EQ(format_fixed(2.345678, 3), "2.346");
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(950), "950");
  EXPECT_EQ(format_count(1200), "1.2k");
  EXPECT_EQ(format_count(349999), "350k");
  EXPECT_EQ(format_count(999999), "1M");
  EXPECT_EQ(format_count(1.25e9), "1.25G");
  EXPECT_EQ(format_count(-2000), "-2k");
  EXPECT_EQ(format_bytes(1.4e9), "1.4 GB");
  EXPECT_EQ(format_bytes(12), "12 B");
}

TEST(Log, Durations) {
  EXPECT_EQ(format_duration(4.24), "4.2 s");
  EXPECT_EQ(format_duration(42), "42 s");
  EXPECT_EQ(format_duration(59.7), "1 min 00 s");
  EXPECT_EQ(format_duration(200), "3 min 20 s");
  EXPECT_EQ(format_duration(3725), "1 h 02 min");
  EXPECT_EQ(format_duration(3600 * 50), "2 d 02 h");
  EXPECT_EQ(format_duration(-1), "?");
  EXPECT_EQ(format_duration(INFINITY), "?");
}

TEST(Log, LevelsAndNames) {
  ::testing::internal::CaptureStderr();
  set_log_name("review");
  log_info("a {} b");
  log_warning("w");
  log_error("e");
  log_debug("hidden");
  set_log_name("pretrain", 3, 4);
  log_info("hidden");
  log_warning("x");
  set_log_name("gradus");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "review: a {} b\nreview: warning: w\nreview: error: e\npretrain[3]: warning: x\n");
}

TEST(Progress, LinesInALog) {
  ::testing::internal::CaptureStderr();
  set_log_name("pretrain");
  {
    Progress p("14M s0", 4000, "steps", 0);
    p.update(1000, "loss 3.2");
    p.finish("loss 3.0");
    p.finish();
    p.update(5);
  }
  Progress unknown("reading", 0, "files", 0);
  unknown.update(3);
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("pretrain: 14M s0: 1k of 4k steps (25 %), loss 3.2\n"), text.npos) << text;
  EXPECT_NE(text.find("pretrain: 14M s0: 4k of 4k steps (100 %) in 0.0 s, loss 3.0\n"), text.npos) << text;
  EXPECT_NE(text.find("pretrain: reading: 3 files\n"), text.npos) << text;
}
