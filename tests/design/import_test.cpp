// Files of another make as designs: how they are cut and put together, what they compute, what is refused.
#include "design/import.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.h"
#include "base/hash.h"
#include "design/block.h"
#include "design/fit.h"

namespace gradus {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ImportTest : public testing::Test {
 protected:
  void SetUp() override {
    home_ = std::filesystem::temp_directory_path() / ("gradus-import-" + std::to_string(getpid()));
    std::filesystem::create_directories(home_);
  }
  void TearDown() override { std::filesystem::remove_all(home_); }

  Import read(const std::string& name, const std::string& text) {
    write_file(home_ / name, text);
    return import_design(home_ / name);
  }
  /// What is wrong with it; "" when nothing is.
  std::string fault(const std::string& name, const std::string& text) {
    try {
      read(name, text);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }
  UnitStore store(const Import& import) {
    UnitStore units(home_ / "units");
    for (const auto& [hash, source] : import.units) units.add(source);
    return units;
  }
  std::string trace(const Import& import) { return trace_id(import.design, store(import)); }
  std::string line(const Import& import) {
    return to_line(import.design, [&](const std::string& hash) { return import.names.at(hash); });
  }
  std::string root_source(const Import& import) { return import.units.at(import.design.root.unit); }

  Path home_;
};

Path seed(const std::string& name) { return Path(std::getenv("GRADUS_SOURCE")) / "tests/design/genesys" / name; }

constexpr const char* kPlain = R"python(from __future__ import annotations

import math
from functools import partial

import torch
import torch.nn as nn

SCALE = 0.5
UNUSED = [1]


def half(x):
    return x * SCALE


class RMSNorm(nn.Module):
    KIND = "token"

    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


class Shift(nn.Module):
    """The token before."""

    def __init__(self, dim, back=1, *, norm=RMSNorm):
        super().__init__()
        self.norm, self.back, self.out = norm(dim), back, nn.Linear(dim, dim)

    def forward(self, x):
        return half(self.out(nn.functional.pad(self.norm(x), (0, 0, self.back, -self.back))))


# What stands above a class belongs to it.
class Block(nn.Module):
    """x + mixer(norm(x))."""

    def __init__(self, dim, *, norm: type = RMSNorm, mixer=partial(Shift, back=2), depth=1):
        super().__init__()
        self.norm = norm(dim)
        self.mixer = mixer(dim)

    def forward(self, x):
        return x + self.mixer(self.norm(x))
)python";

TEST_F(ImportTest, ClassesThatAreDefaultsBecomeUnitsInSlots) {
  const Import import = read("block.py", kPlain);
  EXPECT_EQ(line(import), "Block(mixer=Shift(norm=RMSNorm), norm=RMSNorm)");
  EXPECT_EQ(import.units.size(), 3u);  // one norm, in two slots
  EXPECT_EQ(import.design.root.slots.at("mixer").arguments.at("back"), 2);
  EXPECT_THAT(root_source(import),
              AllOf(HasSubstr("from __future__ import annotations\n"), HasSubstr("norm: type, mixer, depth=1"),
                    HasSubstr("# What stands above"), HasSubstr("\"norm\": {\"kind\": \"token\"}"),
                    Not(HasSubstr("SCALE")), Not(HasSubstr("class RMSNorm")), Not(HasSubstr("import math"))));
  const std::string shift = import.units.at(import.design.root.slots.at("mixer").unit);
  EXPECT_THAT(shift, AllOf(HasSubstr("SCALE = 0.5"), HasSubstr("def half"), Not(HasSubstr("UNUSED"))));
  const UnitStore units = store(import);
  EXPECT_THAT(tree_faults(import.design, units), ElementsAre());
  EXPECT_FALSE(import.open);
}

TEST_F(ImportTest, SlicedItComputesWhatTheWholeFileComputes) {
  const Import cut = read("block.py", kPlain);
  Import whole = cut;
  whole.design.root = {hash_hex16(kPlain), {}, {}};
  whole.units = {{whole.design.root.unit, kPlain}};
  EXPECT_EQ(trace(cut), trace(whole));
}

TEST_F(ImportTest, AFileWithoutSuchDefaultsIsALeafByteForByte) {
  const std::string text =
      "import torch.nn as nn\n\n\nclass Leaf(nn.Module):\n    def __init__(self, dim):\n"
      "        super().__init__()\n    def forward(self, x):\n        return x\n";
  EXPECT_EQ(root_source(read("leaf.py", text)), text);
}

TEST_F(ImportTest, DeclaredSlotsTakeDefaultsThenNamesakesElseStayOpen) {
  const std::string text = R"python(import torch.nn as nn


class Mlp(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.up = nn.Linear(dim, dim)

    def forward(self, x):
        return self.up(x)


class Root(nn.Module):
    SLOTS = {"mlp": {"kind": "sequence"}, "mixer": {"kind": "sequence"}}

    def __init__(self, dim, *, mlp, mixer):
        super().__init__()
        self.mlp, self.mixer = mlp(dim), mixer(dim)

    def forward(self, x):
        return x + self.mlp(self.mixer(x))
)python";
  const Import import = read("root.py", text);
  EXPECT_EQ(line(import), "Root(mlp=Mlp)");
  EXPECT_TRUE(import.open);
}

TEST_F(ImportTest, AFactoryAtTheEndOfTheFileFillsTheSlots) {
  const Import import =
      read("block.py", std::string(kPlain) + "\n\nblock = partial(Block, mixer=partial(Shift, back=3))\n");
  EXPECT_EQ(import.design.root.slots.at("mixer").arguments.at("back"), 3);
}

TEST_F(ImportTest, FolderJsonAndComposedFileAreTheSameComputation) {
  const Import folder = import_design(seed("gpt2")), json = import_design(seed("gpt2.json")),
               composed = import_design(seed("gab.py"));
  EXPECT_EQ(trace(folder), trace(json));
  EXPECT_EQ(trace(folder), trace(composed));
  EXPECT_EQ(json.name, "gpt2");
  EXPECT_THAT(root_source(folder),
              AllOf(Not(HasSubstr("model_discovery")), Not(HasSubstr("UnitDecl")), Not(HasSubstr("test_gpt2")),
                    HasSubstr("class GAUBase"), HasSubstr("def forward(self, x):\n"), HasSubstr("num_heads=8")));
  EXPECT_EQ(root_source(folder).find("import torch.nn as nn\n"), root_source(folder).rfind("import torch.nn as nn\n"));
}

TEST_F(ImportTest, AnArgumentOfTheFlatSpaceReachesItsUnit) {
  Import import = import_design(seed("gpt2"));
  const std::string before = trace(import);
  import.design.root.arguments["num_heads"] = 4;
  EXPECT_NE(trace(import), before);
}

std::string unit(const std::string& name, const std::string& forward, const std::string& more = "") {
  return "from model_discovery.model.utils.modules import GAUBase, UnitDecl\nimport torch.nn as nn\n\n\nclass " + name +
         "(GAUBase):\n    def __init__(self, embed_dim, block_loc, kwarg_all, device=None, dtype=None, **kwargs):\n"
         "        super().__init__(embed_dim, block_loc, kwarg_all)\n        self.linear = nn.Linear(embed_dim, "
         "embed_dim)\n" +
         more + "\n" + forward;
}

constexpr const char* kChild = "        self.child = Child(embed_dim, block_loc, kwarg_all, **kwarg_all)\n";

std::string tree(const std::string& root, const nlohmann::json& units, const nlohmann::json& more = {}) {
  nlohmann::json out = {{"name", "t"}, {"root", root}, {"units", units}, {"unknown", 1}};
  if (more.is_object()) out.update(more);
  return out.dump();
}

TEST_F(ImportTest, ZGoesFromBlockToBlockOnlyWhereTheRootReadsIt) {
  const std::string writes = "    def _forward(self, X, **Z):\n        return X + self.linear(X), {'memory': X}\n";
  const std::string reads =
      "    def _forward(self, X, memory=None, **Z):\n"
      "        return X + self.linear(X if memory is None else memory), {'memory': X, 'other': X}\n";
  EXPECT_THAT(root_source(read("a.json", tree("A", {{"A", {{"code", unit("A", writes)}}}}))),
              HasSubstr("def forward(self, x):\n"));
  const Import carries = read("b.json", tree("A", {{"A", {{"code", unit("A", reads)}}}}));
  EXPECT_THAT(root_source(carries), AllOf(HasSubstr("carry=None"), HasSubstr("[\"memory\"]")));

  // Two blocks of it: the second's linear acts on the first's input.
  const UnitStore units = store(carries);
  BlockBuilder builder(carries.design, units, {});
  Shape shape;
  shape.d_model = 4, shape.n_blocks = 2, shape.vocabulary = 8, shape.context = 4;
  const Value first = builder.build(shape, 0, 1, 0), second = builder.build(shape, 1, 1, 0);
  const at::Tensor x = at::arange(16, at::kFloat).view({1, 4, 4});
  Value carry, none;
  const at::Tensor y = builder.run(first, 0, x, carry);
  const at::Tensor z = builder.run(second, 1, y, carry), alone = builder.run(second, 1, y, none);
  none = Value();
  const at::Tensor of_x = builder.run(second, 1, x, none) - x;
  EXPECT_LT((z - (y + of_x)).abs().max().item<float>(), 1e-5);
  EXPECT_GT((z - alone).abs().max().item<float>(), 1e-3);
}

TEST_F(ImportTest, AComposedBlockThatUsesZItselfCarriesAllOfIt) {
  const std::string block =
      "from model_discovery.model.utils.modules import GABBase\n\n\nclass GAB(GABBase):\n"
      "    def __init__(self, embed_dim, block_loc, device=None, dtype=None, **kwargs):\n"
      "        super().__init__(embed_dim, block_loc)\n\n    def _forward(self, X, **Z):\n        ";
  const std::string config = "\n\n\ngab_config = {}\n";
  EXPECT_THAT(root_source(read("gab.py", block + "return X, {'a': Z.get('a', X)}" + config)),
              HasSubstr("return y, Z\n"));
  EXPECT_THAT(root_source(read("gab.py", block + "return X, Z" + config)), HasSubstr("def forward(self, x):\n"));
}

TEST_F(ImportTest, AChildWithoutASourceIsReplacedByOneThatReturnsX) {
  const std::string forward =
      "    def _forward(self, X, **Z):\n        Y, Z = self.child(X, **Z)\n"
      "        assert Z == {'q': None}\n        return X + self.linear(Y)\n";
  const Import import =
      read("t.json",
           tree("A", {{"A", {{"code", unit("A", forward, kChild)}, {"children", nlohmann::json::array({"Child"})}}}},
                {{"declares", {{"Child", R"({"unitname": "Child", "outputs": ["Y", "*q"]})"}}}}));
  EXPECT_THAT(import.notes, ElementsAre(HasSubstr("Child has no source")));
  EXPECT_NE(trace(import), "");
}

TEST_F(ImportTest, UnitsShareOneSpaceOfArgumentsAndConflictsAreTold) {
  const std::string forward = "    def _forward(self, X, **Z):\n        return X + self.linear(X)\n";
  const Import import =
      read("t.json", tree("A", {{"A", {{"code", unit("A", forward, kChild)}, {"args", {{"n", 1}, {"dim", 3}}}}},
                                {"Child", {{"code", unit("Child", forward)}, {"args", {{"n", 2}}}}}}));
  EXPECT_THAT(import.notes, ElementsAre(HasSubstr("'n' is 1 in A and 2 in Child")));
  EXPECT_THAT(root_source(import), AllOf(HasSubstr("\"dim\": 3"), HasSubstr("n=2):")));
}

TEST_F(ImportTest, FitInAUnitOfTheReferenceMakesTheWholeElastic) {
  const std::string forward = "    def _forward(self, X, **Z):\n        return X + self.linear(X)\n";
  const auto with = [&](const std::string& fit) {
    return tree("A", {{"A",
                       {{"code", unit("A", forward, "    FIT = {\"" + fit + "\": (1, 4)}\n")},
                        {"args", {{"ratio", 2.5}, {"name", "x"}}}}}});
  };
  EXPECT_THAT(root_source(read("t.json", with("ratio"))), HasSubstr("FIT = {\"ratio\": [1, 4]}"));
  EXPECT_THAT(fault("t.json", with("name")), HasSubstr("FIT names 'name'"));
}

TEST_F(ImportTest, WhatIsWrongIsSaidWithFileFieldAndMend) {
  const std::string forward = "    def _forward(self, X, **Z):\n        return X\n";
  const nlohmann::json a = {{"code", unit("A", forward)}};
  EXPECT_THAT(fault("t.json", "{\n\"root\": A\n}"), AllOf(HasSubstr("t.json"), HasSubstr("line 2: not JSON")));
  EXPECT_THAT(fault("t.json", R"({"units": {}})"), HasSubstr("field 'root' is missing"));
  EXPECT_THAT(fault("t.json", R"({"root": "A"})"), HasSubstr("field 'units' is missing"));
  EXPECT_THAT(fault("t.json", tree("B", {{"A", a}})), HasSubstr("which is no unit (did you mean 'A'?)"));
  EXPECT_THAT(fault("t.json", tree("A", {{"A", {{"args", {}}}}})), HasSubstr("field 'units.A.code' is missing"));
  EXPECT_THAT(fault("t.json", tree("B", {{"B", a}})), HasSubstr("defines class A: call it B"));
  EXPECT_THAT(fault("t.json", tree("A", {{"A", {{"code", "class A(GAUBase):\n    x = = 1\n"}}}})),
              AllOf(HasSubstr("t.json, unit A"), HasSubstr("line 2: SyntaxError")));
  EXPECT_THAT(fault("t.json", tree("A", {{"A", {{"code", "class A:\n    pass\n"}}}})),
              HasSubstr("no class that derives from GAUBase"));
  const std::string calls_a = "        self.a = A(embed_dim, block_loc, kwarg_all)\n";
  EXPECT_THAT(fault("t.json", tree("A", {{"A", {{"code", unit("A", forward, kChild)}}},
                                         {"Child", {{"code", unit("Child", forward, calls_a)}}}})),
              HasSubstr("A → Child → A"));
  EXPECT_THAT(fault("none.py", "x = 1\n"), HasSubstr("no class that derives from nn.Module"));
  EXPECT_THAT(fault("broken.py", "import torch.nn as nn\nclass A(nn.Module:\n"), HasSubstr("line 2: SyntaxError"));
  EXPECT_THAT(fault("gab.py", "class GAB(GABBase):\n    def _forward(self, X, **Z):\n        return X\n"),
              HasSubstr("no gab_config: add"));
  EXPECT_THAT(fault("two.py", unit("A", forward) + unit("B", forward)), HasSubstr("2 units and no class GAB"));
}

TEST_F(ImportTest, TwoUnitsOrClassesOfOneNameAreAFault) {
  const std::string forward = "    def _forward(self, X, **Z):\n        return X\n";
  std::filesystem::create_directories(home_ / "tree");
  write_file(home_ / "tree/a.py", unit("A", forward));
  EXPECT_THAT(fault("tree/b.py", unit("A", forward)), "");  // alone it is a unit
  const auto folder_fault = [&] {
    try {
      import_design(home_ / "tree");
      return std::string();
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  EXPECT_THAT(folder_fault(), AllOf(HasSubstr("a.py"), HasSubstr("b.py"), HasSubstr("both define class A")));
  write_file(home_ / "tree/b.py", unit("B", forward));
  EXPECT_THAT(folder_fault(), HasSubstr("both no other's child"));
  write_file(home_ / "tree/a.py", "class Help:\n    x = 1\n\n\n" + unit("A", forward, "        self.b = B\n"));
  write_file(home_ / "tree/b.py", "class Help:\n    x = 2\n\n\n" + unit("B", forward));
  EXPECT_THAT(folder_fault(), HasSubstr("both define class Help, differently"));
}

}  // namespace
}  // namespace gradus
