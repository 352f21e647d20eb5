// The loop as processes see it: killed, signalled, resumed, on several ranks. tests/train/driver.cpp trains the
// reference GPT2 at pico size.
#include "train/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/log.h"
#include "base/rng.h"
#include "train/hdf5.h"

namespace gradus {
namespace {

using std::chrono::milliseconds;

std::string driver() {
  const char* bin = std::getenv("GRADUS_BIN");
  return (bin ? Path(bin) : std::filesystem::read_symlink("/proc/self/exe").parent_path()) / "train_driver";
}

class LoopTest : public testing::Test {
 protected:
  LoopTest() : root_(Path(testing::TempDir()) / ("loop_test_" + std::to_string(getpid()))) {
    set_log_level(LogLevel::kError);
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    EXPECT_EQ(finish({driver(), "corpus", root_.string()}), 0);
  }
  ~LoopTest() override { std::filesystem::remove_all(root_); }

  static pid_t start(const std::vector<std::string>& words) {
    std::vector<char*> argv;
    for (const auto& w : words) argv.push_back(const_cast<char*>(w.c_str()));
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) _exit(126);
      execvp(argv[0], argv.data());
      _exit(127);
    }
    return child;
  }
  static int wait_for(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  static int finish(const std::vector<std::string>& words) { return wait_for(start(words)); }
  std::vector<std::string> train(const std::string& run, const std::vector<std::string>& values) const {
    std::vector<std::string> words{driver(), "train", root_.string(), (root_ / run).string()};
    words.insert(words.end(), values.begin(), values.end());
    return words;
  }
  std::vector<double> losses(const std::string& run) const { return read_curve(root_ / run).loss; }
  std::string log(const std::string& run) const { return read_file(root_ / run / "log.jsonl"); }
  bool has_mpi() const { return finish({"sh", "-c", "command -v mpirun"}) == 0; }
  static std::vector<std::string> on_ranks(int n, std::vector<std::string> words) {
    words.insert(words.begin(), {"mpirun", "--allow-run-as-root", "--oversubscribe", "-n", std::to_string(n)});
    return words;
  }
  static std::vector<std::string> on_two_ranks(std::vector<std::string> words) { return on_ranks(2, std::move(words)); }

  Path root_;
};

TEST_F(LoopTest, KilledAtRandomStepsItGivesTheSameLossesBitForBit) {
  const std::vector<std::string> values{"steps=150", "checkpoint_steps=7", "validate_steps=20"};
  ASSERT_EQ(finish(train("whole", values)), 0);
  Stream random("kill", {static_cast<uint64_t>(getpid())});
  int kills = 0;
  for (int attempt = 0; attempt < 40; ++attempt) {
    const pid_t child = start(train("killed", values));
    std::this_thread::sleep_for(milliseconds(100 + random.next_below(300)));
    kill(child, SIGKILL);
    const int code = wait_for(child);
    if (code == 0) break;
    ASSERT_EQ(code, -SIGKILL);
    ++kills;
  }
  EXPECT_EQ(finish(train("killed", values)), 0);
  EXPECT_GE(kills, 1);
  EXPECT_EQ(log("killed"), log("whole"));
  EXPECT_LE(list_checkpoints(root_ / "killed").size(), 2u);
}

TEST_F(LoopTest, ASignalCheckpointsAndAsksToBeRunAgain) {
  const std::vector<std::string> values{"steps=400", "checkpoint_steps=1000"};
  ASSERT_EQ(finish(train("whole", values)), 0);
  for (int signal : {SIGUSR1, SIGTERM}) {
    const std::string run = "signal" + std::to_string(signal);
    const pid_t child = start(train(run, values));
    while (!std::filesystem::exists(root_ / run / "log.jsonl")) std::this_thread::sleep_for(milliseconds(5));
    std::this_thread::sleep_for(milliseconds(50));
    kill(child, signal);
    EXPECT_EQ(wait_for(child), 75);
    EXPECT_EQ(list_checkpoints(root_ / run).size(), 1u);
    EXPECT_LT(losses(run).size(), 400u);
    EXPECT_EQ(finish(train(run, values)), 0);
    EXPECT_EQ(log(run), log("whole"));
  }
}

TEST_F(LoopTest, ADamagedCheckpointFallsBackToTheOneBefore) {
  const std::vector<std::string> values{"steps=40", "checkpoint_steps=10"};
  ASSERT_EQ(finish(train("run", values)), 0);
  const std::string whole = log("run");
  const auto checkpoints = list_checkpoints(root_ / "run");  // 30, 20
  ASSERT_EQ(checkpoints.size(), 2u);
  std::string bytes = read_file(checkpoints[0] / "shard-0.h5");
  bytes[bytes.size() / 2] ^= 1;
  write_file(checkpoints[0] / "shard-0.h5", bytes);
  ASSERT_EQ(finish(train("run", values)), 0);
  EXPECT_EQ(log("run"), whole);
  // Again, now with both damaged in other ways: a shard cut off, a manifest gone. Then it begins at the beginning.
  const auto again = list_checkpoints(root_ / "run");
  std::filesystem::resize_file(again[0] / "shard-0.h5", 1000);
  std::filesystem::remove(again[1] / "manifest.yaml");
  ASSERT_EQ(finish(train("run", values)), 0);
  EXPECT_EQ(log("run"), whole);
}

TEST_F(LoopTest, TwoRanksAgreeWithOne) {
  if (!has_mpi()) GTEST_SKIP() << "no mpirun";
  const std::vector<std::string> values{"steps=50"};
  ASSERT_EQ(finish(train("one", values)), 0);
  ASSERT_EQ(finish(on_two_ranks(train("two", values))), 0);
  const auto one = losses("one"), two = losses("two");
  ASSERT_EQ(one.size(), 50u);
  ASSERT_EQ(two.size(), 50u);
  for (size_t i = 0; i < one.size(); ++i) EXPECT_NEAR(one[i], two[i], 1e-4) << "step " << i + 1;
  // First-step gradients, largest difference over largest magnitude of each tensor.
  const std::string dump_1 = (root_ / "1.h5").string(), dump_2 = (root_ / "2.h5").string();
  ASSERT_EQ(finish({driver(), "dump", root_.string(), dump_1, "steps=1"}), 0);
  ASSERT_EQ(finish(on_two_ranks({driver(), "dump", root_.string(), dump_2, "steps=1"})), 0);
  const Hdf5File a = Hdf5File::open(dump_1), b = Hdf5File::open(dump_2);
  for (const auto& name : a.names("/gradients")) {
    const auto x = a.read<float>("/gradients/" + name), y = b.read<float>("/gradients/" + name);
    double difference = 0, magnitude = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      difference = std::max(difference, std::abs(static_cast<double>(x[i]) - y[i]));
      magnitude = std::max(magnitude, std::abs(static_cast<double>(x[i])));
    }
    EXPECT_LE(difference, 1e-6 * magnitude + 1e-9) << name;
  }
}

TEST_F(LoopTest, BucketsThatTravelDuringBackwardChangeNothing) {
  if (!has_mpi()) GTEST_SKIP() << "no mpirun";
  ASSERT_EQ(finish(on_two_ranks(train("whole", {"steps=30"}))), 0);
  ASSERT_EQ(finish(on_two_ranks(train("parts", {"steps=30", "bucket=500"}))), 0);
  const auto whole = losses("whole"), parts = losses("parts");
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(whole[i], parts[i], 1e-6);  // the norm adds up in other pieces
}

TEST_F(LoopTest, AnyNumberOfRanksGoesOnFromACheckpoint) {
  if (!has_mpi()) GTEST_SKIP() << "no mpirun";
  const std::vector<std::string> values{"steps=40", "checkpoint_steps=10", "bucket=700"};
  ASSERT_EQ(finish(train("one", {"steps=40", "checkpoint_steps=10"})), 0);
  const auto one = losses("one");
  for (const int ranks : {2, 4, 2}) {  // each from step 30 of the one before; the first of them all from nothing
    ASSERT_EQ(finish(on_ranks(ranks, train("many", values))), 0);
    const auto many = losses("many");
    ASSERT_EQ(many.size(), one.size());
    for (size_t i = 0; i < one.size(); ++i) EXPECT_NEAR(one[i], many[i], 1e-4) << ranks << " ranks, step " << i + 1;
  }
  ASSERT_EQ(finish(train("many", {"steps=40", "checkpoint_steps=10"})), 0);
  EXPECT_NEAR(losses("many").back(), one.back(), 1e-4);
}

TEST_F(LoopTest, TwoRanksKilledAtRandomStepsGiveTheSameLossesBitForBit) {
  if (!has_mpi()) GTEST_SKIP() << "no mpirun";
  const std::vector<std::string> values{"steps=120", "checkpoint_steps=5", "bucket=900"};
  ASSERT_EQ(finish(on_two_ranks(train("whole", values))), 0);
  Stream random("kill", {static_cast<uint64_t>(getpid())});
  const Path lines = root_ / "killed" / "log.jsonl";
  const auto size = [&] { return std::filesystem::exists(lines) ? std::filesystem::file_size(lines) : 0; };
  const char* wanted = std::getenv("GRADUS_KILLS");
  for (int kills = 0; kills < (wanted ? std::atoi(wanted) : 6); ++kills) {
    const auto before = size();
    const pid_t launcher = start(on_two_ranks(train("killed", values)));
    for (int turn = 0; turn < 5000 && size() == before; ++turn) std::this_thread::sleep_for(milliseconds(2));
    std::this_thread::sleep_for(milliseconds(random.next_below(150)));
    // One rank dies without a word; mpirun ends the other.
    EXPECT_GE(::system(("pkill -KILL -n -f '^[^ ]*train_driver train " + root_.string() + "'").c_str()), 0);
    if (wait_for(launcher) != 0) continue;
    ASSERT_EQ(log("killed"), log("whole"));
    std::filesystem::remove_all(root_ / "killed");  // it came to its end: the next kill is of another run
  }
  EXPECT_EQ(finish(on_two_ranks(train("killed", values))), 0);
  EXPECT_EQ(log("killed"), log("whole"));
}

TEST_F(LoopTest, ARankThatHangsOrDiffersEndsTheRunWithAReason) {
  if (!has_mpi()) GTEST_SKIP() << "no mpirun";
  EXPECT_EQ(finish(on_two_ranks(train("hangs", {"steps=20", "deadline=1", "sleeps=1"}))), 2);
  EXPECT_EQ(finish(on_two_ranks(train("differs", {"steps=3", "differs=1"}))), 2);
}

TEST_F(LoopTest, ASignalToOneOfTwoRanksStopsBothAtTheSameStep) {
  if (!has_mpi()) GTEST_SKIP() << "no mpirun";
  const std::vector<std::string> values{"steps=2000", "checkpoint_steps=100000"};
  const pid_t launcher = start(on_two_ranks(train("run", values)));
  while (!std::filesystem::exists(root_ / "run/log.jsonl")) std::this_thread::sleep_for(milliseconds(5));
  std::this_thread::sleep_for(milliseconds(100));
  // mpirun passes USR1 on to every rank; they notice at different moments and still stop together.
  kill(launcher, SIGUSR1);
  EXPECT_EQ(wait_for(launcher), 75);
  const auto checkpoints = list_checkpoints(root_ / "run");
  ASSERT_EQ(checkpoints.size(), 1u);
  EXPECT_THAT(checkpoints[0].filename().string(), testing::EndsWith(std::to_string(losses("run").size())));
}

TEST_F(LoopTest, MicroBatchesAddUpToTheBatch) {
  ASSERT_EQ(finish(train("whole", {"steps=20"})), 0);
  ASSERT_EQ(finish(train("parts", {"steps=20", "micro_batch=1"})), 0);
  const auto whole = losses("whole"), parts = losses("parts");
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(whole[i], parts[i], 1e-5);
}

TEST_F(LoopTest, ADivergingRunStopsAtOnce) {
  ASSERT_EQ(finish(train("run", {"steps=2000", "rate=30"})), 0);
  EXPECT_LT(losses("run").size(), 1000u);
}

TEST_F(LoopTest, ATruncatedTokenFileIsAnError) {
  std::filesystem::resize_file(root_ / "corpus/v256.h5", 5000);
  EXPECT_EQ(finish(train("run", {"steps=5"})), 2);
}

}  // namespace
}  // namespace gradus
