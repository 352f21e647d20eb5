// Checkpoints that were damaged on the disk: every flipped bit is noticed or does not matter.
#include "train/checkpoint.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/log.h"
#include "reference_gpt2.h"

namespace gradus {
namespace {

struct Trained {
  explicit Trained(uint64_t seed) : model(16, 2, 256, seed), optimizer(model.parameters(), Scale{}) {}
  ReferenceGpt2 model;
  Optimizer optimizer;
};

TEST(Checkpoint, EveryFlippedBitIsNoticedOrHarmless) {
  const Path root = Path(testing::TempDir()) / ("gradus_checkpoint_" + std::to_string(getpid()));
  const Communicator alone;
  Trained saved(1);
  const at::NoGradGuard no_grad;
  saved.optimizer.first_moment().copy_(at::rand({saved.optimizer.first_moment().numel()}));
  saved.optimizer.second_moment().copy_(at::rand({saved.optimizer.second_moment().numel()}));
  save_checkpoint(root / "good", {7, 1.5, 0.5, 3.25}, saved.optimizer, saved.model, alone);
  const Path good = list_checkpoints(root / "good").at(0);
  const char* wanted = std::getenv("GRADUS_BIT_FLIPS");
  const int flips = wanted ? std::atoi(wanted) : 200;
  Stream random("flips", {static_cast<uint64_t>(getpid())});
  set_log_level(LogLevel::kError);  // each is a warning
  int noticed = 0;
  for (int i = 0; i < flips; ++i) {
    const Path run = root / "run", copy = run / good.filename();
    std::filesystem::remove_all(run);
    std::filesystem::create_directories(run);
    std::filesystem::copy(good, copy);
    const Path file = copy / (random.next_below(10) == 0 ? "manifest.yaml" : "shard-0.h5");
    std::string bytes = read_file(file);
    bytes[random.next_below(bytes.size())] ^= static_cast<char>(1 << random.next_below(8));
    std::filesystem::remove(file);
    write_file(file, bytes);
    Trained loaded(2);
    const auto state = load_checkpoint(run, loaded.optimizer, loaded.model, alone);
    if (!state) {
      ++noticed;
      continue;
    }
    EXPECT_EQ(state->step, 7);
    EXPECT_EQ(state->best_loss, 3.25);
    EXPECT_TRUE(at::equal(loaded.optimizer.weights(), saved.optimizer.weights())) << file;
    EXPECT_TRUE(at::equal(loaded.optimizer.first_moment(), saved.optimizer.first_moment())) << file;
    EXPECT_TRUE(at::equal(loaded.optimizer.second_moment(), saved.optimizer.second_moment())) << file;
  }
  EXPECT_GT(noticed, flips / 2);
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace gradus
