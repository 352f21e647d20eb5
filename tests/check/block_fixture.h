// Blocks from a few lines of source, built at a tiny shape, for the tests of the checks.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "check/subject.h"
#include "design/fit.h"

namespace gradus {

/// `forward`: statements that end with a return; x (B, T, C), self.a and self.b square maps, self.gate zeros at first.
inline std::string block_source(const std::string& forward, const std::string& init = "",
                                const std::string& head = "") {
  return "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n" + head +
         "\n\nclass Block(nn.Module):\n    FIT = {\"expand\": (0.1, 30.0)}\n\n"
         "    def __init__(self, dim, expand=4.0, layer=0, n_layers=1, context=8):\n        super().__init__()\n"
         "        self.layer, self.n_layers, self.context = layer, n_layers, context\n"
         "        inner = max(1, int(dim * expand))\n"
         "        self.a, self.b = nn.Linear(dim, inner, bias=False), nn.Linear(inner, dim, bias=False)\n"
         "        self.gate = nn.Parameter(torch.zeros(dim))\n" +
         init +
         "\n    def mlp(self, x):\n        return self.b(torch.tanh(self.a(x)))\n\n"
         "    def forward(self, x):\n        B, T, C = x.shape\n" +
         forward;
}

/// A store in a folder of its own and the recipe of a design with one unit.
struct BlockFixture {
  explicit BlockFixture(const std::string& source)
      : directory(std::filesystem::temp_directory_path() /
                  ("block-" + std::to_string(::getpid()) + "-" + std::to_string(counter()++))) {
    std::filesystem::create_directories(directory);
    units.emplace(directory);
    design.root.unit = units->add(source);
    recipe.emplace(Recipe{design, *units, Shape{8, 2, 32, 64}, 1, 12345});
  }
  ~BlockFixture() { std::filesystem::remove_all(directory); }
  BlockFixture(const BlockFixture&) = delete;
  static int& counter() {
    static int n = 0;
    return n;
  }

  std::filesystem::path directory;
  std::optional<UnitStore> units;
  Design design;
  std::optional<Recipe> recipe;
};

}  // namespace gradus
