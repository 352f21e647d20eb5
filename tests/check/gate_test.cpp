#include "check/gate.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "design/fit.h"
#include "train/page_keeper.h"

namespace gradus {
namespace {

GateSettings pico() {
  GateSettings settings;
  settings.shape_scale = "pico";
  settings.check.tier = "fast";
  settings.scales["pico"] = builtin_scales().at("pico");
  return settings;
}

/// The built-in seed with one slot's filler replaced by this source.
class Gate : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("gate-test-" + std::to_string(getpid()));
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  CheckResult with_mixer(const std::string& source) { return with("mixer", source); }
  CheckResult with(const std::string& slot, const std::string& source) {
    UnitStore units(directory_);
    Design design = gpt2_seed();
    design.root.slots.at(slot) = UnitNode{units.add(source), {}, {}};
    GateSettings settings = pico();
    settings.check.parameter_tolerance = settings.check.block_tolerance = 10;  // these units are not about size
    return check_design(design, units, settings);
  }
  std::filesystem::path directory_;
};

std::string mixer(const std::string& forward) {
  return "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n\n"
         "class Mixer(nn.Module):\n    KIND = \"sequence\"\n    FIT = {\"expand\": (0.1, 16.0)}\n\n"
         "    def __init__(self, dim, expand=1.0):\n        super().__init__()\n"
         "        inner = max(1, int(dim * expand))\n"
         "        self.up = nn.Linear(dim, inner)\n        self.down = nn.Linear(inner, dim)\n"
         "        self.gate = nn.Parameter(torch.zeros(dim))\n\n"
         "    def forward(self, x):\n        y = self.down(torch.tanh(self.up(x)))\n" +
         forward;
}

TEST_F(Gate, TheSeedPasses) {
  CheckResult result = check_design(gpt2_seed(), UnitStore(), pico());
  EXPECT_TRUE(result.passed) << result.reason << ": " << result.evidence;
  EXPECT_EQ(result.trace_id.size(), 16u);
  EXPECT_TRUE(result.fits.at("pico").fits);
}

TEST_F(Gate, AnHonestMixerPasses) {
  CheckResult result = with_mixer(mixer("        return y + self.gate * torch.cumsum(y, dim=1)\n"));
  EXPECT_TRUE(result.passed) << result.reason << ": " << result.evidence;
}

TEST_F(Gate, LiveMemoryIsCountedWhilePagesAreKept) {
  keep_tensor_pages();  // as tools do
  const CheckResult result = check_design(gpt2_seed(), UnitStore(), pico());
  const auto value = [&](const std::string& name) {
    for (const Measurement& m : result.checks)
      if (m.name == name) return m.value;
    return -1.0;
  };
  EXPECT_GT(value("growth of live memory"), 0.3);
  EXPECT_NEAR(value("live memory beside the seed"), 1, 0.01);
}

TEST_F(Gate, ADesignThatKnowsItsLayerIsNotChargedForALargerScalesDepth) {
  UnitStore units(directory_);
  Design design = gpt2_seed();
  design.root.slots.at("mixer") = {UnitStore::library().at("differential_attention"), {}, {}};
  design.root.slots.at("mixer").slots["rotary"] = {UnitStore::library().at("rotary"), {}, {}};
  GateSettings settings = pico();
  settings.scales["14M"] = builtin_scales().at("14M");
  settings.check.largest_flops = 2;
  const CheckResult result = check_design(design, units, settings);
  EXPECT_TRUE(result.passed) << result.reason << ": " << result.evidence;
}

TEST_F(Gate, ATableAsLongAsTheContextIsAWarning) {
  std::string source = mixer("        return y + self.gate * y + self.table(torch.arange(x.shape[1]))\n");
  source.replace(source.find("expand=1.0)"), 11, "expand=1.0, context=8)");
  const std::string gate = "        self.gate =";
  source.insert(source.find(gate), "        self.table = nn.Embedding(context, dim)\n");
  CheckResult result = with_mixer(source);
  EXPECT_TRUE(result.passed) << result.reason << ": " << result.evidence;
  const auto warned = std::count_if(result.checks.begin(), result.checks.end(),
                                    [](const Measurement& m) { return m.name == "length" && m.verdict == "warning"; });
  EXPECT_EQ(warned, 1);
}

TEST_F(Gate, ALeakBehindAGateThatStartsAtZeroIsFoundAndTheSlotNamed) {
  CheckResult result = with_mixer(mixer("        return y + self.gate * (y * y).mean(dim=1, keepdim=True)\n"));
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.reason, "causality");
  EXPECT_EQ(result.unit, "mixer");
  EXPECT_NE(result.evidence.find("input from position"), std::string::npos);
}

TEST_F(Gate, ALeakInTrainModeOnlyIsFound) {
  CheckResult result = with_mixer(mixer(
      "        if self.training:\n            y = y + self.gate * y.flip(1)\n        return y + self.gate * y\n"));
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.reason, "causality");
}

TEST_F(Gate, BatchStatisticsAreFound) {
  CheckResult result = with_mixer(mixer("        return y - self.gate * y.mean(dim=0, keepdim=True)\n"));
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.reason, "batch");
}

TEST_F(Gate, StateBetweenCallsIsFound) {
  std::string source =
      mixer("        self.calls = getattr(self, 'calls', 0) + 1\n        return y + self.gate * self.calls\n");
  CheckResult result = with_mixer(source);
  EXPECT_FALSE(result.passed);
}

TEST_F(Gate, AParameterWithoutUseIsFound) {
  CheckResult result = with_mixer(mixer("        return y\n"));
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.reason, "gradient");
  EXPECT_NE(result.evidence.find("gate"), std::string::npos);
}

TEST_F(Gate, AMixerThatClaimsToBeATokenUnitIsFound) {
  std::string source = mixer("        return y + self.gate * torch.cumsum(y, dim=1)\n");
  source.replace(source.find("\"sequence\""), 10, "\"token\"");
  CheckResult result = with("mlp", source);
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.reason, "token");
  EXPECT_EQ(result.unit, "mlp");
}

TEST_F(Gate, AWrongShapeIsARefusalInTheUnitsWords) {
  CheckResult result = with_mixer(mixer("        return y[:, :, :3] + self.gate\n"));
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.reason, "build");
  EXPECT_EQ(result.unit, "mixer");
}

TEST_F(Gate, ASyntaxErrorIsARefusalWithALine) {
  CheckResult result = with_mixer(mixer("        return y +\n"));
  EXPECT_FALSE(result.passed);
  EXPECT_NE(result.evidence.find("line"), std::string::npos) << result.evidence;
}

TEST_F(Gate, ANameThatDoesNotFitIsAStructureRefusal) {
  CheckResult result = with("mlp", mixer("        return y + self.gate\n"));  // a sequence unit in a token slot
  EXPECT_FALSE(result.passed);
  EXPECT_EQ(result.reason, "structure");
}

}  // namespace
}  // namespace gradus
