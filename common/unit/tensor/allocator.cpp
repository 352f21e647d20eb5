#include "unit/tensor/allocator.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <cstdio>

#include "unit/run/state.h"

namespace gradus {

namespace {

struct BoundedAllocator final : c10::Allocator {
  explicit BoundedAllocator(c10::Allocator* below) : below_(below) {}
  c10::DataPtr allocate(size_t bytes) override {
    if (const uint64_t limit = tensor_bytes_now(); bytes > limit) throw TensorTooLarge(bytes, limit);
    return below_->allocate(bytes);
  }
  c10::DeleterFnPtr raw_deleter() const override { return below_->raw_deleter(); }
  void copy_data(void* to, const void* from, size_t bytes) const override { below_->copy_data(to, from, bytes); }

 private:
  c10::Allocator* below_;
};

}  // namespace

TensorTooLarge::TensorTooLarge(size_t bytes, size_t limit) {
  char words[100];
  std::snprintf(words, sizeof words, "a tensor of %.3g GB is larger than the limit of %.3g GB",
                static_cast<double>(bytes) / 1e9, static_cast<double>(limit) / 1e9);
  text = words;
}

void bound_allocations() {
  static const bool done = [] {
    // Above any other's priority: what is set later does not displace the limit. libtorch takes ownership.
    c10::SetCPUAllocator(new BoundedAllocator(c10::GetCPUAllocator()), 2);
    return true;
  }();
  (void)done;
}

}  // namespace gradus
