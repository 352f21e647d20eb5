// What a unit says of itself, and what fits where.
#include "design/store.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/hash.h"
#include "design/fit.h"

namespace gradus {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

UnitInterface read(const std::string& source) {
  return read_interface("import torch\nimport torch.nn as nn\n" + source, "x.py");
}

std::string fault(const std::string& source) {
  try {
    read(source);
  } catch (const UnitError& error) {
    return error.what();
  }
  return "no error";
}

const char kFull[] = R"(
class Helper(nn.Module):
    pass

class Unit(nn.Module):
    """What it does."""
    KIND = "token"
    OUT = ["gate"]
    SLOTS = {"a": {"kind": "sequence", "need": "mix", "in": ["shared?"], "out": []},
             "b": {"kind": "function", "in": ["q", "k"], "out": ["q", "k"]}}
    FIT = {"expand": (0.5, 4)}
    def __init__(self, dim, dim_out=None, expand=2.0, layer=0, *, a, b, n_layers, bias=True, kind="x", activation=nn.SiLU, must):
        super().__init__()
    def forward(self, x, mask, shared=None):
        return x, x

alias = Helper
)";

TEST(Interface, ReadsAUnit) {
  const UnitInterface unit = read(kFull);
  EXPECT_EQ(unit.class_name, "Unit");
  EXPECT_EQ(unit.doc, "What it does.");
  EXPECT_EQ(unit.kind, UnitKind::kToken);
  ASSERT_EQ(unit.slots.size(), 2u);
  EXPECT_EQ(unit.slots[0].name, "a");
  EXPECT_EQ(unit.slots[0].need, "mix");
  EXPECT_THAT(unit.slots[0].in, ElementsAre("shared?"));
  EXPECT_EQ(unit.slots[1].kind, UnitKind::kFunction);
  EXPECT_THAT(unit.slots[1].out, ElementsAre("q", "k"));
  EXPECT_EQ(unit.fit.at("expand"), (std::pair{0.5, 4.0}));
  EXPECT_EQ(unit.defaults, (std::map<std::string, nlohmann::json>{{"expand", 2.0}, {"bias", true}, {"kind", "x"}}));
  EXPECT_THAT(unit.required_arguments, ElementsAre("must"));
  EXPECT_THAT(unit.required_inputs, ElementsAre("mask"));
  EXPECT_THAT(unit.optional_inputs, ElementsAre("shared"));
  EXPECT_THAT(unit.outputs, ElementsAre("gate"));
  EXPECT_TRUE(unit.takes_dim && unit.takes_dim_out && unit.takes_layer && unit.takes_n_layers);
  EXPECT_FALSE(unit.takes_carry || unit.takes_context);
}

TEST(Interface, RefusesWhatIsNoUnit) {
  EXPECT_THAT(fault("x = 1\n"), HasSubstr("x.py: the file defines no nn.Module class"));
  EXPECT_THAT(fault("class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n    def forward(self, "
                    "x):\n        return x\n"),
              HasSubstr("must take the width first"));
  const std::string body =
      "    def __init__(self, dim, n=1):\n        super().__init__()\n    def forward(self, x):\n        return x\n";
  EXPECT_THAT(fault("class A(nn.Module):\n    SLOTS = {'a': {'kind': 'token'}}\n" + body),
              HasSubstr("SLOTS names 'a', but A.__init__ has no such argument"));
  EXPECT_THAT(fault("class A(nn.Module):\n    SLOTS = {'n': {'kind': 'tokn'}}\n" + body),
              HasSubstr("SLOTS['n']['kind'] must be"));
  EXPECT_THAT(fault("class A(nn.Module):\n    SLOTS = {'n': {'kin': 'token'}}\n" + body),
              HasSubstr("unknown key 'kin'"));
  EXPECT_THAT(fault("class A(nn.Module):\n    FIT = {'m': (1, 2)}\n" + body), HasSubstr("FIT names 'm'"));
  EXPECT_THAT(fault("class A(nn.Module):\n    FIT = {'n': (2, 1)}\n" + body),
              HasSubstr("FIT['n'] must be (least, most)"));
  EXPECT_THAT(fault("class A(nn.Module):\n    KIND = 'mlp'\n" + body), HasSubstr("KIND must be"));
  EXPECT_THAT(fault("class A(nn.Module:\n"), HasSubstr("SyntaxError"));
  EXPECT_THAT(fault("import subprocess\n"), HasSubstr("ModuleNotFoundError"));
  EXPECT_EQ(fault("class A(nn.Module):\n" + body), "no error");
}

TEST(Library, EveryUnitRunsAndSaysWhatItIs) {
  const UnitStore units;
  for (const auto& [stem, hash] : UnitStore::library()) {
    const UnitInterface& unit = units.interface(hash);
    EXPECT_FALSE(unit.doc.empty()) << stem;
    EXPECT_EQ(unit.hash, hash) << stem;
    EXPECT_EQ(units.file_name(hash), stem + ".py");
    for (const SlotInterface& slot : unit.slots) EXPECT_FALSE(slot.need.empty()) << stem << "." << slot.name;
  }
}

TEST(Misfit, ComparesKindsInputsAndOutputs) {
  SlotInterface slot{.name = "mixer"};
  UnitInterface unit;
  unit.class_name = "Unit";
  EXPECT_EQ(misfit(slot, unit), "");
  unit.kind = UnitKind::kToken;
  EXPECT_EQ(misfit(slot, unit), "the slot needs a sequence unit, Unit is token");
  unit.kind = UnitKind::kSequence;
  unit.required_inputs = {"mask"};
  EXPECT_EQ(misfit(slot, unit), "Unit needs the input 'mask', the slot offers none");
  slot.in = {"mask?", "shared?"};
  EXPECT_EQ(misfit(slot, unit), "");
  slot.in = {"mask", "shared"};
  EXPECT_EQ(misfit(slot, unit), "the slot passes 'shared', which Unit does not take");
  unit.optional_inputs = {"shared"};
  EXPECT_EQ(misfit(slot, unit), "");
  slot.out = {"state"};
  EXPECT_EQ(misfit(slot, unit), "Unit returns none, the slot needs state");
  unit.outputs = {"state"};
  EXPECT_EQ(misfit(slot, unit), "");

  SlotInterface turn{.name = "rotary", .kind = UnitKind::kFunction, .in = {"q", "k"}, .out = {"q", "k"}};
  UnitInterface function;
  function.class_name = "Function";
  function.kind = UnitKind::kFunction;
  function.required_inputs = {"a"};
  function.outputs = {"q", "k"};
  EXPECT_EQ(misfit(turn, function), "Function takes 1 tensors (a), the slot passes 2 (q, k)");
  function.required_inputs = {"a", "b"};  // by position: names are the filler's own
  EXPECT_EQ(misfit(turn, function), "");
}

TEST(Tree, FaultsAreNamedByPlace) {
  const UnitStore units;
  EXPECT_THAT(tree_faults(gpt2_seed(), units), IsEmpty());
  Design design = gpt2_seed();
  design.root.slots.at("mlp").arguments["expnd"] = 2;
  design.root.slots.at("mixer").slots["rotry"] = design.root.slots.at("mixer").slots.at("rotary");
  design.root.slots.at("norm").unit = "0000000000000000";
  const auto faults = tree_faults(design, units);
  EXPECT_THAT(faults, Contains("slot 'mlp': SwiGLU has no argument 'expnd' (did you mean 'expand'?)"));
  EXPECT_THAT(faults, Contains("slot 'mixer': MultiHeadAttention has no slot 'rotry' (did you mean 'rotary'?)"));
  EXPECT_THAT(faults, Contains("slot 'norm': unknown unit '0000000000000000'"));

  design = gpt2_seed();
  design.root.slots.at("mixer").slots.clear();
  EXPECT_THAT(open_slots(design, units), ElementsAre("mixer.rotary"));
  EXPECT_THAT(tree_faults(design, units),
              ElementsAre(HasSubstr("slot 'mixer.rotary' is open: it needs a unit to give q and k their positions")));

  design = gpt2_seed();
  design.root.slots["mixer"] = design.root.slots.at("mlp");
  EXPECT_THAT(tree_faults(design, units), ElementsAre("slot 'mixer': the slot needs a sequence unit, SwiGLU is token"));
  design.root = gpt2_seed().root.slots.at("mlp");  // token by token, but a block
  EXPECT_THAT(tree_faults(design, units), IsEmpty());
  design.root = gpt2_seed().root.slots.at("mixer").slots.at("rotary");
  EXPECT_THAT(tree_faults(design, units), ElementsAre(HasSubstr("root: as a block: the slot needs a sequence unit")));
}

TEST(Store, KeepsSourcesByHash) {
  const Path home = std::filesystem::temp_directory_path() / ("gradus-store-" + std::to_string(getpid()));
  const UnitStore units(home);
  const std::string hash = units.add("x = 1\n");
  EXPECT_EQ(hash, hash_hex16("x = 1\n"));
  EXPECT_EQ(units.source(hash), "x = 1\n");
  EXPECT_EQ(read_file(home / (hash + ".py")), "x = 1\n");
  EXPECT_TRUE(units.has(hash));
  EXPECT_FALSE(UnitStore().has(hash));
  EXPECT_TRUE(units.has(UnitStore::library().at("swiglu")));
  write_file(home / (hash + ".py"), "x = 2\n");
  EXPECT_THROW(units.source(hash), Error);
  EXPECT_EQ(units.add("x = 1\n"), hash);  // mended
  EXPECT_EQ(units.source(hash), "x = 1\n");
  EXPECT_THROW(units.source("0123456789abcdef"), Error);
  EXPECT_THROW(UnitStore().add("x = 3\n"), Error);
  std::filesystem::remove_all(home);
}

}  // namespace
}  // namespace gradus
