// What makes two designs the same.
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

#include "design/fit.h"

namespace gradus {
namespace {

class IdentityTest : public testing::Test {
 protected:
  void SetUp() override {
    home_ = std::filesystem::temp_directory_path() / ("gradus-identity-" + std::to_string(getpid()));
    std::filesystem::create_directories(home_);
    units_ = UnitStore(home_);
  }
  void TearDown() override { std::filesystem::remove_all(home_); }

  /// The seed with its MLP from a source.
  Design with_mlp(const std::string& source) {
    Design design = gpt2_seed();
    design.root.slots["mlp"] = {
        units_.add("import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n" + source), {}, {}};
    return design;
  }
  std::string design_id(const Design& d) { return gradus::design_id(d, units_); }
  std::string trace_id(const Design& d) { return gradus::trace_id(d, units_); }

  Path home_;
  UnitStore units_;
};

const char kPlain[] = R"(
class Mlp(nn.Module):
    KIND = "token"
    FIT = {"expand": (0.25, 8.0)}
    def __init__(self, dim, expand=4.0):
        super().__init__()
        width = round(expand * dim)
        self.up = nn.Linear(dim, width)
        self.down = nn.Linear(width, dim)
    def forward(self, x):
        h = F.gelu(self.up(x))
        return self.down(h)
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// Golden: ids are written down in experiments, so a change here needs another kDesignIdScheme or kTraceIdScheme.
TEST_F(IdentityTest, TheSeedsIdsAreGolden) {
  EXPECT_EQ(design_id(gpt2_seed()), "464bbbaa17dd581b");
  EXPECT_EQ(trace_id(gpt2_seed()), "a74d6559158d1ffa");
}

TEST_F(IdentityTest, WritingDoesNotMatter) {
  const Design plain = with_mlp(kPlain);
  const std::string id = design_id(plain), trace = trace_id(plain);
  std::string other =
      replaced(kPlain, "h = F.gelu(self.up(x))", "hidden: torch.Tensor = F.gelu(self.up(x))  # the hidden layer");
  other = replaced(replaced(other, "self.down(h)", "self.down((hidden))"), "width", "n_hidden");
  other = replaced(other, "    KIND", "    \"\"\"An MLP.\"\"\"\n\n    KIND");
  EXPECT_EQ(design_id(with_mlp(other)), id);
  EXPECT_EQ(trace_id(with_mlp(other)), trace);
}

TEST_F(IdentityTest, NamesOfMembersAndDeadCodeDoNotMatterToTheTrace) {
  const std::string trace = trace_id(with_mlp(kPlain));
  std::string other = replaced(replaced(kPlain, "self.up", "self.first"), "Mlp", "FeedForward");
  other = replaced(other, "        h = ", "        unused = x * 2 + x.sum()\n        h = ");
  EXPECT_EQ(trace_id(with_mlp(other)), trace);
  EXPECT_NE(design_id(with_mlp(other)), design_id(with_mlp(kPlain)));
}

TEST_F(IdentityTest, ComputationMatters) {
  std::set<std::string> traces{trace_id(with_mlp(kPlain)), trace_id(gpt2_seed())},
      ids{design_id(with_mlp(kPlain)), design_id(gpt2_seed())};
  size_t n = 2;
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"F.gelu(", "F.relu("},
      {"F.gelu(self.up(x))", "F.gelu(self.up(x), approximate='tanh')"},
      {"F.gelu(self.up(x))", "F.gelu(self.up(x)) * 1.5"},
      {"nn.Linear(dim, width)", "nn.Linear(dim, width, bias=False)"},
      {"self.down(h)", "self.down(h) + x"},
      {"self.down = nn.Linear(width, dim)",
       "self.down = nn.Linear(width, dim)\n        nn.init.zeros_(self.down.weight)"},
      {"self.down = nn.Linear(width, dim)",
       "self.down = nn.Linear(width, dim)\n        nn.init.normal_(self.down.weight, std=0.02)"}};
  for (const auto& [from, to] : changes) {
    const Design changed = with_mlp(replaced(kPlain, from, to));
    traces.insert(trace_id(changed));
    ids.insert(design_id(changed));
    ++n;
    EXPECT_EQ(traces.size(), n) << to;
    EXPECT_EQ(ids.size(), n) << to;
  }
}

TEST_F(IdentityTest, ArgumentsThatAreTheDefaultAreLeftOut) {
  Design design = gpt2_seed();
  design.root.slots.at("mixer").arguments.clear();  // n_heads 8, as the default
  EXPECT_EQ(design_id(design), design_id(gpt2_seed()));
  EXPECT_EQ(trace_id(design), trace_id(gpt2_seed()));
  design.root.slots.at("norm").arguments["eps"] = 1e-6;
  EXPECT_NE(design_id(design), design_id(gpt2_seed()));
  EXPECT_NE(trace_id(design), trace_id(gpt2_seed()));
}

// An argument that the fit takes back makes no other design: at every scale the two are trained alike.
TEST_F(IdentityTest, WhatTheFitUndoesIsTheSameTrace) {
  Design design = gpt2_seed();
  design.root.slots.at("mlp").arguments["expand"] = 4.0;
  EXPECT_NE(design_id(design), design_id(gpt2_seed()));
  EXPECT_EQ(trace_id(design), trace_id(gpt2_seed()));
}

}  // namespace
}  // namespace gradus
