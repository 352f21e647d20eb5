// fuzz_evaluator - libFuzzer over the whole language with small tensors; see tests/soak.sh.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A world serves some texts before the next: importing torch takes a thousand times as long as a text. So what falls
  // may owe it to a text before; it is replayed in a world of its own by tests/unit/fuzz_test.cpp.
  constexpr int kTexts = 64;
  constexpr uint64_t kSteps = 30'000;
  static std::unique_ptr<gradus::FuzzWorld> world;
  static int n = 0;
  if (!world || ++n == kTexts || world->steps() > kSteps) {
    world = std::make_unique<gradus::FuzzWorld>();
    world->run("import torch, einops");
    n = 0;
  }
  world->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
