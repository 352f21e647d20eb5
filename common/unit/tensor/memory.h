/// Live memory as ATen's CPU allocator sees it: every tensor's storage and every kernel's workspace.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace gradus {

/// Counts the allocations of this thread from construction to destruction, in bytes above what was live before.
class LiveMemory {
 public:
  LiveMemory();
  ~LiveMemory();
  LiveMemory(const LiveMemory&) = delete;

  int64_t live() const;
  int64_t peak() const;
  /// Opens a span; closing gives its peak above what was live at its start. Spans nest.
  void open();
  int64_t close();

 private:
  struct Reporter;
  std::shared_ptr<Reporter> reporter_;
};

}  // namespace gradus
