#include "unit/tensor/memory.h"

#include <c10/core/Allocator.h>
#include <c10/util/Logging.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>

namespace gradus {

struct LiveMemory::Reporter : c10::MemoryReportingInfoBase {
  struct Span {
    int64_t start, peak;
  };
  int64_t live = 0;
  std::vector<Span> spans{{0, 0}};

  void reportMemoryUsage(void*, int64_t size, size_t, size_t, c10::Device) override {
    live += size;  // negative when freed
    spans.back().peak = std::max(spans.back().peak, live);
  }
  bool memoryProfilingEnabled() const override { return true; }
};

LiveMemory::LiveMemory() : reporter_(std::make_shared<Reporter>()) {
  // libtorch warns of blocks that are older than the count: they are, and are no part of it.
  FLAGS_caffe2_log_level = c10::GLOG_ERROR;
  c10::ThreadLocalDebugInfo::_push(c10::DebugInfoKind::PROFILER_STATE, reporter_);
}

LiveMemory::~LiveMemory() { c10::ThreadLocalDebugInfo::_pop(c10::DebugInfoKind::PROFILER_STATE); }

int64_t LiveMemory::live() const { return reporter_->live; }

int64_t LiveMemory::peak() const {
  int64_t peak = 0;
  for (const auto& span : reporter_->spans) peak = std::max(peak, span.peak);
  return peak;
}

void LiveMemory::open() { reporter_->spans.push_back({reporter_->live, reporter_->live}); }

int64_t LiveMemory::close() {
  auto& spans = reporter_->spans;
  const Reporter::Span closed = spans.back();
  spans.pop_back();
  spans.back().peak = std::max(spans.back().peak, closed.peak);
  return closed.peak - closed.start;
}

}  // namespace gradus
