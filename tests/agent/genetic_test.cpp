#include "agent/genetic.h"

#include <gtest/gtest.h>

#include <set>

#include "../base/testing.h"
#include "pool_fixture.h"

namespace gradus {
namespace {

using namespace test;

class Genetic : public ::testing::Test {
 protected:
  UnitPool pool = make_pool();
  GeneticEngine engine{pool, {{"recurrent", recurrent()}}};
  std::string line(const Design& d) {
    return to_line(d, [&](const std::string& h) { return pool.name(h); });
  }

  /// Every result of an operator over many streams: lawful, changed, named.
  template <class Operator>
  std::set<std::string> sweep(const Design& parent, const std::string& operation, Operator apply) {
    std::set<std::string> seen;
    for (uint64_t key = 0; key < 200; ++key) {
      Stream stream("test", {key});
      const std::optional<Change> change = apply(stream);
      if (!change) continue;
      EXPECT_EQ(pool.fault(change->design), "") << line(change->design);
      EXPECT_NE(change->design, parent);
      EXPECT_TRUE(pool.is_elastic(change->design)) << line(change->design);
      EXPECT_EQ(change->operation, operation);
      EXPECT_FALSE(change->what.empty());
      EXPECT_FALSE(change->why.empty());
      EXPECT_NE(find_node(change->design, change->where), nullptr);
      seen.insert(line(change->design));
    }
    return seen;
  }
};

TEST_F(Genetic, RebindKeepsWhatFits) {
  const auto seen = sweep(gpt2(), "rebind", [&](Stream& s) { return engine.rebind(gpt2(), s); });
  EXPECT_TRUE(seen.count("PreNorm(mixer=LinearAttention, mlp=SwiGLU, norm=RMSNorm)"));
  EXPECT_TRUE(seen.count("PreNorm(mixer=Attention(rotary=NoPosition), mlp=SwiGLU, norm=RMSNorm)"));
  // Slots match by name: a new root keeps mixer, MLP and norm, a new attention keeps its rotary.
  EXPECT_TRUE(seen.count("ParallelBlock(mixer=Attention(rotary=Rotary), mlp=SwiGLU, norm=RMSNorm)"));
  EXPECT_TRUE(seen.count("PreNorm(mixer=SlidingWindowAttention(rotary=Rotary), mlp=SwiGLU, norm=RMSNorm)"));
  // Lawful but senseless: a norm as MLP, an MLP as norm.
  for (const std::string& s : seen) {
    EXPECT_EQ(s.find("mlp=RMSNorm"), std::string::npos);
    EXPECT_EQ(s.find("norm=SwiGLU"), std::string::npos);
  }
}

TEST_F(Genetic, ArgumentsMoveByAFactorOfTwoAndNeverThoseOfTheFit) {
  Design design = gpt2();
  design.root.slots["mixer"] = leaf("ShortConvolution");
  std::set<std::string> whats;
  for (uint64_t key = 0; key < 200; ++key) {
    Stream stream("test", {key});
    whats.insert(engine.argument(design, stream)->what);
  }
  EXPECT_EQ(whats, (std::set<std::string>{"kernel of ShortConvolution in slot 'mixer' goes from 4 to 2",
                                          "kernel of ShortConvolution in slot 'mixer' goes from 4 to 8"}));
  sweep(gpt2(), "argument", [&](Stream& s) { return engine.argument(gpt2(), s); });
}

TEST_F(Genetic, ParallelSetsASecondMixerBesideTheFirst) {
  const auto seen = sweep(gpt2(), "parallel", [&](Stream& s) { return engine.parallel(gpt2(), s); });
  EXPECT_GE(seen.size(), 4u);
  for (const std::string& s : seen) {
    EXPECT_NE(s.find("GatedSum("), std::string::npos) << s;
    EXPECT_NE(s.find("=Attention(rotary=Rotary)"), std::string::npos) << s;
  }
}

TEST_F(Genetic, WrapKeepsTheSubtree) {
  const auto seen = sweep(gpt2(), "wrap", [&](Stream& s) { return engine.wrap(gpt2(), s); });
  EXPECT_TRUE(seen.count("PreNorm(mixer=ConvolutionThen(mixer=Attention(rotary=Rotary)), mlp=SwiGLU, norm=RMSNorm)"));
}

TEST_F(Genetic, GraftAndCrossoverTakeASubtreeThatFits) {
  const auto grafted = sweep(gpt2(), "graft", [&](Stream& s) { return engine.graft(gpt2(), s); });
  EXPECT_TRUE(grafted.count("PreNorm(mixer=GatedRecurrence, mlp=SwiGLU, norm=RMSNorm)"));
  EXPECT_TRUE(grafted.count("PreNorm(mixer=Attention(rotary=Rotary), mlp=GEGLU, norm=RMSNorm)"));
  const auto crossed = sweep(gpt2(), "crossover", [&](Stream& s) {
    return engine.crossover(gpt2(), {"g001-003", recurrent()}, s);
  });
  EXPECT_EQ(grafted, crossed);
}

TEST_F(Genetic, ScratchIsLawfulAndVaried) {
  const auto seen = sweep({}, "scratch", [&](Stream& s) { return engine.scratch(s); });
  EXPECT_GE(seen.size(), 50u);
}

TEST_F(Genetic, TheSameStreamProposesTheSame) {
  const std::vector<Parent> parents{{"g000-000", gpt2()}, {"g001-003", recurrent()}};
  std::set<std::string> operations;
  for (uint64_t key = 0; key < 300; ++key) {
    Stream a("propose", {key}), b("propose", {key});
    const auto one = engine.propose(parents, {}, a), two = engine.propose(parents, {}, b);
    ASSERT_TRUE(one && two);
    EXPECT_EQ(one->design, two->design);
    EXPECT_EQ(one->origin.rationale, two->origin.rationale);
    EXPECT_EQ(pool.fault(one->design), "");
    operations.insert(one->origin.operation);
    EXPECT_EQ(one->origin.parents.size(), one->origin.operation == "crossover" ? 2u
                                          : one->origin.operation == "scratch" ? 0u
                                                                               : 1u);
  }
  EXPECT_EQ(operations,
            (std::set<std::string>{"argument", "crossover", "graft", "parallel", "rebind", "scratch", "wrap"}));
}

TEST_F(Genetic, TheRationaleNamesParentPlaceAndReason) {
  Stream stream("test", {1});
  const auto change = engine.parallel(gpt2(), stream);
  ASSERT_TRUE(change);
  GeneticEngine::Proposal p{change->design, {}, *change};
  p.origin = {1, {"g000-000"}, "parallel", change->where, "From g000-000: " + change->what};
  const std::string page = proposal_page("g001-002", p, {{"g000-000", gpt2()}}, pool);
  EXPECT_NE(page.find("# g001-002: parallel at `mixer`"), std::string::npos) << page;
  EXPECT_NE(page.find("- g000-000: `PreNorm(mixer=Attention(rotary=Rotary), mlp=SwiGLU, norm=RMSNorm)`"),
            std::string::npos);
}

TEST_F(Genetic, ATreeThatDoesNotFitHasItsFaultNamed) {
  Design d = gpt2();
  d.root.slots["mixer"].slots["rotary"] = leaf("RMSNorm");
  EXPECT_NE(pool.fault(d).find("slot 'mixer.rotary'"), std::string::npos);
  d = gpt2();
  d.root.slots.erase("mlp");
  EXPECT_EQ(pool.fault(d), "slot 'mlp' is open");
}

TEST_F(Genetic, OperatorsThatWinAreDrawnMoreOften) {
  const auto share = [&](const OperatorRecords& records, const std::string& wanted) {
    double sum = 0, found = 0;
    for (const auto& [operation, s] : GeneticEngine(pool, {}, records).shares()) {
      sum += s;
      if (operation == wanted) found = s;
    }
    EXPECT_NEAR(sum, 1, 1e-12);
    return found;
  };
  EXPECT_EQ(share({}, "rebind"), 0.40);  // nothing is known: as chosen
  EXPECT_EQ(share({{"scratch", {9, 9}}}, "rebind"), 0.40);
  // By hand: rebind 1 of 8 → 2/10, wrap 7 of 8 → 8/10, both 8 of 16 → 1/2: 0.40 · 0.4 and 0.15 · 1.6, over 0.16 + 0.24
  // + 0.45.
  const OperatorRecords records{{"rebind", {8, 1}}, {"wrap", {8, 7}}};
  EXPECT_NEAR(share(records, "rebind"), 0.16 / 0.85, 1e-12);
  EXPECT_NEAR(share(records, "wrap"), 0.24 / 0.85, 1e-12);
  EXPECT_NEAR(share({{"rebind", {1000, 0}}, {"wrap", {1000, 1000}}}, "rebind"), 0.4 / 3 / (0.4 / 3 + 0.3 + 0.45), 1e-3);
}

TEST(OperatorRecords, CountWhatBecameOfEachOperatorsDesigns) {
  const tests::Directory home;
  create_experiment(home.path, resolve_settings(parse_yaml("rungs: [pico]\n", "test"), "test"));
  const Experiment experiment(home.path);
  const auto make = [&](int slot, const std::string& operation, const std::string& agent) {
    Origin origin;
    origin.operation = operation, origin.agent = agent;
    write_yaml(experiment.directory({1, slot}) / "origin.yaml", origin);
  };
  make(0, "rebind", "genetic"), make(1, "rebind", "genetic"), make(2, "wrap", "genetic");
  make(3, "wrap", "genetic"), make(4, "mutation", "a model");
  CheckResult refused;
  refused.passed = false;
  write_yaml(experiment.directory({1, 2}) / "check.yaml", refused);
  Selection rung, closed;
  rung.generation = closed.generation = 1, rung.stage = "pico", closed.stage = "close";
  rung.chosen = {{"g001-000", "candidate", {}, 0.1, 0.05, 0.15, ""}, {"g001-004", "candidate", {}, 0.2, 0.1, 0.3, ""}};
  rung.passed_over = {{"g001-001", "candidate", {}, 0.1, 0.05, 0.15, ""},
                      {"g001-003", "candidate", {}, 0, 0, 0, "not trained"}};
  write_yaml(experiment.selection(1, "pico"), rung);
  auto records = read_operator_records(experiment);
  ASSERT_EQ(records.size(), 2u);  // no baseline, no model's design, none that is not trained yet
  EXPECT_EQ(records["rebind"].tried, 2);
  EXPECT_EQ(records["rebind"].won, 2);
  EXPECT_EQ(records["wrap"].tried, 1);  // refused
  EXPECT_EQ(records["wrap"].won, 0);
  closed.passed_over = {{"g001-001", "candidate", {}, -0.1, -0.15, -0.05, ""}};  // the later word holds
  write_yaml(experiment.selection(1, "close"), closed);
  EXPECT_EQ(read_operator_records(experiment)["rebind"].won, 1);
}

}  // namespace
}  // namespace gradus
