#include "base/ledger.h"

#include <gtest/gtest.h>

#include "testing.h"

using namespace gradus;
using tests::Directory;

TEST(Ledger, LinesComeBack) {
  Directory d;
  append_ledger(d.path, {"g000-001", "check", "ok", "designs/g000/g000-001/check.yaml", "00ff", 1e6, 0.25, 1.5});
  append_ledger(d.path, {"g000-002", "review", "no\tway", "", "", 0, 0, 0});
  const auto lines = read_ledger(d.path);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(tests::n_entries(d / "ledger"), 1u);
  EXPECT_EQ(lines[0].design, "g000-001");
  EXPECT_EQ(lines[0].file, "designs/g000/g000-001/check.yaml");
  EXPECT_EQ(lines[0].tokens, 1e6);
  EXPECT_EQ(lines[0].dollars, 0.25);
  EXPECT_EQ(lines[1].verdict, "no way");
  EXPECT_EQ(lines[1].file, "");
}

TEST(Ledger, ManyJobsAndAKilledOne) {
  Directory d;
  std::vector<pid_t> jobs;
  for (int w = 0; w < 6; ++w) {
    jobs.push_back(::fork());
    if (jobs.back() == 0) {
      for (int i = 0; i < 50; ++i) append_ledger(d.path, {"d" + std::to_string(w), "check", "ok", "f", "0", 1, 0, 0});
      ::_exit(0);
    }
  }
  for (pid_t job : jobs) ::waitpid(job, nullptr, 0);
  EXPECT_EQ(read_ledger(d.path).size(), 300u);
  EXPECT_EQ(tests::n_entries(d / "ledger"), 6u);
  std::ofstream(d / "ledger/dead-1-x.tsv")
      << "d\tcheck\tok\tf\t0\t1\t0\t0\nnot a line\nd\tcheck\tok\tf\t0\t1\t0\tx\nd\tche";
  EXPECT_EQ(read_ledger(d.path).size(), 301u);
  EXPECT_TRUE(read_ledger(d / "none").empty());
}
