// fuzz_evaluator - libFuzzer over the whole language with small tensors; see tests/soak.sh.
#include <cstddef>
#include <cstdint>

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  gradus::fuzz_evaluator({reinterpret_cast<const char*>(data), size});
  return 0;
}
