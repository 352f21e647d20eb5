// Fitting designs to scales, and what they cost.
#include "design/fit.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "design/block_counter.h"

namespace gradus {
namespace {

using testing::HasSubstr;

class FitTest : public testing::Test {
 protected:
  void SetUp() override {
    home_ = std::filesystem::temp_directory_path() / ("gradus-fit-" + std::to_string(getpid()) + "-" +
                                                      testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(home_);
    units_ = UnitStore(home_);
  }
  void TearDown() override { std::filesystem::remove_all(home_); }

  UnitNode unit(const std::string& source) {
    return {units_.add("import torch\nimport torch.nn as nn\n" + source), {}, {}};
  }
  static UnitNode library(const std::string& stem) { return {UnitStore::library().at(stem), {}, {}}; }
  static const Scale& scale(const std::string& name) { return builtin_scales().at(name); }

  /// Counts made again from a whole model.
  void expect_true(const Design& design, const Fit& fit, const Scale& at) {
    const DesignModel model(design, units_, fitted_shape(at, fit), fit.multiplier, {});
    EXPECT_EQ(model.parameter_count(), fit.parameters);
    EXPECT_EQ(model.block_parameter_count(), fit.block_parameters);
  }

  Path home_;
  UnitStore units_;
};

TEST_F(FitTest, TheSeedFitsItselfEverywhere) {
  for (const auto& [name, at] : builtin_scales()) {
    if (at.d_model > 256) continue;  // the counts of all scales are golden in scales_test; here costs too
    const Fit fit = fit_design(gpt2_seed(), units_, at, {});
    EXPECT_TRUE(fit.fits) << name;
    EXPECT_EQ(fit.multiplier, 1) << name;
    EXPECT_EQ(fit.n_blocks, at.n_blocks) << name;
    EXPECT_EQ(fit.parameters, fit.target_parameters) << name;
    EXPECT_EQ(fit.flops_per_token, fit.seed_flops_per_token) << name;
  }
}

// Every unit of the library in the seed's place for it, at the scales of the CPU ladder.
TEST_F(FitTest, LibraryUnitsFitOrSayWhy) {
  for (const auto& [stem, hash] : UnitStore::library()) {
    const UnitInterface& unit = units_.interface(hash);
    for (const SlotInterface& slot : units_.interface(gpt2_seed().root.unit).slots) {
      if (!misfit(slot, unit).empty() || slot.name == "norm") continue;
      Design design = gpt2_seed();
      design.root.slots[slot.name] = {hash, {}, {}};
      if (!open_slots(design, units_).empty()) continue;
      std::string why;
      const Fit fit = fit_design(design, units_, scale("nano"), {}, &why);
      if (fit.fits) {
        EXPECT_NEAR(double(fit.parameters) / double(fit.target_parameters), 1, 0.02) << stem << " as " << slot.name;
        EXPECT_NEAR(double(fit.block_parameters) / double(fit.target_block_parameters), 1, 0.05)
            << stem << " as " << slot.name;
        EXPECT_GT(fit.flops_per_token, 0);
        expect_true(design, fit, scale("nano"));
      } else {
        EXPECT_THAT(why, HasSubstr("no depth brings the parameters near")) << stem << " as " << slot.name;
      }
      std::printf("%-26s as %-6s %s multiplier %.4g, %lld blocks, %.4f of the parameters, %.3f of the FLOPs\n",
                  stem.c_str(), slot.name.c_str(), fit.fits ? "fits:" : "misfit:", fit.multiplier,
                  static_cast<long long>(fit.n_blocks), double(fit.parameters) / double(fit.target_parameters),
                  fit.flops_per_token / std::max(1.0, fit.seed_flops_per_token));
    }
  }
}

TEST_F(FitTest, OneMultiplierScalesAllFitArguments) {
  Design design = gpt2_seed();
  design.root.slots.at("mlp").arguments["expand"] = 6.0;
  const Fit fit = fit_design(design, units_, scale("nano"), {});
  EXPECT_TRUE(fit.fits);
  EXPECT_EQ(fit.n_blocks, 4);
  EXPECT_LT(fit.multiplier, 0.5);
  EXPECT_EQ(fit.parameters, fit.target_parameters);  // 6 × 0.444 is 8/3 again
}

TEST_F(FitTest, DepthHelpsWhereNoArgumentDoes) {
  Design design;
  design.root = unit(
      "class Half(nn.Module):\n    def __init__(self, dim):\n        super().__init__()\n        self.a = "
      "nn.Linear(dim, 4 * dim, bias=False)\n"
      "        self.b = nn.Linear(4 * dim, dim, bias=False)\n    def forward(self, x):\n        return x + "
      "self.b(self.a(x).relu())\n");
  const Fit fit = fit_design(design, units_, scale("nano"), {});  // 8 d² = 32,768 a block; 263,680 / 32,768 = 8.05
  EXPECT_TRUE(fit.fits);
  EXPECT_EQ(fit.n_blocks, 8);
  EXPECT_EQ(fit.block_parameters, 8 * 32768);
  expect_true(design, fit, scale("nano"));
}

TEST_F(FitTest, MisfitsAreExplained) {
  Design design;
  design.root = unit(
      "class Huge(nn.Module):\n    def __init__(self, dim):\n        super().__init__()\n        self.a = "
      "nn.Linear(dim, 50 * dim)\n"
      "    def forward(self, x):\n        return x + self.a(x)[..., :x.shape[-1]]\n");
  std::string why;
  const Fit fit = fit_design(design, units_, scale("nano"), {}, &why);  // 208,000 a block: 1 is 79 %, 2 is 158 %
  EXPECT_FALSE(fit.fits);
  EXPECT_THAT(why, HasSubstr("one block here has 208k and no FIT argument changes that"));
  EXPECT_THAT(why, HasSubstr("nearest are 1 blocks with 208k"));
}

TEST_F(FitTest, BlocksThatDifferByLayerAreAllCounted) {
  Design design;
  design.root = unit(
      "class Taper(nn.Module):\n    def __init__(self, dim, layer, n_layers, width=4.0):\n        super().__init__()\n"
      "        n = round(width * dim) * (n_layers - layer)\n        self.a, self.b = nn.Linear(dim, n), nn.Linear(n, "
      "dim)\n"
      "    FIT = {'width': (0.1, 20)}\n    def forward(self, x):\n        return x + self.b(self.a(x).relu())\n");
  const Fit fit = fit_design(design, units_, scale("nano"), {});
  EXPECT_TRUE(fit.fits);
  expect_true(design, fit, scale("nano"));
}

// The third and the sixth of seven blocks are rare ones: neither the first, the middle nor the last.
TEST_F(FitTest, ARareLayerIsCounted) {
  Design design = gpt2_seed();
  design.root.slots["mixer"] = {UnitStore::library().at("interleave"),
                                {{"every", 3}},
                                {{"common", library("linear_attention")}, {"rare", library("gla")}}};
  const Shape shape{64, 7, 256, 64};
  EXPECT_EQ(BlockCounter(design, units_, shape).blocks(1, 7),
            DesignModel(design, units_, shape, 1, {}).block_parameter_count());
}

TEST_F(FitTest, LayersThatRefuseSmallWidthsAreCountedOneByOne) {
  Design design;
  design.root = unit(
      "class Wide(nn.Module):\n    def __init__(self, dim, layer):\n        super().__init__()\n"
      "        assert dim % 128 == 0, 'only multiples of 128'\n"
      "        self.a = nn.Linear(dim, dim + 8 * (layer % 3))\n"
      "    def forward(self, x):\n        return x + self.a(x)[..., :x.shape[-1]]\n");
  const Shape shape{128, 7, 256, 64};
  EXPECT_EQ(BlockCounter(design, units_, shape).blocks(1, 7),
            DesignModel(design, units_, shape, 1, {}).block_parameter_count());
}

TEST_F(FitTest, WholeArgumentsStayWhole) {
  Design design;
  design.root = unit(
      "class Whole(nn.Module):\n    FIT = {'n': (1, 900)}\n    def __init__(self, dim, n=40):\n        "
      "super().__init__()\n"
      "        assert isinstance(n, int)\n        self.a, self.b = nn.Linear(dim, n), nn.Linear(n, dim)\n"
      "    def forward(self, x):\n        return x + self.b(self.a(x).relu())\n");
  EXPECT_TRUE(fit_design(design, units_, scale("nano"), {}).fits);
}

// FLOPs a token of the seed at nano, by hand: blocks 4 x 2 x (4 x 64² + 3 x 64 x 256) = 524,288; head 2 x 1024 x 64 =
// 131,072; attention 4 x 4 x 128 x 64 = 131,072 (all of T x T). The rest is elementwise: a few per cent.
TEST_F(FitTest, CostsAreCounted) {
  const DesignCost cost = design_cost(gpt2_seed(), units_, seed_shape(scale("nano")), 1);
  EXPECT_GT(cost.flops_per_token, 786432);
  EXPECT_LT(cost.flops_per_token, 786432 * 1.06);
  EXPECT_GT(cost.bytes_per_token, 0);
  EXPECT_GT(cost.activation_bytes, 0);
  // Beyond 512 tokens costs are extrapolated, exactly for attention: (4 d + 5 heads) n FLOPs for each token more (5:
  // softmax).
  Shape shape{64, 2, 256, 1024};
  const double at_1024 = design_cost(gpt2_seed(), units_, shape, 1).flops_per_token;
  shape.context = 512;
  const double at_512 = design_cost(gpt2_seed(), units_, shape, 1).flops_per_token;
  EXPECT_NEAR((at_1024 - at_512) / (512 * (4 * 64 + 5 * 8) * 2), 1, 1e-3);
}

}  // namespace
}  // namespace gradus
