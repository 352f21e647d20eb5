// Decisions on a made-up experiment: files as the tools would have left them, scores by hand.
#include "ladder/promote.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <functional>

#include "design/selection_parts.h"
#include "ladder/admission.h"
#include "ladder/decision_file.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;

class Promote : public ::testing::Test {
 protected:
  void SetUp() override {
    root = fs::temp_directory_path() / ("gradus-promote-" + std::to_string(::getpid()));
    fs::remove_all(root);
    settings.rungs = {"pico", "pico2"};
    settings.scales = {{"pico", Scale{}}, {"pico2", Scale{}}};
    settings.rules.promote_share = 0.25;
    settings.rules.audit_share = 0;
    FieldWriter writer;
    settings.fields(writer);
    write_file(root / "experiment.yaml", to_yaml(writer.node));
    admit({0, 0}, true);
  }
  void TearDown() override { fs::remove_all(root); }

  void freeze() {
    FieldWriter writer;
    settings.fields(writer);
    write_file(root / "experiment.yaml", to_yaml(writer.node));
  }
  Experiment experiment() const { return Experiment(root); }
  void admit(const DesignName& d, bool passed, const std::string& reason = "") {
    const Path directory = experiment().directory(d);
    if (d.generation > 0) {
      Review review;
      review.accepted = true;
      write_yaml(directory / "review.yaml", review);
      Implementation built;
      built.built = true;
      write_yaml(directory / "implement.yaml", built);
    }
    CheckResult check;
    check.passed = passed, check.reason = reason;
    write_yaml(directory / "check.yaml", check);
  }
  void score(const DesignName& d, const RunName& run, double bits) {
    RunResult result;
    result.verdict = bits > 8 ? "diverged" : "done", result.weights_hash = "w", result.bits_per_byte_half = bits + 0.2;
    write_yaml(experiment().run_directory(d, run) / "pretrain.yaml", result);
    Evaluation evaluation;
    evaluation.weights_hash = "w";
    evaluation.shards["validation"].bits_per_byte = bits;
    evaluation.shards["validation"].untrained_bits_per_byte = 8.2;
    evaluation.shards["confirmation"].bits_per_byte = bits;
    if (bits <= 8) write_yaml(experiment().evaluation(d, run), evaluation);
  }
  /// Trains what a decision asks for: bits per byte by design and run.
  Selection play(int generation, const std::string& stage, const std::function<double(DesignName, RunName)>& bits) {
    const Selection s = decide(experiment(), generation, stage);
    write_yaml(experiment().selection(generation, stage), s);
    for (const Chosen& c : s.chosen)
      for (const std::string& run : c.runs)
        score(*DesignName::parse(c.design), *RunName::parse(run),
              bits(*DesignName::parse(c.design), *RunName::parse(run)));
    return s;
  }
  static const Chosen* find(const std::vector<Chosen>& list, const std::string& design) {
    for (const Chosen& c : list)
      if (c.design == design) return &c;
    return nullptr;
  }
  std::string error(const std::function<void()>& act) {
    try {
      act();
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }

  Path root;
  Settings settings;
};

double truth(DesignName d, RunName r) {
  if (d == DesignName{1, 3}) return 9;  // diverges
  const double quality = d.generation == 0 ? 2.5 : 2.5 - 0.1 * (d.slot == 1) + 0.1 * (d.slot == 0);
  const double rate = std::abs(std::log(r.learning_rate_multiplier));  // 1× is best …
  const double favourite =
      d == DesignName{1, 1} ? std::abs(std::log(r.learning_rate_multiplier / 3)) : rate;  // … but for one
  return quality + 0.05 * favourite + 0.004 * double(r.seed % 2);
}

TEST_F(Promote, AWholeGeneration) {
  for (int slot = 0; slot < 4; ++slot) admit({1, slot}, true);
  admit({1, 4}, false, "causality");
  EXPECT_EQ(selection_stages(settings), (std::vector<std::string>{"parents", "pico", "pico-seeds", "pico2", "close"}));

  Selection s = play(1, "parents", truth);
  ASSERT_EQ(s.chosen.size(), 1u);
  EXPECT_EQ(s.chosen[0].design, "g000-000");
  EXPECT_EQ(s.chosen[0].role, "parent");

  s = play(1, "pico", truth);
  EXPECT_EQ(s.chosen.size(), 5u);
  EXPECT_EQ(find(s.chosen, "g000-000")->role, "baseline");
  EXPECT_EQ(find(s.chosen, "g001-002")->runs,
            (std::vector<std::string>{"pico-s0-lr0.333", "pico-s0-lr1", "pico-s0-lr3"}));
  EXPECT_EQ(find(s.passed_over, "g001-004")->reason, "check: causality");

  s = play(1, "pico-seeds", truth);
  EXPECT_EQ(find(s.chosen, "g001-001")->runs, (std::vector<std::string>{"pico-s1-lr3"}));
  EXPECT_EQ(find(s.chosen, "g000-000")->runs, (std::vector<std::string>{"pico-s1-lr1", "pico-s2-lr1", "pico-s3-lr1"}));
  EXPECT_EQ(find(s.passed_over, "g001-003")->reason, "diverged at every learning rate");

  s = play(1, "pico2", truth);
  ASSERT_EQ(s.chosen.size(), 2u);
  EXPECT_EQ(find(s.chosen, "g001-001")->runs, (std::vector<std::string>{"pico2-s0-lr3"}));
  EXPECT_GT(find(s.chosen, "g001-001")->lower, 0);
  EXPECT_NEAR(find(s.chosen, "g001-001")->estimate, 0.1, 1e-9);
  EXPECT_EQ(find(s.chosen, "g000-000")->runs, (std::vector<std::string>{"pico2-s0-lr1", "pico2-s1-lr1"}));
  EXPECT_EQ(find(s.passed_over, "g001-003")->reason, "diverged");
  EXPECT_GT(s.noise, 0);

  s = play(1, "close", truth);
  EXPECT_EQ(s.chosen.front().design, "g001-001");
  EXPECT_NE(s.chosen.front().reason.find("at pico2 0.1000 bits per byte better"), std::string::npos)
      << s.chosen.front().reason;

  s = decide(experiment(), 2, "parents");
  EXPECT_EQ(s.chosen.size(), 2u);
  EXPECT_EQ(s.chosen.front().design, "g001-001");
  for (const Chosen& c : s.chosen) EXPECT_NE(c.design, "g001-003");
  const Selection again = decide(experiment(), 2, "parents");
  EXPECT_EQ(again.chosen.front().reason, s.chosen.front().reason);
}

TEST_F(Promote, NamesWhatIsMissing) {
  admit({1, 0}, true);
  fs::create_directories(experiment().directory({1, 1}));
  EXPECT_NE(error([&] { decide(experiment(), 1, "pico"); }).find("g001-001 has no review.yaml"), std::string::npos);
  const Selection s = decide(experiment(), 1, "pico", true);
  EXPECT_EQ(find(s.passed_over, "g001-001")->reason, "unfinished: no review.yaml");

  EXPECT_NE(error([&] { decide(experiment(), 1, "pico-seeds"); }).find("stage 'pico' is not decided"),
            std::string::npos);
  write_yaml(experiment().selection(1, "pico"), s);
  for (const std::string& run : s.chosen[0].runs) score({0, 0}, *RunName::parse(run), 2.5);
  score({1, 0}, {"pico", 0, 1}, 2.4);
  EXPECT_NE(error([&] {
              decide(experiment(), 1, "pico-seeds");
            }).find("2 of the runs of 'pico' are missing, first g001-000 pico-s0-lr0.333 (not trained)"),
            std::string::npos);
  const Selection without = decide(experiment(), 1, "pico-seeds", true);
  EXPECT_EQ(find(without.passed_over, "g001-000")->reason, "run pico-s0-lr0.333 is missing: not trained");
  EXPECT_NE(error([&] { decide(experiment(), 2, "parents"); }).find("generation 1 is not closed"), std::string::npos);
}

TEST_F(Promote, ABaselineThatFailedTheGateStopsEverything) {
  admit({0, 0}, false, "causality");
  EXPECT_NE(error([&] { decide(experiment(), 1, "pico", true); }).find("has not passed the gate"), std::string::npos);
}

TEST_F(Promote, AuditsClimbButAreNeverRankedNorParents) {
  settings.rules.audit_share = 1;
  FieldWriter writer;
  settings.fields(writer);
  write_file(root / "experiment.yaml", to_yaml(writer.node));
  for (int slot = 0; slot < 3; ++slot) admit({1, slot}, true);
  for (const char* stage : {"parents", "pico", "pico-seeds"}) play(1, stage, truth);
  const Selection s = play(1, "pico2", [](DesignName d, RunName) { return d.slot == 2 ? 1.0 : 2.5; });
  EXPECT_EQ(find(s.chosen, "g001-002")->role, "audit");
  const Standings standings = read_standings(experiment(), "pico2");
  EXPECT_TRUE(standings.find({1, 2})->audit);
  EXPECT_NE(standings.rows.front().design, (DesignName{1, 2}));
  const Selection closed = play(1, "close", truth);
  EXPECT_EQ(find(closed.chosen, "g001-002"), nullptr);
}

TEST_F(Promote, OneLearningRateNeedsNoSearch) {
  settings.rules.learning_rates = {1};
  settings.rules.baseline_seeds = 3;
  settings.rules.upper_baseline_seeds = 1;
  FieldWriter writer;
  settings.fields(writer);
  write_file(root / "experiment.yaml", to_yaml(writer.node));
  admit({1, 1}, true);
  play(1, "parents", truth);
  Selection s = play(1, "pico", truth);
  EXPECT_EQ(find(s.chosen, "g000-000")->runs, (std::vector<std::string>{"pico-s0-lr1", "pico-s1-lr1", "pico-s2-lr1"}));
  EXPECT_EQ(find(s.chosen, "g001-001")->runs, (std::vector<std::string>{"pico-s0-lr1", "pico-s1-lr1"}));
  s = play(1, "pico-seeds", truth);
  EXPECT_EQ(find(s.chosen, "g001-001")->runs, (std::vector<std::string>{"pico-s1-lr1"}));
  // Leads are of paired seeds, at half too: the baseline's third seed does not count.
  const Standings standings = read_standings(experiment(), "pico");
  EXPECT_NEAR(standings.find({1, 1})->half_difference, standings.find({1, 1})->difference, 1e-12);
  s = play(1, "pico2", truth);
  EXPECT_EQ(find(s.chosen, "g000-000")->runs, (std::vector<std::string>{"pico2-s0-lr1"}));
}

TEST_F(Promote, WhatIsTooGoodToBeTrueIsNeverPromoted) {
  for (int slot = 0; slot < 2; ++slot) admit({1, slot}, true);
  const auto bits = [](DesignName d, RunName r) { return d == DesignName{1, 1} ? 1.0 : truth(d, r); };
  for (const char* stage : {"parents", "pico", "pico-seeds"}) play(1, stage, bits);
  Selection s = play(1, "pico2", bits);
  EXPECT_EQ(find(s.chosen, "g001-001"), nullptr);
  EXPECT_NE(find(s.passed_over, "g001-001")->reason.find("quarantined"), std::string::npos);
  s = play(1, "close", bits);
  EXPECT_EQ(find(s.chosen, "g001-001"), nullptr);
  for (const Chosen& c : decide(experiment(), 2, "parents").chosen) EXPECT_NE(c.design, "g001-001");
}

TEST_F(Promote, OnlyDiscoveriesClimbWhereTheRuleAsksForThem) {
  settings.rules.false_share = 0.1, settings.rules.promote_share = 1;
  freeze();
  for (int slot = 0; slot < 4; ++slot) admit({1, slot}, true);
  for (const char* stage : {"parents", "pico", "pico-seeds"}) play(1, stage, truth);
  const Selection s = play(1, "pico2", truth);  // 1 is better by .1, 0 is worse, 2 is equal, 3 diverges
  EXPECT_NE(find(s.chosen, "g001-001"), nullptr);
  EXPECT_EQ(find(s.chosen, "g001-002"), nullptr);
  EXPECT_NE(find(s.passed_over, "g001-002")->reason.find("not better by Benjamini and Hochberg at 0.1"),
            std::string::npos);
  EXPECT_NE(find(s.passed_over, "g001-000"), nullptr);
}

TEST_F(Promote, ACapOfDesignsEndsTheSearchAndTheClimb) {
  settings.rules.budget.cap = 3, settings.rules.promote_share = 1;
  freeze();
  for (int slot = 0; slot < 5; ++slot) admit({1, slot}, true);
  play(1, "parents", truth);
  Selection s = play(1, "pico", truth);
  EXPECT_EQ(s.chosen.size(), 4u);  // the baseline is free
  EXPECT_NE(find(s.passed_over, "g001-003")->reason.find("budget: 0 of 3 designs at pico"), std::string::npos)
      << find(s.passed_over, "g001-003")->reason;
  play(1, "pico-seeds", truth);
  s = play(1, "pico2", truth);  // a quarter of 3, at least 1
  EXPECT_EQ(s.chosen.size(), 2u);
  EXPECT_NE(s.rule.find("no more by the budget: 3 of 3 designs at pico, 0 of 1 at pico2"), std::string::npos) << s.rule;
}

TEST_F(Promote, TheQuarterRuleCountsAllGenerations) {
  settings.rules.budget.counts = "quarter", settings.rules.promote_share = 1;
  freeze();
  for (int slot = 0; slot < 3; ++slot) admit({1, slot}, true), admit({2, slot}, true);
  const auto bits = [](DesignName d, RunName r) { return 2.5 - 0.01 * d.slot + 0.004 * double(r.seed % 2); };
  for (const char* stage : {"parents", "pico", "pico-seeds"}) play(1, stage, bits);
  EXPECT_EQ(play(1, "pico2", bits).chosen.size(), 1u);  // a quarter of 3 is none: the baseline alone
  for (const char* stage : {"close"}) play(1, stage, bits);
  for (const char* stage : {"parents", "pico", "pico-seeds"}) play(2, stage, bits);
  const Selection s = play(2, "pico2", bits);  // a quarter of 6
  ASSERT_EQ(s.chosen.size(), 2u);
  EXPECT_EQ(s.chosen[1].design, "g002-002");
}

TEST_F(Promote, WorthSendsUpWhatPromisesMoreThanANewDesign) {
  settings.rules.budget.counts = "worth", settings.rules.promote_share = 0;
  settings.rules.promote_least = 0;
  settings.scales["pico2"].tokens *= 100;
  freeze();
  for (int slot = 0; slot < 12; ++slot) admit({1, slot}, true);
  const auto bits = [](DesignName d, RunName r) {
    return 2.5 + (d.generation == 0 ? 0 : 0.05 - 0.03 * (d.slot % 4)) + 0.002 * double((r.seed * 7 + d.slot) % 3);
  };
  for (const char* stage : {"parents", "pico", "pico-seeds"}) play(1, stage, bits);
  const Selection s = play(1, "pico2", bits);
  EXPECT_NE(s.rule.find("what a run promises at pico2 for its FLOPs"), std::string::npos) << s.rule;
  EXPECT_EQ(s.chosen.size(), 1u);  // a run there costs 25 new designs: the baseline alone
  settings.scales["pico2"].tokens = settings.scales["pico"].tokens;
  freeze();
  const Selection cheap = decide(experiment(), 1, "pico2");
  ASSERT_GE(cheap.chosen.size(), 4u);
  for (size_t i = 1; i < 4; ++i)  // 3, 7 and 11 are the best
    EXPECT_EQ(DesignName::parse(cheap.chosen[i].design)->slot % 4, 3) << cheap.chosen[i].design;
}

TEST_F(Promote, ParentsByTheRuleOfTheSettings) {
  settings.rules.draw.rule = "quadrants", settings.rules.draw.restart = 1;
  freeze();
  for (int slot = 0; slot < 3; ++slot) admit({1, slot}, true);
  for (const char* stage : {"parents", "pico", "pico-seeds", "pico2", "close"}) play(1, stage, truth);
  const Selection s = decide(experiment(), 2, "parents");
  EXPECT_EQ(s.chosen.front().design, "g000-000");
  EXPECT_EQ(s.chosen.front().reason, "restart: a baseline: the baseline, at 0");
  EXPECT_NE(s.rule.find("quadrants of fitness and confidence"), std::string::npos);
}

// async --------------------------------------------------------------------------------------------------------------

double eight(DesignName d, RunName r) {
  return (d.generation == 0 ? 2.5 : 2.5 - 0.02 * ((d.slot * 5) % 8)) + 0.004 * double(r.seed % 2);
}

class Async : public Promote {
 protected:
  void SetUp() override {
    Promote::SetUp();
    settings.rules.promotion = "async", settings.proposals = 8, settings.rules.learning_rates = {1};
    settings.rules.seeds = 1, settings.rules.baseline_seeds = 2;
    freeze();
    for (int slot = 0; slot < 8; ++slot) admit({1, slot}, true);
    write_yaml(experiment().selection(1, "parents"), decide(experiment(), 1, "parents"));
  }
  TakenDecision take(const std::string& stage, bool without = false) {
    return take_decision(experiment(), {1, stage, without, false});
  }
  void train(const std::string& design, const Selection& s) {
    for (const Chosen& c : s.chosen)
      if (design.empty() || c.design == design)
        for (const std::string& run : c.runs)
          score(*DesignName::parse(c.design), *RunName::parse(run),
                eight(*DesignName::parse(c.design), *RunName::parse(run)));
  }
};

TEST_F(Async, WhoeverIsReadyClimbsAndTheEndIsTheBarriers) {
  const TakenDecision all = take("pico");
  EXPECT_TRUE(all.complete);
  EXPECT_TRUE(fs::exists(experiment().selection(1, "pico")));
  EXPECT_FALSE(take("pico-seeds").complete);  // nothing is trained
  EXPECT_FALSE(take("pico2").written);        // nothing to compare with
  train("g000-000", all.selection);
  for (const char* d : {"g001-000", "g001-001", "g001-002", "g001-003"}) train(d, all.selection);
  take("pico-seeds");
  TakenDecision first = take("pico2");
  EXPECT_TRUE(first.written);
  EXPECT_FALSE(first.complete);
  ASSERT_EQ(first.selection.chosen.size(), 2u);             // the baseline and a quarter of four
  EXPECT_EQ(first.selection.chosen[1].design, "g001-003");  // leads .02 × 0 5 2 7 4 1 6 3
  EXPECT_FALSE(fs::exists(experiment().selection(1, "pico2")));
  EXPECT_TRUE(experiment().read_selection(1, "pico2").has_value());
  EXPECT_NE(error([&] { decide(experiment(), 1, "close"); }).find("cannot decide 'close'"), std::string::npos);
  const TakenDecision same = take("pico2");
  EXPECT_FALSE(same.written);
  EXPECT_EQ(same.selection.chosen.size(), 2u);

  train("", all.selection);
  EXPECT_TRUE(take("pico-seeds").complete);
  const TakenDecision last = take("pico2");
  EXPECT_TRUE(last.complete);
  ASSERT_EQ(last.selection.chosen.size(), 3u);
  EXPECT_EQ(last.selection.chosen[2].design, "g001-006");
  EXPECT_EQ(last.selection.passed_over.size(), 6u);
  EXPECT_EQ(experiment().read_selection(1, "pico2")->chosen.size(), 3u);
  // The barrier would have sent up the same.
  const Selection barrier = decide(experiment(), 1, "pico2");
  std::set<std::string> a, b;
  for (const Chosen& c : last.selection.chosen) a.insert(c.design);
  for (const Chosen& c : barrier.chosen) b.insert(c.design);
  EXPECT_EQ(a, b);
  EXPECT_NE(error([&] {
              take_decision(experiment(), {1, "pico2", false, true});
            }).find("--force makes no async"),
            std::string::npos);
}

TEST_F(Async, ASumThatAKilledJobLeftOutIsWrittenByTheNext) {
  train("", take("pico").selection);
  take("pico-seeds");
  const Selection whole = take("pico2").selection;
  fs::remove(experiment().selection(1, "pico2"));
  const TakenDecision again = take("pico2");
  EXPECT_TRUE(again.complete);
  EXPECT_TRUE(fs::exists(experiment().selection(1, "pico2")));
  EXPECT_EQ(again.selection.chosen.size(), whole.chosen.size());
}

TEST_F(Async, ParentsAreDrawnBeforeTheGenerationBeforeIsClosed) {
  EXPECT_EQ(decide(experiment(), 2, "parents").chosen.front().design, "g000-000");
  EXPECT_NE(error([&] { decide(experiment(), 3, "parents"); }).find("generation 1 is not closed"), std::string::npos);
}

TEST_F(Async, ManyJobsAtOnceAgree) {
  std::vector<pid_t> jobs;
  for (int j = 0; j < 6; ++j) {
    jobs.push_back(::fork());
    if (jobs.back() != 0) continue;
    int code = 0;
    try {
      for (int i = 0; i < 3000; ++i) {
        take("pico");
        take("pico-seeds");
        if (take("pico2").complete) ::_exit(0);
        ::usleep(30000);
      }
      code = 3;
    } catch (const std::exception&) {
      code = 4;
    }
    ::_exit(code);
  }
  while (!experiment().read_selection(1, "pico")) ::usleep(1000);
  for (const char* d :
       {"g001-004", "g000-000", "g001-001", "g001-007", "g001-000", "g001-003", "g001-006", "g001-002", "g001-005"})
    train(d, *experiment().read_selection(1, "pico")), ::usleep(20000);
  for (pid_t job : jobs) {
    int status = 0;
    ::waitpid(job, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const auto parts = read_parts(experiment(), 1, "pico2");
  EXPECT_TRUE(parts.back().last);
  std::set<std::string> seen;
  for (const SelectionPart& part : parts)
    for (const Chosen& c : part.selection.chosen) EXPECT_TRUE(seen.insert(c.design).second) << c.design;
  EXPECT_GE(seen.size(), 3u);  // the baseline and two
  EXPECT_EQ(to_yaml(write_value(sum_of(parts))), to_yaml(write_value(*experiment().read_selection(1, "pico2"))));
  for (const auto& entry : fs::recursive_directory_iterator(root / "selected"))
    EXPECT_FALSE(is_temporary(entry.path())) << entry.path();
}

}  // namespace
}  // namespace gradus
