/// What a unit computes, as a text that does not depend on how it is written: the graph of its ATen calls. Equal texts
/// are equal designs (`trace_id`, design.md §4).
///
/// From the outputs backwards, depth first in the order of operands, every call that reaches them gets a number when
/// all it needs has one; parameters (`p0`, with dtype and shape) and inputs (`x0`) are numbered by first use in that
/// order. So neither names, nor the order of independent calls, nor dead calls matter. A tensor that no call made (a
/// buffer, a literal) is its content's hash, a Python number joined to a tensor is that number. A write in place is a
/// call whose later readers, through whatever view, name it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "unit/tensor/tensor.h"

namespace gradus {

constexpr int kTraceScheme = 1;

/// Records from construction to destruction; keeps every tensor alive meanwhile. Takes the observer.
class Tracer {
 public:
  Tracer(Interpreter&, const std::vector<NamedTensor>& parameters, const std::vector<at::Tensor>& inputs);
  ~Tracer();
  Tracer(const Tracer&) = delete;
  std::string text(const std::vector<at::Tensor>& outputs) const;
  std::string trace_id(const std::vector<at::Tensor>& outputs) const;  // 16 hex digits of the text's SHA-256
  size_t calls() const;
  struct Graph;

 private:
  Interpreter& interpreter_;
  std::unique_ptr<Graph> graph_;
};

}  // namespace gradus
