// A leak of each kind put into each unit of the library, inside a whole design: it is caught and the unit named.
// GRADUS_LEAKS=all: every kind in every unit (tests/soak.sh leaks); else one kind in every sixth unit.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <regex>

#include "check/gate.h"
#include "design/builtin.h"
#include "design/fit.h"
#include "library.h"

namespace gradus {
namespace {

struct Kind {
  const char* name;
  const char* leak;    // of y, time in dimension `d`; strength 1e-3
  const char* reason;  // the checks that may say so
};
const Kind kKinds[] = {
    {"mean of squares", "y.pow(2).mean(d, keepdim=True)", "causality|token"},
    {"reversed", "y.flip(d)", "causality|token"},
    {"next position", "y.roll(-1, d)", "causality|token"},
    {"circular convolution", "torch.fft.irfft(torch.fft.rfft(y, dim=d) ** 2, n=y.shape[d], dim=d)", "causality|token"},
    {"sorted", "y.sort(d).values", "causality|token"},
    {"length", "y / y.shape[d]", "causality|token"},
    {"only in training", "(y.flip(d) if self.training else 0 * y)", "causality|token"},
    {"neighbour in the batch", "y.mean(0, keepdim=True)", "batch"},
};

/// The unit's own forward, and one that adds a leak to the first tensor it returns.
std::string with_leak(std::string source, const Kind& kind, bool is_function) {
  const size_t last = source.rfind("    def forward(");
  const bool carries = source.find("carry=None", last) != std::string::npos;
  source.replace(last, 16, "    def _honest(");
  const std::string parameters = carries ? "x, carry=None" : "*args, **keywords";
  return "import torch\n" + source + "\n    def forward(self, " + parameters + "):\n        out = self._honest(" +
         (carries ? "x, carry=carry" : "*args, **keywords") +
         ")\n        y = out[0] if isinstance(out, tuple) else out\n        d = " + (is_function ? "-2" : "1") +
         "\n        y = y + 1e-3 * " + kind.leak + "\n        return (y, *out[1:]) if isinstance(out, tuple) else y\n";
}

class Injection : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("injection-" + std::to_string(getpid()));
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::filesystem::path directory_;
};

TEST_F(Injection, EveryUnitIsNamed) {
  const bool all = std::getenv("GRADUS_LEAKS") != nullptr;
  const UnitStore units(directory_);
  GateSettings settings;
  settings.shape_scale = "pico";
  settings.scales["pico"] = builtin_scales().at("pico");
  settings.check.tier = "fast";
  settings.check.parameter_tolerance = settings.check.block_tolerance = 10;  // not about size
  settings.check.largest_flops = 100;
  size_t turn = 0;
  for (const auto& [stem, hash] : UnitStore::library()) {
    const bool is_function = units.interface(hash).kind == UnitKind::kFunction;
    ++turn;
    if (!all && turn % 6 != 0) continue;
    for (size_t k = 0; k < std::size(kKinds); ++k) {
      if (!all && k != turn % std::size(kKinds)) continue;
      const Placed placed = place_unit(stem, units.add(with_leak(units.source(hash), kKinds[k], is_function)), units);
      const CheckResult result = check_design(placed.design, units, settings);
      const std::string what = stem + ", " + kKinds[k].name + ": ";
      EXPECT_FALSE(result.passed) << what;
      EXPECT_TRUE(std::regex_match(result.reason, std::regex(kKinds[k].reason)))
          << what << result.reason << ": " << result.evidence;
      EXPECT_EQ(result.unit, placed.slot) << what << result.evidence;
    }
  }
}

}  // namespace
}  // namespace gradus
