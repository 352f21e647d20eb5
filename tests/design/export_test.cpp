// The exported file as text, and the files that tests/peer/export_peer.sh compares with stock PyTorch.
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

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

    def forward(self, x, carry=None):
        total = x if carry is None else carry["total"] + x
        y = x + self.scale * self.inner(self.norm(x)) + 0.1 * torch.cumsum(total, 1)
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
