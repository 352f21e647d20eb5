#include "ladder/population.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>

#include "base/ledger.h"
#include "base/log.h"
#include "base/rng.h"
#include "ladder/calibration.h"
#include "ladder/outlook.h"
#include "ladder/promote.h"

namespace gradus {
namespace {

/// Of the processor: what a busy machine does not change.
double seconds_of(const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  return double(std::clock() - start) / CLOCKS_PER_SEC;
}

/// An experiment of n designs without trees: two runs of each at nano, a tenth of them at micro, files as the tools
/// write them, a ledger of the same.
class Population : public testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::temp_directory_path() / ("gradus-population-" + std::to_string(::getpid()));
    std::filesystem::remove_all(root_);
    Settings s = resolve_settings(YAML::Load("{name: population, rungs: [nano, micro]}"), "test");
    create_experiment(root_, s);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  static void put(const Path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

  void add_run(const Experiment& e, std::ofstream& ledger, const DesignName& d, const RunName& run,
               bool diverged = false) {
    const Stream draws("population", {uint64_t(d.generation), uint64_t(d.slot), uint64_t(run.seed), run.scale.size()});
    RunResult r;
    r.verdict = diverged ? "diverged" : "done", r.steps = 1000, r.tokens = 512'000, r.parameters = 330'000;
    const double own = 0.1 * Stream("truth", {uint64_t(d.generation), uint64_t(d.slot)}).normal(0);
    r.bits_per_byte = 2.4 + own + 0.02 * draws.normal(0), r.bits_per_byte_half = r.bits_per_byte + 0.1;
    r.weights_hash = "0123456789012345";  // all digits: a quoted scalar
    Evaluation v;
    v.weights_hash = r.weights_hash;
    v.shards["validation"] = {r.bits_per_byte + 0.01, 0.05, 3.8, 10, 1000, 4000};
    v.shards["confirmation"] = {r.bits_per_byte + 0.02, 0.05, 3.9, 10, 1000, 4000};
    const Path directory = e.run_directory(d, run), evaluation = e.evaluation(d, run);
    std::filesystem::create_directories(directory);
    std::filesystem::create_directories(evaluation.parent_path());
    put(directory / "pretrain.yaml", yaml(r));
    if (!diverged) put(evaluation, yaml(v));
    const auto line = [&](const char* stage, const Path& file) {
      ledger << d.text() << '\t' << stage << "\tok\t" << file.lexically_relative(e.root()).string()
             << "\t00000000000000" << (stage[0] == 'p' ? "01" : "02") << "\t512000\t.\t60\n";
    };
    line("pretrain", directory / "pretrain.yaml");
    if (!diverged) line("evaluate", evaluation);
  }
  template <class T>
  static std::string yaml(T value) {
    FieldWriter writer;
    value.fields(writer);
    return to_yaml(writer.node);
  }
  void fill(int n) {
    const Experiment e(root_);
    std::filesystem::create_directories(root_ / "ledger");
    std::ofstream ledger(root_ / "ledger" / "job.tsv", std::ios::app);
    ledger << "# format: 1\tdesign\tstage\tverdict\tfile\tfile_hash\ttokens\tdollars\tseconds\n";
    for (int64_t seed : {0, 1, 2, 3}) add_run(e, ledger, {0, 0}, {"nano", seed, 1});
    for (int64_t seed : {0, 1}) add_run(e, ledger, {0, 0}, {"micro", seed, 1});
    for (int i = 0; i < n; ++i) {
      const DesignName d{1 + i / 1000, i % 1000};
      for (int64_t seed : {0, 1}) add_run(e, ledger, d, {"nano", seed, 1}, i % 50 == 7);
      if (i % 10 == 0) add_run(e, ledger, d, {"micro", 0, 1});
    }
  }
  Path root_;
};

bool same(const Arms& a, const Arms& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [design, arm] : a) {
    const auto found = b.find(design);
    if (found == b.end() || found->second.runs.size() != arm.runs.size()) return false;
    for (size_t i = 0; i < arm.runs.size(); ++i) {
      const RunScore &x = arm.runs[i], &y = found->second.runs[i];
      if (!(x.run == y.run) || x.diverged != y.diverged || x.validation != y.validation || x.half != y.half ||
          x.confirmation != y.confirmation || x.untrained != y.untrained || x.parameters != y.parameters ||
          x.tokens != y.tokens)
        return false;
    }
  }
  return true;
}

TEST_F(Population, IsWhatTheFilesSay) {
  fill(120);
  const Experiment e(root_);
  const Arms nano = read_arms(e, "nano"), micro = read_arms(e, "micro");
  ASSERT_EQ(nano.size(), 121u);
  write_population(e, build_population(e));
  ASSERT_TRUE(std::filesystem::exists(population_file(e)));
  EXPECT_TRUE(same(read_arms(e, "nano"), nano));
  EXPECT_TRUE(same(read_arms(e, "micro"), micro));
  EXPECT_TRUE(nano.at({1, 7}).runs[0].diverged);
}

TEST_F(Population, FollowsTheLedger) {
  fill(20);
  const Experiment e(root_);
  write_population(e, build_population(e));
  std::ofstream(root_ / "ledger" / "other.tsv") << "# format: 1\n";
  {
    std::ofstream ledger(root_ / "ledger" / "other.tsv", std::ios::app);
    add_run(e, ledger, {1, 500}, {"nano", 0, 1});
    add_run(e, ledger, {1, 501}, {"nano", kFreshSeeds + 1, 1});
  }
  EXPECT_EQ(read_arms(e, "nano").count({1, 500}), 1u);
  EXPECT_EQ(read_arms(e, "nano").count({1, 501}), 0u);  // confirmation's
  EXPECT_EQ(read_arms(e, "nano", Seeds::kFresh).count({1, 501}), 1u);
  // A run trained and not yet evaluated is no score; its evaluation's line makes it one.
  const Path file = e.evaluation({1, 500}, {"nano", 0, 1});
  const std::string text = read_file(file);
  std::filesystem::remove(file);
  write_population(e, build_population(e));
  EXPECT_EQ(read_arms(e, "nano").count({1, 500}), 0u);
  put(file, text);
  append_ledger(root_, {"g001-500", "evaluate", "ok", file.lexically_relative(root_).string(), "03"});
  EXPECT_EQ(read_arms(e, "nano").count({1, 500}), 1u);
}

TEST_F(Population, TimesAreTheLedgersWithAndWithoutIt) {
  fill(3);
  const Experiment e(root_);
  const auto sum = [&] {
    double all = 0;
    for (const TrainingTime& t : training_times(e)) all += t.seconds;
    return all;
  };
  EXPECT_EQ(sum(), 60 * (6 + 3 * 2 + 1));
  write_population(e, build_population(e));
  EXPECT_EQ(sum(), 60 * (6 + 3 * 2 + 1));
}

TEST_F(Population, FilesChangedBehindItsBackAreSeen) {
  fill(5);
  const Experiment e(root_);
  write_population(e, build_population(e));
  const Path file = e.evaluation({1, 3}, {"nano", 1, 1});
  std::string text = read_file(file);
  text.replace(text.find("bits_per_byte: ", text.find("validation")) + 15, 1, "9");
  put(file, text);
  EXPECT_GT(read_arms(e, "nano").at({1, 3}).runs[1].validation, 9);
}

TEST_F(Population, OneThatIsNoneIsRefusedByName) {
  fill(2);
  const Experiment e(root_);
  put(population_file(e), "not HDF5");
  try {
    read_arms(e, "nano");
    FAIL() << "read";
  } catch (const Error& fault) {
    EXPECT_NE(std::string(fault.what()).find("population.h5"), std::string::npos);
  }
}

TEST_F(Population, ScanningIsReading) {
  const Experiment e(root_);
  std::filesystem::create_directories(root_ / "ledger");
  std::ofstream ledger(root_ / "ledger" / "job.tsv");
  const DesignName d{1, 0};
  const RunName run{"nano", 0, 1};
  add_run(e, ledger, d, run);
  const auto check = [&](const char* what) {
    const auto a = scan_score(e, d, run), b = read_score(e, d, run);
    ASSERT_EQ(a.has_value(), b.has_value()) << what;
    if (!a) return;
    EXPECT_EQ(a->validation, b->validation) << what;
    EXPECT_EQ(a->confirmation, b->confirmation) << what;
    EXPECT_EQ(a->untrained, b->untrained) << what;
    EXPECT_EQ(a->half, b->half) << what;
    EXPECT_EQ(a->tokens, b->tokens) << what;
  };
  check("as written");
  const Path evaluation = e.evaluation(d, run);
  const std::string text = read_file(evaluation);
  put(evaluation, "# by hand\n" + text);  // not the layout of our tools: the parser reads it
  check("with a comment");
  std::string flow = text;
  flow.replace(flow.find("0123456789012345"), 16, "0123456789012346");
  put(evaluation, flow);
  check("of other weights");
  std::filesystem::remove(evaluation);
  check("without evaluation");
  EXPECT_FALSE(scan_score(e, d, run));
}

/// GRADUS_POPULATION=100000: the figures of common/ladder/README.md; else a small one that must agree.
TEST_F(Population, Figures) {
  const char* many = std::getenv("GRADUS_POPULATION");
  const int n = many ? std::atoi(many) : 200;
  std::cout << "made in " << seconds_of([&] { fill(n); }) << " s\n";
  const Experiment e(root_);
  RunPopulation built;
  std::cout << "rebuilt from the ledger in " << seconds_of([&] { write_population(e, build_population(e)); }) << " s\n";
  std::cout << "read in " << seconds_of([&] { built = *read_population(e); }) << " s: " << built.runs.size()
            << " runs\n";
  std::cout << "standings of nano in " << seconds_of([&] { read_standings(e, "nano"); }) << " s\n";
  OutlookTable table;
  std::cout << "outlook in " << seconds_of([&] { table = look_ahead(e); }) << " s\n";
  EXPECT_EQ(table.rows.size(), size_t(n - (n + 42) / 50));  // every fiftieth diverged
  EXPECT_GT(table.rows.front().lead.mean, 0);
}

}  // namespace
}  // namespace gradus
