// The reviewer on real units: planted duplicates, designs that cost too much, and new ones.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "agent/genetic.h"
#include "agent/novelty.h"
#include "design/fit.h"

namespace gradus {
namespace {

namespace fs = std::filesystem;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

class ReviewReal : public ::testing::Test {
 protected:
  void SetUp() override {
    root = fs::temp_directory_path() / ("gradus-review-" + std::to_string(::getpid()));
    fs::remove_all(root);
    Settings settings = resolve_settings(parse_yaml("rungs: [nano]\n", "test"), "test");
    create_experiment(root, settings);
    experiment.emplace(root);
    units.emplace(experiment->units());
    pool.emplace(*units, std::vector<Design>{gpt2_seed()});
    engine.emplace(*pool, std::vector<Parent>{});
    know("g000-000", gpt2_seed());
  }
  void TearDown() override { fs::remove_all(root); }

  void know(const std::string& name, const Design& design) {
    const Examination e = examine(*experiment, design);
    known.push_back({name, design, e.design_id, e.trace_id, flops_ratio(e.fit)});
  }
  Review review(const Design& design) {
    return judge(design, examine(*experiment, design), known, experiment->settings().review);
  }
  std::string line(const Design& d) {
    return to_line(d, [&](const std::string& hash) { return units->interface(hash).class_name; });
  }
  /// New designs by the genetic engine, all different.
  std::vector<Design> novel(size_t n, const std::string& stream_name) {
    std::vector<Design> out;
    std::vector<std::string> seen;
    for (const KnownDesign& k : known) seen.push_back(k.design_id);
    for (uint64_t key = 0; out.size() < n; ++key) {
      Stream stream(stream_name, {key});
      const auto p = engine->propose({{"g000-000", gpt2_seed()}}, {}, stream);
      if (!p) continue;
      const std::string id = design_id(p->design, *units);
      if (std::find(seen.begin(), seen.end(), id) != seen.end()) continue;
      seen.push_back(id);
      out.push_back(p->design);
    }
    return out;
  }

  Path root;
  std::optional<Experiment> experiment;
  std::optional<UnitStore> units;
  std::optional<UnitPool> pool;
  std::optional<GeneticEngine> engine;
  std::vector<KnownDesign> known;
};

TEST_F(ReviewReal, RefusesTwentyPlantedDuplicates) {
  std::vector<Design> trees{gpt2_seed()};
  for (const Design& d : novel(5, "known")) {
    know("g001-00" + std::to_string(trees.size() - 1), d);
    trees.push_back(d);
  }
  std::vector<Design> duplicates = trees;  // 6: the same tree again
  for (const Design& tree : trees) {       // 12: units rewritten
    Design commented = tree, renamed = tree;
    for (const SlotPath& path : all_paths(tree)) {
      const std::string source = units->source(find_node(tree, path)->unit);
      // Comments and blank lines: the same normal form.
      find_node(commented, path)->unit =
          units->add("# Another file.\n\n" + replaced(source, "\n    def ", "\n\n    # next\n    def "));
      // Another class name, another local: the same operators.
      const std::string& name = units->interface(find_node(tree, path)->unit).class_name;
      find_node(renamed, path)->unit =
          units->add(replaced(replaced(source, "class " + name, "class My" + name), "self.out", "self.projection"));
    }
    duplicates.push_back(commented);
    duplicates.push_back(renamed);
  }
  Design spelled = gpt2_seed();  // 2: what the default says already
  spelled.root.slots["mixer"].arguments.erase("n_heads");
  duplicates.push_back(spelled);
  Design rotary = gpt2_seed();
  rotary.root.slots["mixer"].slots["rotary"].arguments.clear();
  duplicates.push_back(rotary);
  ASSERT_EQ(duplicates.size(), 20u);
  for (const Design& d : duplicates) {
    const Review r = review(d);
    EXPECT_FALSE(r.accepted) << line(d);
    EXPECT_EQ(r.reasons.front().rfind("duplicate of ", 0), 0u) << r.reasons.front() << "\n" << line(d);
  }
}

TEST_F(ReviewReal, RefusesTenThatCostMoreThanThreeTimesTheSeed) {
  const char* repeat = R"(import torch.nn as nn


class Repeat(nn.Module):
    """The same mixer again and again: all cost, no parameters."""

    SLOTS = {"mixer": {"kind": "sequence"}}

    def __init__(self, dim, *, mixer, times=8):
        super().__init__()
        self.mixer, self.times = mixer(dim), times

    def forward(self, x):
        for _ in range(self.times):
            x = x + self.mixer(x)
        return x
)";
  const std::string hash = units->add(repeat);
  for (int i = 0; i < 10; ++i) {
    Design d = gpt2_seed();
    d.root.slots["mixer"] = {hash, {{"times", 12 + 4 * i}}, {{"mixer", gpt2_seed().root.slots.at("mixer")}}};
    const Review r = review(d);
    EXPECT_FALSE(r.accepted);
    EXPECT_GT(r.flops_ratio, 3) << i;
    EXPECT_EQ(r.reasons.front().rfind("too costly", 0), 0u) << r.reasons.front();
  }
}

TEST_F(ReviewReal, AcceptsEighteenOfTwentyNovelOnes) {
  int accepted = 0, n = 0;
  for (const Design& d : novel(20, "novel")) {
    const Review r = review(d);
    accepted += r.accepted;
    if (!r.accepted) std::printf("refused %s: %s\n", line(d).c_str(), r.reasons.front().c_str());
    know("g001-" + std::to_string(100 + n++), d);
  }
  EXPECT_GE(accepted, 18);
}

}  // namespace
}  // namespace gradus
