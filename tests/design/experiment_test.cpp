#include "design/experiment.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/hash.h"
#include "design/builtin.h"
#include "design/fit.h"

namespace gradus {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ExperimentTest : public testing::Test {
 protected:
  void SetUp() override {
    home_ = std::filesystem::temp_directory_path() / ("gradus-experiment-" + std::to_string(getpid()) + "-" +
                                                      testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(home_);
    std::filesystem::create_directories(home_);
  }
  void TearDown() override { std::filesystem::remove_all(home_); }

  static Settings settings(const std::string& text) { return resolve_settings(parse_yaml(text, "c.yaml"), "c.yaml"); }
  static std::string fault(const std::function<void()>& f) {
    try {
      f();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  Path home_;
};

std::string_view builtin(const std::string& name) {
  for (const auto& [file, text] : builtin_configs()) {
    if (file == name) return text;
  }
  return "";
}

TEST_F(ExperimentTest, NamesRoundTrip) {
  EXPECT_EQ((DesignName{4, 17}.text()), "g004-017");
  EXPECT_EQ(DesignName::parse("g004-017"), (DesignName{4, 17}));
  EXPECT_EQ(DesignName::parse("g1234-1000"), (DesignName{1234, 1000}));
  for (const char* no : {"g4-017", "g004-17", "g004-017x", "004-017", "g004", "g004-", "g-04-017", ""})
    EXPECT_FALSE(DesignName::parse(no)) << no;
  for (const double rate : {1.0 / 3, 1.0, 3.0, 0.1, 2.0 / 3, 10.0}) {
    const RunName run{"14M", 2, rate};
    EXPECT_EQ(RunName::parse(run.text()), run) << run.text();
  }
  EXPECT_EQ((RunName{"nano", 0, 1.0 / 3}.text()), "nano-s0-lr0.333");
  EXPECT_EQ(RunName::parse("nano-s0-lr0.333")->learning_rate_multiplier, 1.0 / 3);
  for (const char* no :
       {"nano-s0", "nano-lr1", "-s0-lr1", "nano-sx-lr1", "nano-s0-lr", "nano-s0-lr-1", "nano-s0-lr1.0", ""}) {
    EXPECT_FALSE(RunName::parse(no)) << no;
  }
}

TEST_F(ExperimentTest, LocatesADesignHoweverItIsWritten) {
  for (const char* path : {"a/b/designs/g004/g004-017", "a/b/designs/g004/g004-017/", "./a/b/designs/g004/./g004-017",
                           "a/b/c/../designs/g004/g004-017"}) {
    const Located at = locate_design(path);
    EXPECT_EQ(at.experiment, Path("a/b")) << path;
    EXPECT_EQ(at.design, (DesignName{4, 17})) << path;
  }
  EXPECT_EQ(locate_design("designs/g000/g000-000").experiment, Path("."));
  EXPECT_EQ(locate_design("/x/designs/g000/g000-000").experiment, Path("/x"));
  for (const char* no :
       {"a/b", "a/designs/g004/g005-017", "a/g004/g004-017", "", "a/designs/g004/g004-017/runs/nano-s0-lr1"}) {
    EXPECT_THROW(locate_design(no), UsageError) << no;
  }
}

TEST_F(ExperimentTest, ReferenceYamlIsTheDefaults) {
  Settings plain;
  for (const std::string& rung : plain.rungs) plain.scales[rung] = builtin_scales().at(rung);
  const YAML::Node reference = parse_yaml(std::string(builtin("reference.yaml")), "reference.yaml");
  EXPECT_EQ(to_yaml(write_value(resolve_settings(reference, "reference.yaml"))), to_yaml(write_value(plain)));
  EXPECT_EQ(first_difference(write_value(Settings{}), reference, ""), "");  // every key is there
}

TEST_F(ExperimentTest, EveryBuiltInConfigurationResolves) {
  for (const auto& [file, text] : builtin_configs()) {
    if (file == "scales.yaml" || file == "models.yaml" || file == "worlds.yaml" || file.starts_with("site"))
      continue;  // no experiments
    const Settings s = resolve_settings(parse_yaml(std::string(text), std::string(file)), std::string(file));
    EXPECT_EQ(s.scales.size(), s.rungs.size()) << file;
    EXPECT_EQ(ladder_order(s.scales), s.rungs) << file;
  }
}

TEST_F(ExperimentTest, ResolvesScales) {
  const Settings s = settings("rungs: [micro]\nscales: {micro: {tokens: 2048}}\n");
  EXPECT_EQ(s.scales.at("micro").tokens, 2048);
  EXPECT_EQ(s.scales.at("micro").d_model, builtin_scales().at("micro").d_model);
  EXPECT_THAT(fault([] { settings("rungs: [micro, nan]\n"); }),
              HasSubstr("line 1: rungs: no scale 'nan' (did you mean 'nano'?)"));
  EXPECT_THAT(fault([] { settings("rungs: [micro]\nscales: {micro: {d_model: 20}}\n"); }),
              HasSubstr("d_model must be a multiple of 16"));
}

TEST_F(ExperimentTest, AllFaultsOfAConfigurationComeAtOnce) {
  const std::string text =
      fault([] { settings("rules: {seeds: 0, confidence: 2}\ncorpus: {encoding: utf8}\npretrain: {gemm: blas}\n"); });
  EXPECT_THAT(text, HasSubstr("line 1: rules.seeds: must be 1 or more"));
  EXPECT_THAT(text, HasSubstr("line 1: rules.confidence"));
  EXPECT_THAT(text, HasSubstr("line 2: corpus.encoding: expected one of utf-8, latin1"));
  EXPECT_THAT(text, HasSubstr("line 3: pretrain.gemm"));
}

TEST_F(ExperimentTest, IsMadeOnceAndFrozen) {
  const Settings s = settings("rungs: [pico]\nname: test\n");
  const Path root = home_ / "exp";
  EXPECT_TRUE(create_experiment(root, s));
  const std::string before = read_file(root / "experiment.yaml");
  EXPECT_FALSE(create_experiment(root, s));
  EXPECT_EQ(read_file(root / "experiment.yaml"), before);
  Settings other = s;
  other.rules.seeds = 3;
  EXPECT_THAT(fault([&] { create_experiment(root, other); }),
              HasSubstr("exists with other settings: rules.seeds is 2, asked for 3"));

  const Experiment experiment(root);
  EXPECT_EQ(experiment.settings_hash(), hash_hex16(before));
  EXPECT_EQ(to_yaml(write_value(experiment.settings())), before);
  EXPECT_EQ(experiment.read_tree({0, 0}), gpt2_seed());
  EXPECT_EQ(read_yaml<Origin>(experiment.directory({0, 0}) / "origin.yaml").operation, "seed");
  for (const SlotPath& path : all_paths(gpt2_seed())) {
    EXPECT_TRUE(std::filesystem::exists(root / "units" / (find_node(gpt2_seed(), path)->unit + ".py"))) << path;
  }
  std::filesystem::remove_all(root / "designs");  // as if killed before
  EXPECT_FALSE(create_experiment(root, s));
  EXPECT_EQ(experiment.all_designs().size(), 1u);
}

TEST_F(ExperimentTest, KnowsWhatIsInIt) {
  create_experiment(home_, settings("rungs: [pico]\n"));
  const Experiment experiment(home_);
  for (const char* name :
       {"g001/g001-000", "g001/g001-002", "g001/.tmp-g001-001", "g001/notes", "g002/g001-007", "gx"}) {
    std::filesystem::create_directories(home_ / "designs" / name);
  }
  EXPECT_THAT(experiment.generations(), ElementsAre(0, 1, 2));
  EXPECT_THAT(experiment.designs(1), ElementsAre(DesignName{1, 0}, DesignName{1, 2}));
  EXPECT_THAT(experiment.designs(2), ElementsAre());
  EXPECT_THAT(experiment.designs(7), ElementsAre());
  EXPECT_EQ(experiment.all_designs().size(), 3u);
  EXPECT_THAT(experiment.free_slots(1, 3), ElementsAre(DesignName{1, 1}, DesignName{1, 3}, DesignName{1, 4}));
  write_file(home_ / "designs/g001/g001-000/runs/pico-s0-lr1/pretrain.yaml", "x");
  std::filesystem::create_directories(home_ / "designs/g001/g001-000/runs/pico-s1-lr1");
  EXPECT_THAT(experiment.finished_runs("pico"), ElementsAre(std::pair(DesignName{1, 0}, RunName{"pico", 0, 1})));
  EXPECT_EQ(Experiment::containing(home_ / "designs/g001/g001-000/runs/pico-s0-lr1").root(),
            std::filesystem::absolute(home_));
  EXPECT_THAT(fault([&] { experiment.scale("pic"); }), HasSubstr("did you mean 'pico'?"));
  EXPECT_THAT(fault([&] { experiment.read_tree({1, 0}); }), HasSubstr("'g001-000' has no design.yaml"));
  EXPECT_THAT(fault([&] { Experiment e(home_ / "nowhere"); }),
              HasSubstr("is no experiment: it has no experiment.yaml"));
  EXPECT_THAT(fault([&] { Experiment::containing(home_.parent_path()); }), HasSubstr("is in no experiment"));
}

TEST_F(ExperimentTest, FilesRoundTripAndRefuseOtherFormats) {
  Review review;
  review.accepted = true;
  review.rating = 4.5;
  review.reasons = {"novel: shares nothing", "cost 1.2"};
  review.design_id = "0123456789012345";
  write_yaml(home_ / "review.yaml", review);
  EXPECT_EQ(to_yaml(write_value(read_yaml<Review>(home_ / "review.yaml"))), read_file(home_ / "review.yaml"));
  EXPECT_EQ(read_yaml<Review>(home_ / "review.yaml").design_id, review.design_id);
  write_file(home_ / "old.yaml", "format: 0\nanything: 1\n");
  EXPECT_THAT(fault([&] { read_yaml<Review>(home_ / "old.yaml"); }),
              HasSubstr("old.yaml': line 1: format 0, this build reads 1"));
  write_file(home_ / "bare.yaml", "accepted: true\n");
  EXPECT_THAT(fault([&] { read_yaml<Review>(home_ / "bare.yaml"); }), HasSubstr("'format' is missing"));
  write_file(home_ / "bad.yaml", "format: 1\naccepted: maybe\nratin: 1\n");
  const std::string text = fault([&] { read_yaml<Review>(home_ / "bad.yaml"); });
  EXPECT_THAT(text, HasSubstr("line 2: accepted: expected true or false"));
  EXPECT_THAT(text, HasSubstr("line 3: unknown key 'ratin' (did you mean 'rating'?)"));
  EXPECT_FALSE(read_yaml_if_exists<Review>(home_ / "none.yaml").has_value());
}

}  // namespace
}  // namespace gradus
