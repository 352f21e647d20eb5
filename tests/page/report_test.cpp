// The report's data on a made-up experiment: files as the tools would have left them, what the page says of them by
// hand.
#include "page/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>

#include "page/sections.h"
#include "train/run_log.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr char kUnit[] =
    "import torch.nn as nn\n\nclass Helper:\n  pass\n\nclass Whole(nn.Module):\n  '''</script>'''\n";

class Report : public ::testing::Test {
 protected:
  void SetUp() override {  // made once, for each file is synced; then copied
    const Path made = fs::temp_directory_path() / ("gradus-report-made-" + std::to_string(::getpid()));
    root = made;
    if (!fs::exists(made)) make();
    root = fs::temp_directory_path() / ("gradus-report-" + std::to_string(::getpid()));
    fs::remove_all(root);
    fs::copy(made, root, fs::copy_options::recursive);
  }
  static void TearDownTestSuite() {
    fs::remove_all(fs::temp_directory_path() / ("gradus-report-made-" + std::to_string(::getpid())));
  }
  void make() {
    settings.rungs = {"pico", "pico2"};
    settings.scales = {{"pico", Scale{}}, {"pico2", Scale{}}};
    settings.rules.learning_rates = {1};
    FieldWriter writer;
    settings.fields(writer);
    write_file(root / "experiment.yaml", to_yaml(writer.node));
    const std::string unit = experiment().units().add(kUnit);
    // Better than the baseline by 0.1, 0.2, 0.3 at pico, in the same order at pico2; a fourth is refused, a fifth
    // begun.
    for (int slot = -1; slot < 3; ++slot) {
      const DesignName d = slot < 0 ? DesignName{0, 0} : DesignName{1, slot};
      const double better = 0.1 * (slot + 1);
      admit(d, true);
      write_file(at(d) / "design.yaml", "format: 1\nroot:\n  unit: " + unit + "\n  arguments: {n: 2}\n");
      for (int seed = 0; seed < 3; ++seed) score(d, {"pico", seed, 1}, 2.5 - better + 0.001 * seed, 1e9);
      if (slot != 0) score(d, {"pico2", 0, 1}, 2.3 - better, 1e11);
    }
    Review no;
    no.reasons = {"duplicate of g001-000: the same computation"};
    originate({1, 3}, {"g001-002"});
    write_yaml(at({1, 3}) / "review.yaml", no);
    originate({1, 4}, {});
  }
  void TearDown() override { fs::remove_all(root); }

  Experiment experiment() const { return Experiment(root); }
  Path at(const DesignName& d) const { return experiment().directory(d); }
  void originate(const DesignName& d, const std::vector<std::string>& parents) {
    Origin origin;
    origin.parents = parents, origin.operation = parents.empty() ? "scratch" : "graft";
    write_yaml(at(d) / "origin.yaml", origin);
  }
  void admit(const DesignName& d, bool passed) {
    if (d.generation > 0) {
      originate(d, {"g000-000"});
      Review review;
      review.accepted = true;
      write_yaml(at(d) / "review.yaml", review);
      Implementation built;
      built.built = true;
      built.attempts = {{"mlp", "u", "not causal"}, {"mlp", "u", "passed"}};
      write_yaml(at(d) / "implement.yaml", built);
    }
    CheckResult check;
    check.passed = passed;
    check.checks = {{"causality", "ok", 1e-15, 1e-9, "", "", "", 0.5}};
    write_yaml(at(d) / "check.yaml", check);
  }
  void score(const DesignName& d, const RunName& run, double bits, double flops) {
    RunResult result;
    result.verdict = "done", result.weights_hash = "w", result.flops = flops, result.tokens = 1000;
    result.bits_per_byte_half = bits + 0.2;
    write_yaml(experiment().run_directory(d, run) / "pretrain.yaml", result);
    Evaluation evaluation;
    evaluation.weights_hash = "w";
    for (const char* shard : {"validation", "confirmation"}) {
      evaluation.shards[shard].bits_per_byte = bits;
      evaluation.shards[shard].standard_error = 0.01;
      evaluation.shards[shard].untrained_bits_per_byte = 8.2;
    }
    write_yaml(experiment().evaluation(d, run), evaluation);
  }

  Path root;
  Settings settings;
};

TEST_F(Report, CountsTheLadder) {
  const Experiment e = experiment();
  const json ladder = ladder_section(read_facts(e));
  EXPECT_EQ(ladder["gates"], (json{{"proposed", 5}, {"accepted", 3}, {"built", 3}, {"passed", 3}, {"unfinished", 1}}));
  EXPECT_EQ(ladder["rungs"][0]["runs"], 12);
  EXPECT_EQ(ladder["rungs"][0]["trained"], 4);
  EXPECT_EQ(ladder["rungs"][0]["proposals"], 3);
  EXPECT_EQ(ladder["rungs"][0]["flops"], 12e9);
  EXPECT_EQ(ladder["rungs"][1]["trained"], 3);
  EXPECT_EQ(ladder["rungs"][1]["run_flops"], 1e11);
}

TEST_F(Report, StandingsAndDesignsAreColumnsOfOneOrder) {
  const Experiment e = experiment();
  const Facts facts = read_facts(e);
  const json designs = designs_section(facts), rows = standings_section(facts)[0]["rows"];
  EXPECT_EQ(designs["name"][3], "g001-002");
  EXPECT_EQ(designs["parents"][3], json::array({0}));
  EXPECT_EQ(designs["parents"][4], json::array({3}));
  EXPECT_EQ(designs["fate"], (json{"passed", "passed", "passed", "passed", "refused", "unfinished"}));
  EXPECT_EQ(designs["rung"], (json{1, 0, 1, 1, -1, -1}));
  EXPECT_EQ(designs["block"][0], "Whole");
  EXPECT_EQ(rows["design"][0], 3) << "the best first";
  EXPECT_NEAR(rows["difference"][0].get<double>(), 0.3, 1e-6);
  EXPECT_LT(rows["lower"][0].get<double>(), 0.3);
  EXPECT_TRUE(rows["difference"][3].is_null()) << "the baseline has no difference to itself";
  EXPECT_EQ(rows["marks"][3].get<int>() & 1, 1);
  for (const auto& [name, column] : rows.items()) EXPECT_EQ(column.size(), 4u) << name;
  for (const auto& [name, column] : designs.items()) EXPECT_EQ(column.size(), 6u) << name;
}

TEST_F(Report, TransferHasCorrelationsAndFits) {
  const Experiment e = experiment();
  const json transfer = transfer_section(read_facts(e));
  ASSERT_EQ(transfer["pairs"].size(), 1u);
  EXPECT_EQ(transfer["pairs"][0]["n"], 3);
  EXPECT_EQ(transfer["pairs"][0]["spearman"][0], 1);
  EXPECT_EQ(transfer["pairs"][0]["pairwise"][0], 1);
  ASSERT_EQ(transfer["fits"].size(), 3u);
  // Of g000-000: log(2.501 / 2.3) / log(100).
  EXPECT_EQ(transfer["fits"][0]["design"], 0);
  EXPECT_NEAR(transfer["fits"][0]["exponent"].get<double>(), std::log(2.501 / 2.3) / std::log(100), 1e-6);
  EXPECT_GT(transfer["fits"][0]["error"].get<double>(), 0);
}

TEST_F(Report, RefusalsAreGroupedByReason) {
  Review no;
  no.reasons = {"duplicate of g001-001: the same computation"};
  write_yaml(at({1, 4}) / "review.yaml", no);
  CanaryRecord record;
  record.cheats = 16, record.caught = 15, record.honest = 8, record.misses = {"cheat/x.py: passed"};
  write_yaml(root / "canaries.yaml", record);
  const Experiment e = experiment();
  const json gate = gate_section(read_facts(e));
  ASSERT_EQ(gate["refusals"].size(), 1u);
  EXPECT_EQ(gate["refusals"][0], (json{{"stage", "review"}, {"kind", "duplicate"}, {"n", 2}, {"examples", {4, 5}}}));
  EXPECT_EQ(gate["generations"][0]["passed"], 3);
  EXPECT_EQ(gate["generations"][0]["review"], 2);
  EXPECT_NEAR(gate["canaries"]["recall"][1].get<double>(), 0.7625, 1e-3);
  EXPECT_EQ(gate["checks"][0], (json{{"check", "causality"}, {"n", 4}, {"seconds", 2}}));
}

TEST_F(Report, AgentsAndTimelineComeFromTheLedger) {
  const std::string head = "# format: 1\tdesign\tstage\tverdict\tfile\tfile_hash\ttokens\tdollars\tseconds\n";
  write_file(root / "ledger/a-1-20260131T120000Z.tsv",
             head + "g001-000\task-reviewer\tok\tf\th\t500\t0.25\t30\ng001-000\tpretrain\tok\tf\th\t1000\t0\t60\n");
  write_file(root / "ledger/b-2-20260131T120100Z.tsv", head + "g001-001\tpretrain\tok\tf\th\t1000\t0\t35\n");
  const Experiment e = experiment();
  const Facts facts = read_facts(e);
  const json agents = agents_section(facts), timeline = timeline_section(facts);
  EXPECT_EQ(agents["all"]["passed"], 3);
  EXPECT_EQ(agents["all"]["attempts"], 6);
  EXPECT_EQ(agents["all"]["units"], 3);
  EXPECT_EQ(agents["all"]["tokens"], 500) << "the corpus's tokens are no model's";
  EXPECT_EQ(agents["all"]["dollars"], 0.25);
  EXPECT_EQ(agents["all"]["seconds"], 125);
  EXPECT_EQ(agents["all"]["valid"][0], 0.6);
  EXPECT_EQ(timeline["start"], "2026-01-31T12:00:00Z");
  double review = 0, pretrain = 0;
  for (double seconds : timeline["stages"]["ask-reviewer"]) review += seconds;
  for (double seconds : timeline["stages"]["pretrain"]) pretrain += seconds;
  EXPECT_LE(timeline["stages"]["pretrain"].size(), 96u);
  EXPECT_NEAR(review, 30, 1e-9);
  EXPECT_NEAR(pretrain, 95, 1e-9);
}

TEST_F(Report, CurvesAreThinnedByMeansOfSteps) {
  const Path run = experiment().run_directory({1, 0}, {"pico", 0, 1});
  for (int step = 1; step <= 1000; ++step) RunLog::append_step(run, step, step <= 500 ? 4 : 2, 0.1, 1);
  RunLog::append_validation(run, 1000, 2.5);
  const json curve = curve_json(run, 20);
  EXPECT_LE(curve["s"].size(), 22u);
  EXPECT_EQ(curve["s"].front(), 1);
  EXPECT_EQ(curve["s"].back(), 1000);
  EXPECT_EQ(curve["l"].front(), 4);
  EXPECT_EQ(curve["l"].back(), 2);
  EXPECT_EQ(curve["vb"], json::array({2.5}));
  write_metrics(run, read_curve(run));
  fs::remove(run / "log.jsonl");
  EXPECT_EQ(curve_json(run, 20), curve) << "metrics.h5 is the same curve";
  write_file(run / "metrics.h5", "damaged");
  EXPECT_EQ(curve_json(run, 20), json::object());
  EXPECT_EQ(curve_json(run / "nowhere"), json::object());
}

TEST_F(Report, ADesignsPageHoldsItsFilesAndTheCommandsThatMakeItAgain) {
  write_file(at({1, 2}) / "proposal.md", "# Why\n");
  Selection selection;
  selection.generation = 1, selection.stage = "pico";
  selection.chosen = {{"g001-002", "candidate", {"pico-s0-lr1"}, 0.3, 0.2, 0.4, "passed the gate"}};
  write_yaml(experiment().selection(1, "pico"), selection);
  const Experiment e = experiment();
  const Facts facts = read_facts(e);
  const json page = design_page(facts, facts.designs[3]);
  EXPECT_EQ(page["proposal"], "# Why\n");
  EXPECT_EQ(page["origin"]["parents"], json::array({"g000-000"}));
  EXPECT_EQ(page["implementation"]["attempts"][0]["told"], "not causal");
  EXPECT_EQ(page["tree"]["arguments"]["n"], 2);
  EXPECT_EQ(page["runs"].size(), 4u);
  EXPECT_EQ(page["runs"][0]["evaluation"]["shards"]["validation"]["untrained_bits_per_byte"], 8.2);
  EXPECT_EQ(page["decisions"][0]["reason"], "passed the gate");
  // On a copy: --force takes away what was there.
  const std::string path = "again/designs/g001/g001-002";
  EXPECT_EQ(page["commands"][0], "cp -r '" + root.filename().string() + "' again");
  EXPECT_EQ(page["commands"][2], "bin/pretrain --force " + path + " --scale pico2 --seed 0 --lr 1");
  EXPECT_EQ(unit_page(e.units(), page["tree"]["unit"])["class"], "Whole");
}

TEST_F(Report, OneBrokenFileCostsItselfAlone) {
  write_file(at({1, 1}) / "review.yaml", "format: 1\naccepted: perhaps\n");
  write_file(at({1, 2}) / "design.yaml", "format: 9\n");
  write_file(root / "transcripts/g001/g001-002.jsonl", "{\"event\":null}\n{\"event\":\"answer\",\"role\":7}\n");
  const Experiment e = experiment();
  const Facts facts = read_facts(e);
  EXPECT_EQ(facts.designs.size(), 6u);
  ASSERT_GE(facts.faults.size(), 2u);
  EXPECT_THAT(facts.faults[0], HasSubstr("review.yaml"));
  EXPECT_EQ(report_blocks(facts, "now").front().value["experiment"]["faults"].size(), facts.faults.size());
}

TEST_F(Report, NoTextEndsItsElement) {
  write_file(at({1, 2}) / "proposal.md", "</script><script>alert(1)</script><!--\xff\u2028");
  const Experiment e = experiment();
  const auto blocks = report_blocks(read_facts(e), "now");
  for (const DataBlock& block : blocks) {
    const std::string text = embedded_json(block.value);
    EXPECT_THAT(text, Not(HasSubstr("<"))) << block.id;
    EXPECT_THAT(text, Not(HasSubstr("\u2028"))) << block.id;
    EXPECT_FALSE(json::parse(text, nullptr, false).is_discarded()) << block.id;
  }
  const std::string page = render_report("a <b> & c", blocks);
  EXPECT_THAT(page, HasSubstr("<title>a &lt;b&gt; &amp; c"));
  EXPECT_THAT(page, Not(HasSubstr("{{")));
  EXPECT_THAT(page, Not(HasSubstr("alert(1)</script>")));
  EXPECT_EQ(blocks[1].id, "designs-0");
  EXPECT_TRUE(blocks.back().id.starts_with("units-"));
}

TEST_F(Report, NamesTheFolderHoweverItIsGiven) {
  EXPECT_EQ(folder_name(Experiment(root)), root.filename().string());
  EXPECT_EQ(folder_name(Experiment(root.string() + "/")), root.filename().string());
  EXPECT_EQ(folder_name(Experiment(root / ".")), root.filename().string());
}

TEST(ReportTime, ReadsBothFormsAndWritesOne) {
  EXPECT_EQ(parse_time("20260131T120000Z"), parse_time("2026-01-31T12:00:00Z"));
  EXPECT_EQ(time_text(parse_time("20260131T120000Z")), "2026-01-31T12:00:00Z");
  EXPECT_EQ(parse_time("vm"), 0);
}

}  // namespace
}  // namespace gradus
