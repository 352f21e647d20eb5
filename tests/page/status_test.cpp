#include "page/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Status, TakesTheJobsOfThisExperimentOnly) {
  const auto jobs = parse_queue(
      "gradus-11112222|PENDING|7|Dependency\ngradus-11112222-g001-5-check|RUNNING|8_0|None\n"
      "gradus-11112223|RUNNING|9|None\nother|RUNNING|10|None\ngradus-11112222x|RUNNING|11|None\n",
      "gradus-11112222");
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_EQ(jobs[0].reason, "Dependency");
  EXPECT_EQ(jobs[1].id, "8_0");
}

TEST(Status, CountsDriversTasksAndNamesWhatIsHeld) {
  StatusPage page;
  page.name = "e", page.open = 2, page.closed = 1;
  page.jobs = {{"gradus-0123abcd", "PENDING", "5", "Dependency"},
               {"gradus-0123abcd-g002-6-nano-pretrain", "RUNNING", "4_0", "None"},
               {"gradus-0123abcd-g002-6-nano-pretrain", "RUNNING", "4_1", "None"},
               {"gradus-0123abcd-g002-6-nano-pretrain", "PENDING", "4_2", "JobHeldUser"}};
  StageCount stage{"6 nano pretrain", 4, 1};
  stage.seconds_left = 600;
  page.stages = {stage};
  const std::string text = render_status(page);
  EXPECT_THAT(text, HasSubstr("e: 1 generations closed, generation 2 is open"));
  EXPECT_THAT(text, HasSubstr("jobs: 1 drivers, 2 tasks run, 1 wait; held: 4_2"));
  EXPECT_THAT(text, HasSubstr("10 min 00 s of one task, 5 min 00 s of 2"));
}

TEST(Status, ShowsTheLastErrorsOnOneLineEach) {
  StatusPage page;
  for (int i = 0; i < 7; ++i) page.errors.push_back("error " + std::to_string(i) + std::string(200, 'x'));
  const std::string text = render_status(page);
  EXPECT_THAT(text, HasSubstr("the last of 7"));
  EXPECT_THAT(text, Not(HasSubstr("error 1")));
  EXPECT_THAT(text, HasSubstr("error 6"));
}

}  // namespace
}  // namespace gradus
