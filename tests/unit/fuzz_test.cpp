// The seeds of the fuzzers and everything they ever found (tests/fuzz/found/), replayed.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "../fuzz/target.h"

namespace gradus {
namespace {

std::vector<std::string> texts_of(const std::string& folder) {
  const char* root = std::getenv("GRADUS_SOURCE");
  const auto path = std::filesystem::path(root ? root : ".") / folder;
  std::vector<std::string> texts;
  if (!std::filesystem::is_directory(path)) return texts;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() == ".md") continue;  // the folder's page
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

TEST(Fuzz, SeedsAreTaken) {
  size_t parsed = 0, n = 0;
  for (const char* folder : {"tests/unit/python", "data/units", "tests/peer/cases"})
    for (const auto& text : texts_of(folder)) ++n, parsed += fuzz_syntax(text);
  EXPECT_GT(n, 20u);
  EXPECT_GT(parsed, n / 3);
  size_t ran = 0, units = 0;
  for (const auto& text : texts_of("data/units")) ++units, ran += fuzz_evaluator(text);
  EXPECT_EQ(ran, units);
}

TEST(Fuzz, NothingFoundFallsAgain) {
  for (const auto& text : texts_of("tests/fuzz/found")) fuzz_syntax(text), fuzz_evaluator(text);
}

}  // namespace
}  // namespace gradus
