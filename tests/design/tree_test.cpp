#include "design/tree.h"

#include <gmock/gmock.h>

#include "design/store.h"

namespace gradus {
namespace {

using testing::HasSubstr;

const char kText[] = R"(format: 1
root:
  unit: 9f3c1a7be2d04c55
  slots:
    mlp: {unit: ab12cd34ef567890, arguments: {expand: 2.6666667, bias: false, name: "8", sizes: [1, 2.5], none: ~}}
    mixer: {unit: 77d0a1b2c3d4e5f6, arguments: {head_dim: 16}, slots: {rotary: {unit: "1234567890123456"}}}
)";

Design parse(const std::string& text) { return read_design(parse_yaml(text, "x.yaml"), "x.yaml"); }

std::string fault(const std::string& text) {
  try {
    parse(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Tree, ReadsEveryKindOfArgument) {
  const Design design = parse(kText);
  const UnitNode& mlp = design.root.slots.at("mlp");
  EXPECT_EQ(mlp.arguments.at("expand"), 2.6666667);
  EXPECT_EQ(mlp.arguments.at("bias"), false);
  EXPECT_EQ(mlp.arguments.at("name"), "8");
  EXPECT_EQ(mlp.arguments.at("sizes"), (nlohmann::json{1, 2.5}));
  EXPECT_TRUE(mlp.arguments.at("none").is_null());
  EXPECT_TRUE(design.root.slots.at("mixer").arguments.at("head_dim").is_number_integer());
}

TEST(Tree, WritingIsCanonicalAndReadsBack) {
  const Design design = parse(kText);
  const std::string written = to_yaml(write_design(design));
  EXPECT_EQ(parse(written), design);
  EXPECT_EQ(to_yaml(write_design(parse(written))), written);
  EXPECT_LT(written.find("mixer:"), written.find("mlp:"));  // sorted
  EXPECT_EQ(parse(to_yaml(write_design(design, "0123456789abcdef", "fedcba9876543210"))), design);
}

TEST(Tree, AWholeFloatStaysAFloat) {
  Design design = parse(kText);
  design.root.arguments["base"] = 10000.0;
  const Design again = parse(to_yaml(write_design(design)));
  EXPECT_TRUE(again.root.arguments.at("base").is_number_float());
}

TEST(Tree, FindsPlaces) {
  Design design = parse(kText);
  EXPECT_THAT(all_paths(design), testing::ElementsAre("", "mixer", "mixer.rotary", "mlp"));
  EXPECT_EQ(find_node(design, "mixer.rotary")->unit, "1234567890123456");
  EXPECT_EQ(find_node(design, ""), &design.root);
  EXPECT_EQ(find_node(design, "mixer.rope"), nullptr);
  EXPECT_EQ(find_node(design, "mlp.mixer"), nullptr);
  EXPECT_EQ(to_line(design, [](const std::string& unit) { return unit.substr(0, 2); }),
            "9f(mixer=77(rotary=12), mlp=ab)");
}

TEST(Tree, FaultsNameFileAndLine) {
  EXPECT_THAT(fault("format: 2\nroot: {}\n"), HasSubstr("x.yaml': line 1: format 2, this build reads 1"));
  EXPECT_THAT(fault("root: {}\n"), HasSubstr("'format' is missing"));
  EXPECT_THAT(fault("format: 1\n"), HasSubstr("'root' is missing"));
  EXPECT_THAT(fault("format: 1\nroot:\n  unti: 9f3c1a7be2d04c55\n"),
              HasSubstr("line 3: root: unknown key 'unti' (did you mean 'unit'?)"));
  EXPECT_THAT(fault("format: 1\nroot:\n  unit: xyz\n"), HasSubstr("line 3: root: 'xyz' is no unit"));
  EXPECT_THAT(fault("format: 1\nroot:\n  unit: 9f3c1a7be2d04c55\n  slots:\n    a: {unit: 9f3c1a7be2d04c55}\n    a: "
                    "{unit: 9f3c1a7be2d04c55}\n"),
              HasSubstr("line 6: key 'root.slots.a' appears twice"));
  EXPECT_THAT(fault("format: 1\nroot:\n  unit: 9f3c1a7be2d04c55\n  arguments: {size: {deep: 1}}\n"),
              HasSubstr("line 4: root: argument 'size': expected a number"));
  EXPECT_THAT(fault("format: 1\nroot:\n  unit: 9f3c1a7be2d04c55\n  slots: [a]\n"),
              HasSubstr("root: slots: expected a mapping"));
  EXPECT_THAT(fault("format: 1\nroot:\n  unit: 9f3c1a7be2d04c55\n  slots: {a-b: {unit: 9f3c1a7be2d04c55}}\n"),
              HasSubstr("'a-b' is no name"));
  EXPECT_THAT(fault("[1, 2]\n"), HasSubstr("design: expected a mapping"));
}

TEST(Tree, AllFaultsAreReportedAtOnce) {
  const std::string text = fault("format: 1\nextra: 1\nroot:\n  unit: xyz\n  slot: {}\n");
  EXPECT_THAT(text, HasSubstr("'extra'"));
  EXPECT_THAT(text, HasSubstr("'xyz'"));
  EXPECT_THAT(text, HasSubstr("'slot' (did you mean 'slots'?)"));
}

TEST(Tree, NamesStandForUnitsWhereTheyAreGiven) {
  const std::string text = "format: 1\nroot:\n  unit: pre_norm\n";
  EXPECT_THAT(fault(text), HasSubstr("'pre_norm' is no unit"));
  const auto& names = UnitStore::library();
  EXPECT_EQ(read_design(parse_yaml(text, "x"), "x", names).root.unit, names.at("pre_norm"));
}

}  // namespace
}  // namespace gradus
