#include "agent/novelty.h"

#include <gtest/gtest.h>

#include "pool_fixture.h"

namespace gradus {
namespace {

using namespace test;

Design with_mixer(UnitNode mixer) {
  Design d = gpt2();
  d.root.slots["mixer"] = std::move(mixer);
  return d;
}

TEST(TreeDistance, EqualIsNothingAndStrangersAreAll) {
  EXPECT_EQ(tree_distance(gpt2(), gpt2()), 0);
  const Design other{{"X", {}, {{"a", leaf("Y")}}}};
  EXPECT_EQ(tree_distance(gpt2(), other), 1);
  EXPECT_EQ(tree_distance(gpt2(), recurrent()), tree_distance(recurrent(), gpt2()));
}

TEST(TreeDistance, ByHand) {
  // PreNorm, Attention, Rotary, SwiGLU, RMSNorm: five units. One argument: half a unit of five.
  Design argument = gpt2();
  argument.root.slots["mixer"].arguments["n_heads"] = 16;
  EXPECT_NEAR(tree_distance(gpt2(), argument), 0.1, 1e-12);
  // Attention with its rotary becomes one other unit: by place 2 of 5, by subtrees 1 - 2·2/9.
  EXPECT_NEAR(tree_distance(gpt2(), with_mixer(leaf("LinearAttention"))), 0.4, 1e-12);
  // Wrapped: by place 3 of 6 differ or are new; by subtrees 4 of 5 and 6 are shared: 1 - 8/11.
  const Design wrapped = with_mixer({"ConvolutionThen", {}, {{"mixer", gpt2().root.slots["mixer"]}}});
  EXPECT_NEAR(tree_distance(gpt2(), wrapped), 1 - 8.0 / 11, 1e-12);
}

Examination lawful(double cost, const std::string& id, const std::string& trace) {
  Examination e;
  e.lawful = true, e.design_id = id, e.trace_id = trace;
  e.fit.fits = true, e.fit.flops_per_token = cost, e.fit.seed_flops_per_token = 1;
  return e;
}
const std::vector<KnownDesign> kKnown{{"g000-000", gpt2(), "id-gpt2", "trace-gpt2", 1},
                                      {"g001-000", recurrent(), "id-rec", "trace-rec", 0}};

TEST(Review, AcceptsWhatIsNewAndAffordable) {
  const Design d = with_mixer(leaf("LinearAttention"));
  const Review r = judge(d, lawful(1.1, "id", "trace"), kKnown, {});
  EXPECT_TRUE(r.accepted);
  EXPECT_EQ(r.rating, 5);
  EXPECT_EQ(r.relatives.front(), "g000-000");
  EXPECT_NEAR(r.novelty, 0.4, 1e-12);
  EXPECT_EQ(r.reasons.front(), "new: 40 % of the tree differs from the nearest, g000-000");
}

TEST(Review, RefusesDuplicatesByTreeAndByTrace) {
  const Review tree = judge(gpt2(), lawful(1, "id-gpt2", "trace-gpt2"), kKnown, {});
  EXPECT_FALSE(tree.accepted);
  EXPECT_EQ(tree.rating, 0);
  EXPECT_NE(tree.reasons.front().find("duplicate of g000-000"), std::string::npos);
  const Review trace = judge(with_mixer(leaf("Renamed")), lawful(1, "another", "trace-rec"), kKnown, {});
  EXPECT_FALSE(trace.accepted);
  EXPECT_NE(trace.reasons.front().find("duplicate of g001-000: written differently"), std::string::npos);
}

TEST(Review, AnEqualTraceAtAnotherCostIsNoDuplicate) {
  EXPECT_EQ(duplicate_of(lawful(1, "another", "trace-gpt2"), kKnown), "g000-000");
  EXPECT_EQ(duplicate_of(lawful(1.2, "another", "trace-gpt2"), kKnown), "");
}

TEST(Review, RefusesWhatCostsTooMuchOrDoesNotRun) {
  const Review costly = judge(with_mixer(leaf("LinearAttention")), lawful(3.1, "id", "trace"), kKnown, {});
  EXPECT_FALSE(costly.accepted);
  EXPECT_NE(costly.reasons.front().find("3.10 times the seed's FLOPs"), std::string::npos);
  Examination broken;
  broken.fault = "a unit does not run: NameError";
  const Review r = judge(gpt2(), broken, kKnown, {});
  EXPECT_FALSE(r.accepted);
  EXPECT_EQ(r.reasons.front(), broken.fault);
}

TEST(Review, ASmallChangeMustBeCheap) {
  Design d = gpt2();
  d.root.slots["mixer"].arguments["n_heads"] = 16;
  EXPECT_TRUE(judge(d, lawful(1, "id", "trace"), kKnown, {}).accepted);
  const Review r = judge(d, lawful(2.5, "id", "trace"), kKnown, {});
  EXPECT_FALSE(r.accepted);
  EXPECT_EQ(r.reasons.front(), "changes too little for what it costs");
}

}  // namespace
}  // namespace gradus
