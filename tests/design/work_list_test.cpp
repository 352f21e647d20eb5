#include "design/work_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../base/testing.h"

using namespace gradus;
using testing::HasSubstr;
using tests::Directory;
using tests::message_of;

namespace {

std::vector<std::string> words(int n) {
  std::vector<std::string> out;
  for (int i = 0; i < n; ++i) out.push_back("d" + std::to_string(i) + " --scale nano --seed 0 --lr 0.333");
  return out;
}
SiteLimits quick() {
  SiteLimits limits;
  limits.pack_minutes = 0;
  return limits;
}

TEST(WorkList, MoreLinesThanAnArrayHoldsAreStrided) {
  SiteLimits limits = quick();
  const WorkList list = pack_work("pretrain", words(2500), 1, limits, 1);
  EXPECT_EQ(list.n_tasks, 1000);
  std::vector<int> lines(1000, 0);
  for (size_t n = 0; n < list.lines.size(); ++n) {
    EXPECT_EQ(list.lines[n].task, int64_t(n % 1000));
    ++lines[size_t(list.lines[n].task)];
  }
  EXPECT_EQ(*std::max_element(lines.begin(), lines.end()), 3);
  EXPECT_EQ(*std::min_element(lines.begin(), lines.end()), 2);
}

TEST(WorkList, TasksHoldAQuarterOfAnHour) {
  EXPECT_EQ(pack_work("pretrain", words(100), 60, SiteLimits{}, 1).n_tasks, 6);  // 15 a task, the rest shared
  EXPECT_EQ(pack_work("pretrain", words(100), 60, SiteLimits{}, 4).n_tasks, 1);  // 60 a task, four at once
  EXPECT_EQ(pack_work("pretrain", words(7), 3600, SiteLimits{}, 1).n_tasks, 7);  // long ones: one a task
  EXPECT_EQ(pack_work("pretrain", words(3), 1, SiteLimits{}, 1).n_tasks, 1);     // few short ones: one task
  EXPECT_EQ(pack_work("pretrain", {}, 1, SiteLimits{}, 1).lines.size(), 0u);
}

TEST(WorkList, OneListHasOneScale) {
  auto two = words(2);
  two[1] = "d1 --scale micro --seed 0 --lr 1";
  EXPECT_THAT(message_of([&] { pack_work("pretrain", two, 1, quick(), 1); }), HasSubstr("line 2 of the list"));
}

TEST(WorkList, IsReadAsWrittenOrNotAtAll) {
  Directory home;
  const WorkList list = pack_work("pretrain", words(5), 2.5, quick(), 1);
  write_work_list(home / "manifest.tsv", list);
  const WorkList back = read_work_list(home / "manifest.tsv");
  EXPECT_EQ(back.hash(), list.hash());
  EXPECT_EQ(back.scale, "nano");
  EXPECT_EQ(back.lines[3].task, 3);
  EXPECT_EQ(back.lines[3].seconds, 2.5);
  std::string text = tests::slurp(home / "manifest.tsv");
  write_file(home / "manifest.tsv", text.substr(0, text.rfind("4\t")));
  EXPECT_THAT(message_of([&] { read_work_list(home / "manifest.tsv"); }), HasSubstr("was changed or cut"));
  write_file(home / "manifest.tsv", text.replace(text.find("d2"), 2, "d9"));
  EXPECT_THAT(message_of([&] { read_work_list(home / "manifest.tsv"); }), HasSubstr("was changed or cut"));
}

TEST(WorkList, RangesOfIndices) {
  EXPECT_EQ(index_ranges({0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
  EXPECT_EQ(index_ranges({3}), "3");
}

TEST(WorkList, ResultFiles) {
  const std::string run = "e/designs/g001/g001-000 --scale nano --seed 2 --lr 0.333";
  EXPECT_EQ(result_file("pretrain", run), "e/designs/g001/g001-000/runs/nano-s2-lr0.333/pretrain.yaml");
  EXPECT_EQ(result_file("evaluate", run), "e/designs/g001/g001-000/evaluate/nano-s2-lr0.333.yaml");
  EXPECT_EQ(result_file("check", "e/designs/g001/g001-000"), "e/designs/g001/g001-000/check.yaml");
}

/// A directory of a list of `n` lines whose results are there, with state files of these texts.
struct Work {
  Directory home;
  WorkList list;
  SiteLimits limits = quick();
  explicit Work(int n, const std::vector<std::string>& texts) {
    std::vector<std::string> w;
    for (int i = 0; i < n; ++i) w.push_back((home / ("d" + std::to_string(i))).string());
    list = pack_work("check", w, 1, limits, 1);
    for (const auto& line : list.lines) write_file(result_file("check", line.words), "x");
    for (size_t i = 0; i < texts.size(); ++i) write_file(home / ("state/1." + std::to_string(i) + ".tsv"), texts[i]);
  }
  std::vector<LineState> states() const { return read_states(home.path, list, limits); }
};

TEST(WorkList, ALineIsDoneWhenItsTaskSaysSoAndItsResultIsThere) {
  Work work(
      4, {"start\t0\tn1\nout\t0\tP\tok\t.\nend\t0\t0\t3\t\nstart\t1\tn1\nend\t1\t1\t3\t\nstart\t2\tn1\nend\t2\t0\t1"});
  auto states = work.states();
  EXPECT_TRUE(states[0].done);
  EXPECT_EQ(states[0].records, std::vector<std::string>{"P\tok\t."});
  EXPECT_TRUE(states[1].done);   // a verdict
  EXPECT_FALSE(states[2].done);  // its last line was never ended: the task was killed in it
  EXPECT_TRUE(states[3].open());
  std::filesystem::remove(result_file("check", work.list.lines[0].words));
  EXPECT_FALSE(work.states()[0].done);
}

TEST(WorkList, WhatAKilledTaskPrintedIsNotPrintedTwice) {
  Work work(1, {"start\t0\nout\t0\tP\tok\t.\n", "start\t0\nout\t0\tP\tok\t.\nend\t0\t0\t3\t\n",
                "start\t0\nout\t0\tP\tok\t.\nend\t0\t0\t3\t\n"});
  EXPECT_EQ(work.states()[0].records, std::vector<std::string>{"P\tok\t."});
  write_records(work.home / "out", work.states());
  EXPECT_EQ(tests::slurp(work.home / "out"), "P\tok\t.\n");
}

TEST(WorkList, AResultThatIsGoneIsMadeAgainButNotForEver) {
  Work work(3, {"start\t0\nend\t0\t0\t3\t\nstart\t1\nend\t1\t0\t3\t\n"});
  work.limits.losses = 2, work.limits.settle_seconds = 0;
  std::filesystem::remove(result_file("check", work.list.lines[0].words));
  write_aside(work.home.path, settled_states(work.home.path, work.list, work.limits));
  EXPECT_EQ(tests::slurp(work.home / "state/aside.tsv"), "again\t0\n");
  EXPECT_TRUE(work.states()[0].open());
  write_file(work.home / "state/2.0.0.tsv", "start\t0\nend\t0\t0\t3\t\n");
  EXPECT_TRUE(work.states()[0].given_up);
  write_aside(work.home.path, work.states());
  EXPECT_EQ(tests::slurp(work.home / "state/aside.tsv"), "aside\t0\n");
  write_file(result_file("check", work.list.lines[0].words), "x");
  EXPECT_TRUE(work.states()[0].done);
}

TEST(WorkList, CrashesAlikeSetAsideOthersAreTriedAgain) {
  Work work(4, {"start\t0\nend\t0\t139\t1\tstep 5\nstart\t1\nend\t1\t139\t1\tstep 5\nstart\t2\nend\t2\t137\t1\t\n",
                "start\t0\nend\t0\t139\t1\tstep 5\nstart\t1\nend\t1\t139\t1\tstep 9\nstart\t2\nend\t2\t137\t1\t\n"});
  for (int n : {0, 1, 2, 3}) std::filesystem::remove(result_file("check", work.list.lines[size_t(n)].words));
  auto states = work.states();
  EXPECT_TRUE(states[0].set_aside);
  EXPECT_TRUE(states[1].open());  // at another place
  EXPECT_TRUE(states[2].open());  // somebody else's KILL
  EXPECT_EQ(states[2].failures, 2);
}

TEST(WorkList, WhatIsLostTooOftenIsGivenUpWhatIsInterruptedIsNot) {
  std::vector<std::string> texts;
  for (int i = 0; i < 5; ++i)
    texts.push_back("start\t0\nstart\t1\nend\t1\t75\t9\t\nstart\t2\nend\t2\t2\t1\tno space\n");
  Work work(3, texts);
  auto states = work.states();
  EXPECT_TRUE(states[0].given_up);
  EXPECT_TRUE(states[1].open());
  EXPECT_TRUE(states[2].given_up);
  EXPECT_EQ(states[2].place, "no space");
  EXPECT_EQ(count_events(work.home.path), 5);
}

TEST(WorkList, RoundsOfWhichNothingCameAreCounted) {
  Work work(2, {"start\t0\n"});
  EXPECT_EQ(idle_rounds(work.home.path), 0);
  note_round(work.home.path, 2);
  note_round(work.home.path, 2);
  EXPECT_EQ(idle_rounds(work.home.path), 2);
  write_file(work.home / "state/2.tsv", "end\t0\t0\t1\t\n");
  EXPECT_EQ(idle_rounds(work.home.path), 0);
}

TEST(WorkList, ClosedKeepsRecordsAndLogsInTwoFiles) {
  Work work(2, {"out\t0\tA\nend\t0\t0\t1\t\n", "out\t1\tB\nend\t1\t0\t1\t\n"});
  write_file(work.home / "log/0.log", "zero\n");
  write_file(work.home / "log/1.log", "one\n");
  const auto before = work.states();
  close_work(work.home.path, work.list, before, work.home / "all.log");
  EXPECT_EQ(tests::slurp(work.home / "all.log"), "zero\none\n");
  EXPECT_FALSE(std::filesystem::exists(work.home / "log"));
  EXPECT_EQ(tests::n_entries(work.home / "state"), 1u);
  const auto after = work.states();
  for (size_t n : {0, 1}) {
    EXPECT_TRUE(after[n].done);
    EXPECT_EQ(after[n].records, before[n].records);
  }
}

}  // namespace
