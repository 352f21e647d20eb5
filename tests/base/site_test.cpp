#include "base/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "testing.h"

using namespace gradus;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using tests::Directory;
using tests::message_of;

namespace {

Site site_of(const std::string& text) {
  Directory home;
  write_file(home / "site.yaml", text);
  return read_site(home / "site.yaml");
}
std::string fault_of(const std::string& text) {
  return message_of([&] { site_of(text); });
}

TEST(Site, KindsOverlayAllAndScalesOverlayKinds) {
  const Site site = site_of(
      "format: 1\npartition: main\nresources:\n  all: {cores: 2, minutes: 30}\n  pretrain: {gpus: 1, cores: 4}\n"
      "  pretrain-14M: {nodes: 2, ranks: 8, partition: big}\n");
  const Resources r = site.resources("pretrain", "14M");
  EXPECT_EQ(r.cores, 4);
  EXPECT_EQ(r.minutes, 30);
  EXPECT_EQ(r.nodes * r.ranks, 16);
  EXPECT_EQ(r.partition, "big");
  EXPECT_EQ(site.resources("pretrain", "nano").partition, "main");
  EXPECT_EQ(site.resources("check").cores, 2);
  EXPECT_EQ(site.resources("check").gpus, 0);
}

TEST(Site, AsksSlurmForMinutesWithTheSignalBefore) {
  Site site = site_of("format: 1\naccount: us\nresources: {all: {minutes: 30, cores: 3, side_by_side: 2, gpus: 1}}\n");
  const Resources r = site.resources("check");
  EXPECT_THAT(sbatch_words(site, r, 60), Contains("--time=3"));  // 60 s and 120 s of warning
  EXPECT_THAT(sbatch_words(site, r, 1e9), Contains("--time=30"));
  EXPECT_THAT(sbatch_words(site, r, 60), Contains("--signal=B:USR1@120"));
  EXPECT_THAT(sbatch_words(site, r, 60), Contains("--cpus-per-task=6"));
  EXPECT_THAT(sbatch_words(site, r, 60), Contains("--gpus-per-node=1"));
  EXPECT_THAT(sbatch_words(site, r, 60), Contains("--account=us"));
  EXPECT_THAT(sbatch_words(site, r, 60), Not(Contains(HasSubstr("--partition"))));
  site.signal_seconds = 0;
  EXPECT_THAT(sbatch_words(site, r, 60), Not(Contains(HasSubstr("--signal"))));
}

TEST(Site, KindsOfWorkThatDoNotExistAreRefused) {
  EXPECT_THAT(message_of([] { resources_of(Site{}, "pretrian-nano"); }), HasSubstr("did you mean 'pretrain'?"));
  EXPECT_THAT(message_of([] { resources_of(Site{}, "check-nano"); }), HasSubstr("pretrain and evaluate alone"));
  EXPECT_THAT(fault_of("format: 1\nresources: {driver-nano: {cores: 1}}\n"), HasSubstr("pretrain and evaluate alone"));
  const Site site = site_of("format: 1\nresources: {evaluate: {cores: 3}, evaluate-nano: {gpus: 1}}\n");
  EXPECT_EQ(resources_of(site, "evaluate-nano").gpus, 1);
  EXPECT_EQ(resources_of(site, "evaluate").gpus, 0);
}

TEST(Site, TheFileThatHolds) {
  Directory home;
  ::unsetenv("GRADUS_SITE");
  EXPECT_NE(site_file("", home.path), home / "site.yaml");
  write_file(home / "site.yaml", "format: 1\n");
  EXPECT_EQ(site_file("", home.path), home / "site.yaml");
  ::setenv("GRADUS_SITE", "set.yaml", 1);
  EXPECT_EQ(site_file("", home.path), "set.yaml");
  EXPECT_EQ(site_file("given.yaml", home.path), "given.yaml");
  ::unsetenv("GRADUS_SITE");
}

TEST(Site, FactsAreSafeForBash) {
  Site site;
  site.setup = "echo 'a b' > x; rm $HOME";
  EXPECT_THAT(shell_facts(site, {}), HasSubstr("site_setup='echo '\\''a b'\\'' > x; rm $HOME'\n"));
}

TEST(Site, FaultsNameFileLineAndMend) {
  EXPECT_THAT(fault_of("format: 2\n"), HasSubstr("line 1: format 2, this build reads 1"));
  EXPECT_THAT(fault_of("format: 1\npartitoin: x\n"), HasSubstr("did you mean 'partition'?"));
  EXPECT_THAT(fault_of("format: 1\nlaunch: srun\n"), HasSubstr("line 2: launch: 'srun' is none of auto, pmix, mpirun"));
  EXPECT_THAT(fault_of("format: 1\nresubmit: never\n"), HasSubstr("none of requeue, chain"));
  EXPECT_THAT(fault_of("format: 1\nresources: {pretrian: {cores: 1}}\n"), HasSubstr("did you mean 'pretrain'?"));
  EXPECT_THAT(fault_of("format: 1\nresources:\n  all: {cores: 0}\n"), HasSubstr("line 3: resources.all: nodes"));
  EXPECT_THAT(fault_of("format: 1\nlimits: {array: 0}\n"), HasSubstr("limits.array: must be 1.0 or more"));
  const Site two = site_of("format: 1\nresources: {all: {ranks: 2, side_by_side: 2}}\n");
  EXPECT_THAT(message_of([&] { two.resources("pretrain", "nano"); }),
              HasSubstr("side_by_side is for runs of one rank"));
  EXPECT_THAT(message_of([&] { two.resources("check"); }), HasSubstr("resources of check: one process, not 2"));
}

// configs/site.yaml shows every key with its default; the samples hold for every kind of work.
TEST(Site, TheFilesThatShip) {
  if (!std::getenv("GRADUS_SOURCE")) GTEST_SKIP() << "GRADUS_SOURCE is not set";
  const Path configs = Path(std::getenv("GRADUS_SOURCE")) / "configs";
  const Site site = read_site(configs / "site.yaml");
  EXPECT_EQ(to_yaml(write_value(site.resources("check"))), to_yaml(write_value(Resources{})));
  EXPECT_EQ(to_yaml(write_value(site.limits)), to_yaml(write_value(SiteLimits{})));
  for (const auto& entry : std::filesystem::directory_iterator(configs / "site")) {
    const Site sample = read_site(entry.path());
    for (const char* kind : {"driver", "implement", "check", "evaluate"}) sample.resources(kind);
    for (const char* scale : {"nano", "micro", "mini", "14M", "125M", "350M", "1300M"})
      EXPECT_GE(sample.resources("pretrain", scale).cores, 1) << entry.path();
  }
}

}  // namespace
