// Factories, initial draws and the calls between blocks.
#include "design/model.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "design/fit.h"

namespace gradus {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Shape kShape{16, 2, 32, 8};

class ModelTest : public testing::Test {
 protected:
  void SetUp() override {
    home_ = std::filesystem::temp_directory_path() / ("gradus-model-" + std::to_string(getpid()) + "-" +
                                                      testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(home_);
    units_ = UnitStore(home_);
  }
  void TearDown() override { std::filesystem::remove_all(home_); }

  /// A unit from its source, torch imported.
  UnitNode unit(const std::string& source, std::map<std::string, UnitNode> slots = {}) {
    return {units_.add("import torch\nimport torch.nn as nn\n" + source), {}, std::move(slots)};
  }
  static UnitNode library(const std::string& stem) { return {UnitStore::library().at(stem), {}, {}}; }

  std::map<std::string, at::Tensor> weights(const Design& design, uint64_t seed = 0, const Shape& shape = kShape) {
    ModelOptions options;
    options.seed = seed;
    DesignModel model(design, units_, shape, 1, options);
    std::map<std::string, at::Tensor> out;
    for (const ModelParameter& p : model.parameters()) out[p.name] = p.tensor.detach().clone();
    return out;
  }
  std::string fault(const Design& design, bool run = false) {
    try {
      DesignModel model(design, units_, kShape, 1, {});
      if (run) model.hidden(at::arange(8, at::kLong).view({1, 8}));
    } catch (const std::exception& error) {
      return error.what();
    }
    return "no error";
  }

  Path home_;
  UnitStore units_;
};

TEST_F(ModelTest, ParametersHaveAFixedOrder) {
  DesignModel model(gpt2_seed(), units_, kShape, 1, {});
  std::vector<std::string> names;
  for (const ModelParameter& p : model.parameters()) {
    names.push_back(p.name);
    EXPECT_EQ(p.decays, p.tensor.dim() >= 2) << p.name;
    EXPECT_TRUE(p.tensor.requires_grad() && p.tensor.is_leaf()) << p.name;
  }
  EXPECT_THAT(
      std::vector<std::string>(names.begin(), names.begin() + 10),
      ElementsAre("embedding.weight", "blocks.0.norm_1.weight", "blocks.0.norm_2.weight", "blocks.0.mixer.qkv.weight",
                  "blocks.0.mixer.qkv.bias", "blocks.0.mixer.out.weight", "blocks.0.mixer.out.bias",
                  "blocks.0.mlp.up.weight", "blocks.0.mlp.down.weight", "blocks.1.norm_1.weight"));
  EXPECT_EQ(names.back(), "norm.weight");
  EXPECT_EQ(model.parameter_count(), 32 * 16 + 2 * 7264 + 16);
  EXPECT_EQ(model.block_parameter_count(), 2 * 7264);
  EXPECT_EQ(model.hidden(at::arange(8, at::kLong).view({1, 8})).sizes(), (at::IntArrayRef{1, 8, 16}));
}

TEST_F(ModelTest, InitialDrawsAreNamed) {
  const auto a = weights(gpt2_seed()), again = weights(gpt2_seed()), other = weights(gpt2_seed(), 1);
  for (const auto& [name, tensor] : a) {
    EXPECT_TRUE(at::equal(tensor, again.at(name))) << name;
    if (tensor.dim() >= 2) {
      EXPECT_FALSE(at::equal(tensor, other.at(name))) << name;
    }
  }
  // Embedding N(0, .02): 512 numbers; the mean within 5 standard errors, the deviation within 20 %.
  const at::Tensor& e = a.at("embedding.weight");
  EXPECT_LT(std::abs(e.mean().item<double>()), 5 * 0.02 / std::sqrt(512));
  EXPECT_NEAR(e.std().item<double>(), 0.02, 0.004);
  EXPECT_FALSE(at::equal(a.at("blocks.0.mlp.up.weight"), a.at("blocks.1.mlp.up.weight")));
  // Depth does not move the draws of the blocks that stay.
  for (const auto& [name, tensor] : weights(gpt2_seed(), 0, {16, 3, 32, 8})) {
    if (a.count(name)) {
      EXPECT_TRUE(at::equal(tensor, a.at(name))) << name;
    }
  }
}

// Seeds stay paired: a change of one slot leaves the draws of all other weights bit for bit as they were.
TEST_F(ModelTest, AMutationLeavesAllOtherDraws) {
  const auto before = weights(gpt2_seed());
  Design design = gpt2_seed();
  design.root.slots["mlp"] = unit(
      "class Mlp(nn.Module):\n"
      "    KIND = 'token'\n"
      "    def __init__(self, dim):\n"
      "        super().__init__()\n"
      "        self.a, self.b, self.c = nn.Linear(dim, 3 * dim), nn.Linear(3 * dim, 5), nn.Linear(5, dim)\n"
      "    def forward(self, x):\n"
      "        return self.c(self.b(self.a(x)).relu())\n");
  const auto after = weights(design);
  int same = 0;
  for (const auto& [name, tensor] : before) {
    if (name.find(".mlp.") != name.npos) continue;
    ASSERT_TRUE(after.count(name)) << name;
    EXPECT_TRUE(at::equal(tensor, after.at(name))) << name;
    ++same;
  }
  EXPECT_EQ(same, 2 + 2 * 6);
}

TEST_F(ModelTest, InstancesOfOneSlotDrawTheirOwn) {
  Design design;
  design.root = unit(
      "class Root(nn.Module):\n"
      "    SLOTS = {'mlp': {'kind': 'token'}}\n"
      "    def __init__(self, dim, *, mlp):\n"
      "        super().__init__()\n"
      "        self.before = nn.Linear(dim, dim)\n"
      "        self.one, self.two = mlp(dim), mlp(dim, dim_out=8)\n"
      "        self.after = nn.Linear(8, dim)\n"
      "    def forward(self, x):\n"
      "        return self.after(self.two(self.one(self.before(x))))\n",
      {{"mlp", library("swiglu")}});
  const auto a = weights(design);
  EXPECT_FALSE(at::equal(a.at("blocks.0.one.up.weight"), a.at("blocks.0.two.up.weight")));
  EXPECT_EQ(a.at("blocks.0.two.down.weight").size(0), 8);
  // Drawing inside the slot does not count as drawing outside it.
  Design small = design;
  small.root.slots["mlp"] = unit(
      "class Nothing(nn.Module):\n"
      "    KIND = 'token'\n"
      "    def __init__(self, dim, dim_out=None):\n"
      "        super().__init__()\n"
      "        self.n = dim_out or dim\n"
      "    def forward(self, x):\n"
      "        return x[..., :self.n]\n");
  const auto b = weights(small);
  EXPECT_TRUE(at::equal(a.at("blocks.0.before.weight"), b.at("blocks.0.before.weight")));
  EXPECT_TRUE(at::equal(a.at("blocks.1.after.weight"), b.at("blocks.1.after.weight")));
}

TEST_F(ModelTest, LayerNumberAndContextAreFilledIn) {
  Design design;
  design.root = unit(
      "class Root(nn.Module):\n"
      "    def __init__(self, dim, layer, n_layers, context, gain=2):\n"
      "        super().__init__()\n"
      "        self.w = nn.Parameter(torch.tensor([float(layer), float(n_layers), float(context), float(gain)]))\n"
      "    def forward(self, x):\n"
      "        return x * self.w.sum()\n");
  design.root.arguments["gain"] = 5;
  const auto w = weights(design);
  EXPECT_TRUE(at::equal(w.at("blocks.0.w"), at::tensor({0.f, 2.f, 8.f, 5.f})));
  EXPECT_TRUE(at::equal(w.at("blocks.1.w"), at::tensor({1.f, 2.f, 8.f, 5.f})));
}

TEST_F(ModelTest, CarryGoesFromBlockToBlock) {
  Design design;
  design.root = unit(
      "class Root(nn.Module):\n"
      "    def __init__(self, dim):\n"
      "        super().__init__()\n"
      "        self.gain = nn.Parameter(torch.ones(1))\n"
      "    def forward(self, x, carry=None):\n"
      "        n = torch.zeros(()) if carry is None else carry['n']\n"
      "        return x + self.gain * n, {'n': n + 1}\n");
  DesignModel model(design, units_, {16, 3, 32, 8}, 1, {});
  const at::Tensor x = at::ones({1, 4, 16}), want = at::full({1, 4, 16}, 4.0);  // 1 + 0 + 1 + 2
  EXPECT_TRUE(at::allclose(model.blocks(x), want));
  EXPECT_TRUE(at::allclose(model.blocks(x), want));  // and from nothing again
}

TEST_F(ModelTest, WrongResultsAreRefusedInWords) {
  auto root = [&](const std::string& result, const std::string& extra = "") {
    return Design{unit(
        "class Root(nn.Module):\n    def __init__(self, dim):\n        super().__init__()\n    def forward(self, x" +
        extra + "):\n        return " + result + "\n")};
  };
  EXPECT_THAT(fault(root("x, None"), true), HasSubstr("Root (block 0): must return a tensor, not tuple"));
  EXPECT_THAT(fault(root("x[:, :-1]"), true), HasSubstr("turns (1, 8, 16) into (1, 7, 16); a block keeps the shape"));
  EXPECT_THAT(fault(root("x", ", carry=None"), true), HasSubstr("takes carry, so it must return (y, carry)"));
  EXPECT_THAT(fault(root("x.double()"), true), HasSubstr("turns Float into Double"));
  EXPECT_THAT(fault(root("x", ", other"), true), HasSubstr("needs the input 'other'"));
}

TEST_F(ModelTest, FactoriesTakeWidthsAlone) {
  auto parent = [&](const std::string& call, const std::string& filler = "swiglu") {
    return Design{
        unit("class Root(nn.Module):\n    SLOTS = {'mlp': {'kind': 'token'}}\n    def __init__(self, dim, *, mlp):\n"
             "        super().__init__()\n        self.mlp = " +
                 call + "\n    def forward(self, x):\n        return self.mlp(x)\n",
             {{"mlp", library(filler)}})};
  };
  EXPECT_EQ(fault(parent("mlp(dim)")), "no error");
  EXPECT_EQ(fault(parent("mlp(dim=dim, dim_out=4)")), "no error");
  EXPECT_THAT(fault(parent("mlp(dim, expand=2)")), HasSubstr("unexpected keyword argument 'expand'"));
  EXPECT_THAT(fault(parent("mlp(dim / 2)")), HasSubstr("slot 'mlp': dim must be a whole number above 0, not 8.0"));
  EXPECT_THAT(fault(parent("mlp(dim, dim_out=4)", "rms_norm")),
              HasSubstr("RMSNorm keeps the width: it takes no dim_out"));
}

TEST_F(ModelTest, FloatsOfOtherWidths) {
  ModelOptions options;
  options.dtype = at::kDouble;
  DesignModel wide(gpt2_seed(), units_, kShape, 1, options);
  const auto narrow = weights(gpt2_seed());
  for (const ModelParameter& p : wide.parameters()) {
    EXPECT_EQ(p.tensor.scalar_type(), at::kDouble) << p.name;
    EXPECT_TRUE(at::equal(p.tensor.detach().to(at::kFloat), narrow.at(p.name))) << p.name;
  }
  EXPECT_EQ(wide.hidden(at::arange(8, at::kLong).view({1, 8})).scalar_type(), at::kDouble);
}

}  // namespace
}  // namespace gradus
