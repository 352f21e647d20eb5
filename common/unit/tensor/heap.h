/// What the objects of an interpreter hold, so that state which a call leaves behind is found wherever it hides: in
/// attributes, buffers, lists, closures, default arguments, classes, globals or suspended generators.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "unit/run/interpreter.h"

namespace gradus {

/// The contents of all containers at one moment. Values are compared by content, never by identity: a tensor made anew
/// with the same numbers, or a list with the same items, is no change.
class HeapSnapshot {
 public:
  explicit HeapSnapshot(Interpreter&);

  struct Change {
    std::string where;  // "Mixer.calls", "closure of forward", "list"
    bool is_tensor;     // a tensor's numbers changed, not its shape
    at::Tensor tensor;  // as it is now, where is_tensor
  };
  /// What containers known to both snapshots hold otherwise in `later`.
  std::vector<Change> changes(const HeapSnapshot& later) const;

 private:
  struct Item {
    std::string name;
    uint64_t content;
    at::Tensor tensor;  // where the item is one
  };
  friend class HeapReader;
  std::unordered_map<const Object*, std::vector<Item>> items_;
};

/// Tensors of floating type that some object holds and that are none of `parameters` nor views of one; is_parameter:
/// made by nn.Parameter, but no module knows it, so that nothing would train or save it.
struct HeldTensor {
  std::string where;
  at::Tensor tensor;
  bool is_parameter = false;
  uint64_t content = 0;  // a hash of its numbers
};
std::vector<HeldTensor> held_tensors(Interpreter&, const std::vector<at::Tensor>& parameters);

}  // namespace gradus
