#include "ladder/ablate.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gradus {
namespace {

std::string unit(const std::string& stem) { return UnitStore::library().at(stem); }
UnitNode node(const std::string& stem, std::map<std::string, UnitNode> slots = {}) {
  return {unit(stem), {}, std::move(slots)};
}
Design pre_norm(UnitNode mixer, UnitNode mlp) {
  return {node("pre_norm", {{"norm", node("rms_norm")}, {"mixer", std::move(mixer)}, {"mlp", std::move(mlp)}})};
}
UnitNode attention() { return node("multi_head_attention", {{"rotary", node("rotary")}}); }

TEST(Ablate, EveryTreeIsLawfulDifferentAndNamesTheUnit) {
  const UnitStore units;
  const Design parent = pre_norm(attention(), node("swiglu"));
  const Design design =
      pre_norm(node("series", {{"first", node("short_convolution")}, {"second", attention()}}), node("relu2_mlp"));
  ASSERT_TRUE(tree_faults(design, units).empty());
  const auto all = ablations(design, parent, units);
  for (const Ablation& a : all) {
    EXPECT_TRUE(tree_faults(a.design, units).empty()) << a.what;
    EXPECT_FALSE(a.design == design) << a.what;
    EXPECT_EQ(std::count_if(all.begin(), all.end(), [&](const Ablation& b) { return b.design == a.design; }), 1)
        << a.what;
  }
  const auto has = [&](const Design& wanted, const std::string& where, const std::string& gone) {
    return std::any_of(all.begin(), all.end(),
                       [&](const Ablation& a) { return a.design == wanted && a.where == where && a.unit == gone; });
  };
  // Without Series: either of its halves alone; the second is the seed's mixer and the parent's too.
  EXPECT_TRUE(has(pre_norm(node("short_convolution"), node("relu2_mlp")), "mixer", "Series"));
  EXPECT_TRUE(has(pre_norm(attention(), node("relu2_mlp")), "mixer", "Series"));
  const UnitNode series = find_node(design, "mixer") ? *find_node(design, "mixer") : UnitNode{};
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const Ablation& a) {
    return a.where == "mlp" && a.unit == units.interface(unit("relu2_mlp")).class_name &&
           a.design.root.slots.at("mixer") == series;
  }));
}

TEST(Ablate, ADesignLikeTheSeedHasNothingToLeaveOut) {
  const Design seed = pre_norm(attention(), node("swiglu"));
  EXPECT_TRUE(ablations(seed, seed, UnitStore()).empty());
}

TEST(Ablate, AnArgumentIsSwappedBack) {
  const Design parent = pre_norm(attention(), node("swiglu"));
  Design design = parent;
  find_node(design, "mixer.rotary")->arguments["base"] = 500000.0;
  const auto all = ablations(design, parent, UnitStore());
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const Ablation& a) { return a.design == parent; }));
}

TEST(Ablate, TheRootIsSwappedAroundTheSameParts) {
  Design parent = pre_norm(attention(), node("swiglu"));
  Design design = parent;
  design.root.unit = unit("parallel_block");
  ASSERT_TRUE(tree_faults(design, UnitStore()).empty());
  const auto all = ablations(design, parent, UnitStore());
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].operation, "swap-with-parent");
  EXPECT_EQ(all[0].where, "");
  EXPECT_EQ(all[0].unit, "ParallelBlock");
}

TEST(Ablate, TheCheapestRungThatSeparates) {
  const auto rung = [](const std::string& scale, double lower, double upper) {
    Standings s{scale, {0, 0}};
    Standing row;
    row.design = {1, 0}, row.pairs = 2, row.lower = lower, row.upper = upper;
    s.rows = {row};
    return s;
  };
  const DesignName d{1, 0};
  EXPECT_EQ(separating_rung({rung("nano", -0.1, 0.2), rung("micro", 0.1, 0.2), rung("mini", 0.1, 0.2)}, d), "micro");
  EXPECT_EQ(separating_rung({rung("nano", -0.2, -0.1)}, d), "nano");  // what made it worse is worth knowing too
  EXPECT_EQ(separating_rung({rung("nano", -0.1, 0.2)}, d), std::nullopt);
  EXPECT_EQ(separating_rung({rung("nano", 0.1, 0.2)}, {1, 1}), std::nullopt);
}

}  // namespace
}  // namespace gradus
