// fuzz_syntax - libFuzzer over everything a text meets before it runs; see tests/soak.sh.
#include <cstddef>
#include <cstdint>

#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  gradus::fuzz_syntax({reinterpret_cast<const char*>(data), size});
  return 0;
}
