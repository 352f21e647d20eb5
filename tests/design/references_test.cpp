// Every unit of the library is held to its slow reference (references/NAME.py) by our interpreter: outputs and
// gradients in float64, float32 and bfloat16. tests/peer/references_peer.py runs the same files in stock PyTorch.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "design/builtin.h"
#include "unit/run/interpreter.h"
#include "unit/tensor/tensor.h"

namespace gradus {
namespace {

std::filesystem::path folder() {
  const char* root = std::getenv("GRADUS_SOURCE");
  return std::filesystem::path(root ? root : ".") / "tests/design/references";
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// One world with the library in it: its units are many and run once.
class World {
 public:
  World() : in_(limits()) {
    install_torch(in_);
    harness_ = in_.run(text_of(folder() / "harness.py"), "harness.py");
    units_ = make<Dict>();
    for (const auto& [file, text] : builtin_units()) {
      const std::string name(file.substr(0, file.size() - 3));
      const Value module(in_.run(std::string(text), name));
      units_->set(in_.intern(name), in_.invoke(function("unit_of"), {module}));
    }
  }
  /// Largest differences by dtype; UnitError with the place of one that is too large.
  std::string hold(const std::string& name) {
    const Ref<ModuleObject> law = in_.run(text_of(folder() / (name + ".py")), name + ".py");
    return in_.str(in_.invoke(function("hold"), {Value(units_), Value(make<Str>(name)), Value(law)}));
  }

 private:
  static Limits limits() {
    Limits all;
    all.steps = uint64_t{1} << 60;
    return all;
  }
  Value function(const char* name) { return *harness_->attributes->find(in_.intern(name).get()); }

  Interpreter in_;
  Ref<ModuleObject> harness_;
  Ref<Dict> units_;
};

class Reference : public testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() { world_ = std::make_unique<World>(); }
  static void TearDownTestSuite() { world_.reset(); }
  static inline std::unique_ptr<World> world_;
};

TEST_P(Reference, IsWhatTheUnitComputes) {
  ASSERT_TRUE(std::filesystem::exists(folder() / (GetParam() + ".py"))) << "a unit without a slow reference";
  try {
    RecordProperty("differences", world_->hold(GetParam()));
  } catch (const UnitError& e) {
    FAIL() << e.what();
  }
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& [file, text] : builtin_units()) all.emplace_back(file.substr(0, file.size() - 3));
  return all;
}

INSTANTIATE_TEST_SUITE_P(Units, Reference, testing::ValuesIn(names()), [](const auto& name) { return name.param; });

}  // namespace
}  // namespace gradus
