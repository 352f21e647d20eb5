// The evaluator against CPython: every section of python/*.py prints here what python3.11 printed (python/*.out,
// written by python/regenerate.py), uncaught tracebacks with their carets included.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "unit/run/interpreter.h"

namespace gradus {
namespace {

struct Section {
  std::string name, text;
};

std::vector<Section> sections(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<Section> all;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("# %% ", 0) == 0)
      all.push_back({line.substr(5), ""});
    else if (!all.empty())
      all.back().text += line + "\n";
  }
  return all;
}

std::string printed(const std::string& source) {
  Interpreter interpreter;
  std::string out;
  interpreter.print_sink = [&](std::string_view s) { out += s; };
  try {
    interpreter.run(source, "snippet.py", "__main__");
  } catch (const UnitError& e) {
    out += std::string(e.what()) + "\n";
  }
  return out;
}

class Language : public testing::TestWithParam<std::string> {};

TEST_P(Language, PrintsWhatPythonPrints) {
  const std::filesystem::path source = GetParam();
  std::filesystem::path golden = source;
  golden.replace_extension(".out");
  const std::vector<Section> programs = sections(source), expected = sections(golden);
  ASSERT_EQ(programs.size(), expected.size());
  for (size_t k = 0; k < programs.size(); ++k) {
    ASSERT_EQ(programs[k].name, expected[k].name);
    std::string got = printed(programs[k].text);
    if (!got.empty() && got.back() != '\n') got += '\n';
    EXPECT_EQ(got, expected[k].text) << source.filename() << ": " << programs[k].name;
  }
}

std::vector<std::string> all_sources() {
  const char* root = std::getenv("GRADUS_SOURCE");
  std::vector<std::string> all;
  const std::filesystem::path folder = std::filesystem::path(root ? root : ".") / "tests/unit/python";
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".py" && entry.path().filename() != "regenerate.py") all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, Language, testing::ValuesIn(all_sources()),
                         [](const auto& file) { return std::filesystem::path(file.param).stem().string(); });

}  // namespace
}  // namespace gradus
