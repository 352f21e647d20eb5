// What the prelude has of other packages, held to naive loops (foreign/*.py). tests/peer/foreign_peer.py runs the same
// files in CPython on the packages themselves, where they are installed.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tensor_fixture.h"

namespace gradus {
namespace {

std::filesystem::path folder() {
  const char* root = std::getenv("GRADUS_SOURCE");
  return std::filesystem::path(root ? root : ".") / "tests/unit/foreign";
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

class Foreign : public testing::TestWithParam<std::string> {};

TEST_P(Foreign, AgreesWithLoops) {
  Interpreter in;
  install_torch(in);
  Ref<ModuleObject> module = in.run(text_of(folder() / "tools.py") + text_of(GetParam()), GetParam());
  std::vector<std::pair<std::string, Value>> checks;
  for (const auto& e : module->attributes->entries())
    if (e.key.is(Kind::kStr) && e.key.as<Str>().text.starts_with("check_")) checks.emplace_back(in.str(e.key), e.value);
  EXPECT_FALSE(checks.empty());
  for (const auto& [name, check] : checks) {
    try {
      in.invoke(check, {});
    } catch (const UnitError& e) {
      ADD_FAILURE() << name << ": " << e.what();
    }
  }
}

std::vector<std::string> files() {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder()))
    if (entry.path().extension() == ".py" && entry.path().filename() != "tools.py") all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, Foreign, testing::ValuesIn(files()),
                         [](const auto& file) { return std::filesystem::path(file.param).stem().string(); });

}  // namespace
}  // namespace gradus
