// The embedded texts are the files of the tree, byte for byte, in the order of their names.
#include "design/builtin.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "unit/prelude/sources.h"

namespace gradus {
namespace {

using Texts = std::vector<std::pair<std::string_view, std::string_view>>;

std::map<std::string, std::string> read_folder(const std::string& folder, const std::string& extension) {
  const std::filesystem::path root = std::filesystem::path(std::getenv("GRADUS_SOURCE")) / folder;
  std::map<std::string, std::string> texts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != extension) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    texts[entry.path().lexically_relative(root).string()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return texts;
}

void expect_embedded(const Texts& embedded, const std::string& folder, const std::string& extension,
                     const std::string& elsewhere = {}) {
  auto files = read_folder(folder, extension);
  std::erase_if(files, [&](const auto& file) { return !elsewhere.empty() && file.first.starts_with(elsewhere); });
  ASSERT_EQ(embedded.size(), files.size()) << folder;
  auto file = files.begin();
  for (const auto& [name, text] : embedded) {
    EXPECT_EQ(name, file->first);
    EXPECT_TRUE(text == file->second) << folder << "/" << name << " differs from what is embedded";
    ++file;
  }
}

TEST(Builtin, HoldsTheFilesOfTheTree) {
  if (!std::getenv("GRADUS_SOURCE")) GTEST_SKIP() << "GRADUS_SOURCE is not set";
  expect_embedded(prelude_sources(), "common/unit/prelude", ".py");
  expect_embedded(builtin_units(), "data/units", ".py");
  expect_embedded(builtin_canaries(), "data/canaries", ".py");
  expect_embedded(builtin_designs(), "data/designs", ".yaml");
  expect_embedded(builtin_configs(), "configs", ".yaml", "tasks/");
}

// A unit that its page does not name is one that nobody finds.
TEST(Builtin, UnitsAreOnTheirPage) {
  if (!std::getenv("GRADUS_SOURCE")) GTEST_SKIP() << "GRADUS_SOURCE is not set";
  const std::filesystem::path path = std::filesystem::path(std::getenv("GRADUS_SOURCE")) / "data/units/README.md";
  std::ifstream file(path);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  for (const auto& [name, text] : builtin_units())
    EXPECT_NE(page.find("| `" + std::string(name.substr(0, name.size() - 3)) + "` |"), std::string::npos) << name;
}

}  // namespace
}  // namespace gradus
