/// Refuses, before it is tried, a tensor that is larger than Limits::tensor_bytes of the interpreter that runs.
#pragma once

#include <cstddef>
#include <new>
#include <string>

namespace gradus {

/// A MemoryError in the unit.
struct TensorTooLarge : std::bad_alloc {
  TensorTooLarge(size_t bytes, size_t limit);
  const char* what() const noexcept override { return text.c_str(); }
  std::string text;
};

/// Puts the check before the CPU allocator that is in place (the trainer's, if it came first). Idempotent.
void bound_allocations();

}  // namespace gradus
