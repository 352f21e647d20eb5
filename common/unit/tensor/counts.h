/// Exact counts of what a unit computes: FLOPs, bytes and peak live memory per operator and per module.
///
/// A multiply-add is two FLOPs. An elementwise operator costs one FLOP an element of its result (softmax 5, the
/// normalisations 8), a reduction one an element of its input, a sort n log₂ n, an FFT 5 n log₂ n; views, copies and
/// gathers cost bytes only. Bytes are those of the operands read and the results written, as if nothing stayed in
/// cache. The forward pass only; backward of a matrix product is two of its size. Peaks are measured, not computed:
/// what was live at most while an operator or a module ran, above what was live before, workspaces of kernels included.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "unit/tensor/memory.h"
#include "unit/tensor/tensor.h"

namespace gradus {

struct Cost {
  double flops = 0, bytes = 0, output_bytes = 0;  // output_bytes: new memory, what backward may keep
  int64_t calls = 0, peak_bytes = 0;
  void add(const Cost& c);  // sums; of the peaks the larger
};

Cost cost_of(const OperatorCall&);

/// Counts from construction to destruction. One at a time per Interpreter: it takes the observers.
class Counter {
 public:
  explicit Counter(Interpreter&);
  ~Counter();
  Counter(const Counter&) = delete;
  const Cost& total() const { return total_; }
  const std::map<std::string, Cost>& by_operator() const { return by_operator_; }  // "matmul"
  const std::map<std::string, Cost>& by_module() const { return by_module_; }  // "Block/Attention", children included
  const LiveMemory& memory() const { return memory_; }

 private:
  Interpreter& interpreter_;
  Cost total_;
  std::map<std::string, Cost> by_operator_, by_module_;
  std::vector<std::string> open_;  // paths of the modules now running
  LiveMemory memory_;
};

}  // namespace gradus
