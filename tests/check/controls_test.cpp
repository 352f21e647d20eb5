#include "check/controls.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "design/fit.h"

namespace gradus {
namespace {

ControlPlan small_plan() {
  ControlPlan plan;
  plan.vocabulary = 16, plan.steps = 80, plan.batch = 8, plan.context = 16, plan.measured_batches = 16;
  plan.learning_rate = 2e-2;
  return plan;
}

/// The seed, with what it is given `leak` positions later added to its own output.
Design leaking(const UnitStore& units, const std::string& amount) {
  Design design = gpt2_seed();
  design.root.slots.at("mixer") = UnitNode{
      units.add("import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n\nclass Mixer(nn.Module):\n"
                "    def __init__(self, dim):\n        super().__init__()\n        self.up = nn.Linear(dim, dim)\n\n"
                "    def forward(self, x):\n        return self.up(x) + " +
                amount + " * F.pad(x[:, 1:], (0, 0, 0, 1))\n"),
      {},
      {}};
  return design;
}

TEST(Controls, AnHonestSeedIsNotBelowItsBounds) {
  const Scale& pico = builtin_scales().at("pico");
  const Control random = measure_random_control(gpt2_seed(), UnitStore(), pico, 1, 2, small_plan(), 0);
  EXPECT_GT(random.z, -4) << random.loss;
  EXPECT_NEAR(random.loss, random.bound, 0.2);
  EXPECT_EQ(judge_random_control(random).verdict, "ok");
  const auto data = describe_tokens(synthetic_tokens(20'000, 64, 1), 64, "");
  const Control shuffled = measure_shuffled_control(gpt2_seed(), UnitStore(), pico, 1, 2, data, small_plan(), 0);
  EXPECT_GT(shuffled.z, -4) << shuffled.loss;
  EXPECT_LT(shuffled.bound, std::log(16.0));
  EXPECT_EQ(judge_shuffled_control(shuffled).verdict, "ok");
}

TEST(Controls, ALeakOfTheNextTokenBeatsLnV) {
  const auto directory = std::filesystem::temp_directory_path() / ("controls-test-" + std::to_string(getpid()));
  std::filesystem::create_directories(directory);
  const UnitStore units(directory);
  const Control c =
      measure_random_control(leaking(units, "0.1"), units, builtin_scales().at("pico"), 1, 2, small_plan(), 0);
  std::filesystem::remove_all(directory);
  EXPECT_LT(c.z, -4) << c.loss;
  EXPECT_EQ(judge_random_control(c).verdict, "no");
}

}  // namespace
}  // namespace gradus
