#include "page/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../base/testing.h"

namespace gradus {
namespace {

using testing::HasSubstr;
using tests::Directory;

/// A cluster as its commands describe it: 4 A100 nodes, CPU nodes with a limit of two hours.
SlurmWords cluster() {
  SlurmWords words;
  words.version = "slurm-wlm 22.05.8\n";
  words.ping = "Slurmctld(primary) at head is UP\n";
  words.config = "AccountingStorageType   = accounting_storage/slurmdbd\nMaxArraySize            = 1001\n";
  words.partitions = "gpu|up|2-00:00:00|128|512000|gpu:a100:4(S:0-1)|4\ncpu*|up|2:00:00|64+|256000|(null)|30\n";
  words.mpi = "MPI plugin types are...\n\tpmix\n\tnone\n";
  return words;
}
Site site_of(const std::string& text) {
  Directory home;
  write_file(home / "site.yaml", "format: 1\n" + text);
  return read_site(home / "site.yaml");
}
std::string text_of(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& f : findings) text += to_line(f) + "\n";
  return text;
}
std::string judged(const std::string& resources, SlurmWords words = cluster()) {
  return text_of(examine_slurm(words, site_of("resources:\n  pretrain: " + resources + "\n")));
}

TEST(Doctor, ASiteThatFitsItsCluster) {
  const std::string text =
      judged("{partition: gpu, gpus: 4, gpu_type: a100, ranks: 4, cores: 32, nodes: 4, minutes: 2880}");
  EXPECT_THAT(text, HasSubstr("ok\tSlurm\t22.05.8"));
  EXPECT_THAT(text, HasSubstr("ok\tresources of pretrain\tpartition 'gpu'"));
  EXPECT_THAT(text, HasSubstr("ok\tresources of check\tthe default partition"));
  EXPECT_THAT(text, HasSubstr("ok\tstart of ranks\tsrun --mpi=pmix"));
  EXPECT_EQ(text.find("fail"), std::string::npos) << text;
}

TEST(Doctor, WhatNoNodeCanHoldFailsWithTheReason) {
  EXPECT_THAT(judged("{partition: gpus}"),
              HasSubstr("fail\tresources of pretrain\tthere is no partition 'gpus'\tsite.yaml: one of cpu, gpu"));
  EXPECT_THAT(judged("{minutes: 121}"), HasSubstr("its limit is 120 minutes, asked for 121"));
  EXPECT_THAT(judged("{cores: 65}"), HasSubstr("nodes have 64 cores, asked for 65"));
  EXPECT_THAT(judged("{memory_gb: 251.0}"), HasSubstr("nodes have 256000 MB, asked for 257024"));
  EXPECT_THAT(judged("{gpus: 1}"), HasSubstr("nodes have '(null)', asked for 1 GPUs"));
  EXPECT_THAT(judged("{partition: gpu, gpus: 4, gpu_type: h100}"), HasSubstr("asked for 4 GPUs of h100"));
  EXPECT_THAT(judged("{partition: gpu, gpus: 5}"), HasSubstr("asked for 5 GPUs"));
  EXPECT_THAT(judged("{partition: gpu, nodes: 5}"), HasSubstr("it has 4 such nodes, asked for 5"));
  SlurmWords down = cluster();
  down.partitions = "cpu*|down|2:00:00|64|256000|(null)|30\n";
  EXPECT_THAT(judged("{}", down), HasSubstr("the partition is down"));
}

TEST(Doctor, LimitsVersionsAndLaunchers) {
  SlurmWords words = cluster();
  words.config = "MaxArraySize            = 501\n";
  EXPECT_THAT(judged("{}", words),
              HasSubstr("fail\tarrays\tMaxArraySize 501, limits.array 1000\tlimits.array: 500 in site.yaml"));
  words.mpi = "\tnone\n\tpmi2\n";
  EXPECT_THAT(judged("{ranks: 2}", words), HasSubstr("warn\tstart of ranks\tno pmix"));
  EXPECT_THAT(text_of(examine_slurm(words, site_of("launch: pmix\n"))), HasSubstr("fail\tstart of ranks"));
  for (const char* fine : {"slurm 20.11.4", "slurm-wlm 24.11.5", "slurm 25.05.0"}) {
    words.version = fine;
    EXPECT_THAT(judged("{}", words), HasSubstr("ok\tSlurm\t")) << fine;
  }
  words.version = "slurm 19.05.2";
  EXPECT_THAT(judged("{}", words), HasSubstr("warn\tSlurm\tversion '19.05.2'"));
  words.ping = "Slurmctld(primary) at head is DOWN\n";
  EXPECT_THAT(judged("{}", words), HasSubstr("fail\tcontroller"));
  EXPECT_THAT(judged("{}", {}), HasSubstr("warn\tSlurm\tnone here"));
}

TEST(Doctor, TimeLimits) {
  EXPECT_EQ(parse_time_limit("30:00"), 1800);
  EXPECT_EQ(parse_time_limit("1-12:00:00"), 129600);
  EXPECT_EQ(parse_time_limit("infinite"), -1);
}

TEST(Doctor, FoldersAreLeftAsTheyWere) {
  Directory home;
  const std::string text = text_of(examine_folder(home.path, 1, 1));
  EXPECT_THAT(text, HasSubstr("ok\twhole writes"));
  EXPECT_THAT(text, HasSubstr("ok\tlocks"));
  EXPECT_THAT(text, HasSubstr("ok\tfree space"));
  EXPECT_EQ(tests::n_entries(home.path), 0u);
  EXPECT_THAT(text_of(examine_folder(home.path, 1e18, 1)), HasSubstr("fail\tfree space"));
  write_file(home / "file", "");
  EXPECT_THAT(text_of(examine_folder(home / "file", 1, 1)), HasSubstr("fail\twhole writes"));
}

}  // namespace
}  // namespace gradus
