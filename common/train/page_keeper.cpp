#include "train/page_keeper.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <stdlib.h>

#include <atomic>
#include <bit>
#include <cstdint>
#include <mutex>
#include <new>
#include <vector>

namespace gradus {
namespace {

constexpr size_t kAlignment = 64;  // of every tensor; the header takes as much in front of it
constexpr int kSteps = 4;          // size classes between two powers of two: at most a quarter is wasted
constexpr int kClasses = 64 * kSteps;

/// Classes 2^k, 1.25 · 2^k, 1.5 · 2^k, 1.75 · 2^k.
struct SizeClass {
  int index;
  size_t bytes;
};
SizeClass size_class(size_t bytes) {
  bytes = bytes < 256 ? 256 : bytes;
  const int k = std::bit_width(bytes - 1) - 1;  // 2^k < bytes ≤ 2^(k+1)
  const size_t step = (size_t{1} << k) / kSteps;
  const size_t up = (bytes - (size_t{1} << k) + step - 1) / step;  // 1 … kSteps
  return {k * kSteps + static_cast<int>(up), (size_t{1} << k) + up * step};
}

struct Header {
  int class_index;
  size_t bytes;  // asked for
};

/// To whoever counts live memory (unit/tensor/memory), as libtorch's own allocator does.
void report(void* data, int64_t bytes) {
  if (!c10::memoryProfilingEnabled()) return;
  static std::atomic<int64_t> all{0};
  c10::reportMemoryUsageToProfiler(data, bytes, static_cast<size_t>(all += bytes), 0,
                                   c10::Device(c10::DeviceType::CPU));
}

class PageKeeper final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    const c10::Device cpu(c10::DeviceType::CPU);
    if (bytes == 0) return {nullptr, nullptr, &release, cpu};
    void* block = take(bytes);
    static_cast<Header*>(block)->bytes = bytes;
    void* data = static_cast<char*>(block) + kAlignment;
    report(data, static_cast<int64_t>(bytes));
    return {data, data, &release, cpu};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, size_t bytes) const override { default_copy_data(to, from, bytes); }

 private:
  struct Lists {
    std::mutex mutex;
    std::vector<void*> blocks[kClasses + 1];
  };
  static Lists& lists() {
    static Lists* const l = new Lists;  // never destroyed: tensors may be released while the process ends
    return *l;
  }
  static void* take(size_t bytes) {
    const SizeClass c = size_class(bytes);
    {
      const std::lock_guard lock(lists().mutex);
      auto& waiting = lists().blocks[c.index];
      if (!waiting.empty()) {
        void* block = waiting.back();
        waiting.pop_back();
        return block;
      }
    }
    void* block = nullptr;
    if (c.bytes < bytes || ::posix_memalign(&block, kAlignment, c.bytes + kAlignment) != 0) throw std::bad_alloc();
    static_cast<Header*>(block)->class_index = c.index;
    return block;
  }
  static void release(void* data) {
    if (!data) return;
    void* block = static_cast<char*>(data) - kAlignment;
    report(data, -static_cast<int64_t>(static_cast<Header*>(block)->bytes));
    const std::lock_guard lock(lists().mutex);
    lists().blocks[static_cast<Header*>(block)->class_index].push_back(block);
  }
};

}  // namespace

void keep_tensor_pages() {
  static const bool done = [] {
    c10::SetCPUAllocator(new PageKeeper, 1);  // libtorch takes ownership
    return true;
  }();
  (void)done;
}

}  // namespace gradus
