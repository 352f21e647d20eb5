// The exported file as text, and the files that tests/peer/export_peer.sh compares with stock PyTorch.
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "design/safetensors.h"
#include "peer_files.h"

namespace gradus {
namespace {

using testing::HasSubstr;
using testing::Not;

class ExportTest : public testing::Test {
 protected:
  void SetUp() override {
    home_ = std::filesystem::temp_directory_path() / ("gradus-export-" + std::to_string(getpid()));
    std::filesystem::create_directories(home_);
  }
  void TearDown() override { std::filesystem::remove_all(home_); }
  Path home_;
};

// A unit that is awkward to wrap in a function: a helper called like another unit's class, a string over several lines,
// a `from __future__`, a carry.
constexpr const char* kAwkward = R"python(from __future__ import annotations

import torch
import torch.nn as nn

TEXT = """one
two
  three"""


class RMSNorm(nn.Module):
    """Not the norm of the library:
    a gain by the length of a text."""

    def __init__(self, dim):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(dim) * len(TEXT) / 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.gain


class Awkward(nn.Module):
    SLOTS = {"inner": {"kind": "token"}}

    def __init__(self, dim, *, inner, layer, n_layers, context, name="a'b\"c", scale=0.5):
        super().__init__()
        self.norm, self.inner = RMSNorm(dim), inner(dim)
        self.scale = scale * (layer + 1) / n_layers + len(name) / context
        self.register_buffer("table", torch.arange(1, 3) / 2, persistent=False)
        self.plain = torch.arange(1, 3) / 4

    def forward(self, x, carry=None):
        total = x if carry is None else carry["total"] + x
        y = x + self.scale * (self.table * self.plain).sum() * self.inner(self.norm(x)) + 0.1 * torch.cumsum(total, 1)
        return y, {"total": total}
)python";

Design awkward_design(const UnitStore& units) {
  Design design;
  design.root.unit = units.add(kAwkward);
  design.root.arguments["name"] = "é\"\\'\n";
  design.root.slots["inner"] = {UnitStore::library().at("swiglu"), {{"expand", 2.5}}, {}};
  return design;
}

TEST_F(ExportTest, IsOneNestedPartialAndNoShim) {
  const std::string text = export_pytorch(gpt2_seed(), UnitStore(), {64, 4, 1024, 128}, 1, "gpt2");
  EXPECT_THAT(text,
              HasSubstr("def make_multi_head_attention():  # unit " + UnitStore::library().at("multi_head_attention")));
  EXPECT_THAT(text, HasSubstr("return functools.partial(pre_norm,\n"));
  EXPECT_THAT(text, HasSubstr("mixer=functools.partial(multi_head_attention, n_heads=8,\n"));
  EXPECT_THAT(text, HasSubstr("norm=functools.partial(rms_norm, eps=1e-05))(D_MODEL)"));
  EXPECT_THAT(text, HasSubstr("D_MODEL, N_BLOCKS, VOCABULARY, CONTEXT = 64, 4, 1024, 128"));
  EXPECT_THAT(text, Not(HasSubstr("@CALLS@")));
  EXPECT_THAT(export_pytorch(gpt2_seed(), UnitStore(), {64, 4, 1024, 128}, 0.5, "gpt2"),
              HasSubstr("expand=1.3333333333333333"));
}

TEST_F(ExportTest, StringsKeepTheirLines) {
  const UnitStore units(home_);
  const std::string text = export_pytorch(awkward_design(units), units, {16, 2, 32, 8}, 1, "awkward");
  EXPECT_THAT(text, HasSubstr("    TEXT = \"\"\"one\ntwo\n  three\"\"\"\n"));
  EXPECT_THAT(text, HasSubstr("\"\"\"\nfrom __future__ import annotations\nimport functools\n"));
  EXPECT_THAT(text, HasSubstr("x, carry = block(x, carry=carry)"));
  EXPECT_THAT(text, HasSubstr("layer=layer, n_layers=N_BLOCKS, context=CONTEXT"));
}

TEST_F(ExportTest, HubFolderIsWholeAndSaysWhatItIs) {
  const UnitStore units(home_);
  HubExport what{"awkward", {16, 2, 32, 8}, 1, 1, "model bytes", true, {{"design_id", "0123456789abcdef"}}};
  write_hub_folder(home_ / "hub", awkward_design(units), units, what, {{"a", at::arange(3, at::kFloat)}});
  const auto config = nlohmann::json::parse(read_file(home_ / "hub/config.json"));
  EXPECT_EQ(config["auto_map"]["AutoModelForCausalLM"], "modeling_gradus.GradusForCausalLM");
  EXPECT_EQ(config["hidden_size"], 16);
  EXPECT_EQ(config["vocab_size"], 32);
  EXPECT_EQ(config["eos_token_id"], 1);
  EXPECT_EQ(config["gradus"]["design_id"], "0123456789abcdef");
  const std::string model = read_file(home_ / "hub/modeling_gradus.py");
  EXPECT_TRUE(model.starts_with("\"\"\"awkward\n"));
  EXPECT_THAT(model, HasSubstr("\"\"\"\nfrom __future__ import annotations\nimport functools\n"));
  EXPECT_THAT(model, HasSubstr("CARRIES = True"));
  EXPECT_THAT(model, Not(HasSubstr("@HEAD@")));
  EXPECT_EQ(read_file(home_ / "hub/tokenizer.model"), "model bytes");
  EXPECT_THAT(read_file(home_ / "hub/tokenizer_config.json"), HasSubstr("tokenization_gradus.GradusTokenizer"));
  EXPECT_EQ(read_safetensors(home_ / "hub/model.safetensors").size(), 1u);
  what.has_tokenizer = false;
  write_hub_folder(home_ / "bare", awkward_design(units), units, what, {});
  for (const char* file : {"tokenizer_config.json", "tokenization_gradus.py", "tokenizer.model", "model.safetensors"})
    EXPECT_FALSE(std::filesystem::exists(home_ / "bare" / file)) << file;
}

TEST_F(ExportTest, SafetensorsRoundTrip) {
  const NamedTensors tensors = {{"b", at::arange(6, at::kFloat).view({2, 3})},
                                {"a", at::tensor({1.5, -2.5}, at::kDouble)},
                                {"empty", at::tensor(std::vector<int64_t>{}, at::kLong)}};
  write_safetensors(home_ / "x.safetensors", tensors, {{"k", "v"}});
  const NamedTensors back = read_safetensors(home_ / "x.safetensors");
  ASSERT_EQ(back.size(), 3u);
  for (const auto& [name, tensor] : tensors) {
    const auto found = std::find_if(back.begin(), back.end(), [&n = name](const auto& t) { return t.first == n; });
    ASSERT_NE(found, back.end()) << name;
    EXPECT_TRUE(at::equal(found->second, tensor)) << name;
  }
  const std::string bytes = read_file(home_ / "x.safetensors");
  for (size_t size : {size_t{0}, size_t{5}, size_t{20}, bytes.size() - 1}) {
    write_file(home_ / "cut.safetensors", bytes.substr(0, size));
    EXPECT_THROW(read_safetensors(home_ / "cut.safetensors"), Error) << size;
  }
}

TEST_F(ExportTest, WritesThePeerFiles) {
  const char* directory = std::getenv("GRADUS_PEER_DIR");
  if (!directory) GTEST_SKIP() << "GRADUS_PEER_DIR is not set: tests/peer/export_peer.sh sets it";
  const UnitStore units(home_);
  write_peer(directory, "gpt2_pico", gpt2_seed(), units, {16, 2, 256, 32}, 1);
  write_peer(directory, "gpt2_nano", gpt2_seed(), units, {64, 4, 1024, 128}, 1);
  write_peer(directory, "gpt2_fitted", gpt2_seed(), units, {64, 3, 512, 64}, 1.375);
  write_peer(directory, "awkward", awkward_design(units), units, {32, 3, 128, 16}, 0.75);
}

}  // namespace
}  // namespace gradus
