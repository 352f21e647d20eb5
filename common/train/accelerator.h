/// What training on a GPU needs beyond ATen's operators: the few kernels of ours, recorded work, collectives. The one
/// implementation is libgradus_cuda.so (common/cuda), loaded when a GPU is asked for, so that no tool links
/// libtorch_cuda. It knows this header and unit/tensor/fused.h alone.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "unit/tensor/fused.h"

namespace gradus {

/// Work on the device that was recorded once: the same kernels on the same addresses, without what it costs to start
/// each.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual void replay() = 0;
};

/// A collective on its way. It waits for what was in the device's queue before it, and nothing after it waits for it.
class Arrival {
 public:
  virtual ~Arrival() = default;
  /// Whether it has arrived; then what follows sees it. Throws when the network has failed.
  virtual bool done() = 0;
};

/// Collectives among ranks, each with a device of its own: pointers are the device's.
class DeviceRanks {
 public:
  virtual ~DeviceRanks() = default;
  /// mine ← Σ over ranks of their values[rank × part … + part).
  virtual std::unique_ptr<Arrival> sum_scatter(const float* values, float* mine, int64_t part) = 0;
  /// Part r of `values` is rank r's; afterwards every rank has all.
  virtual std::unique_ptr<Arrival> gather(float* values, int64_t part) = 0;
};

class Accelerator : public FusedKernels {
 public:
  virtual c10::Device device() const = 0;
  virtual std::string name() const = 0;  // "NVIDIA H100 80GB HBM3"
  virtual int64_t free_bytes() const = 0;
  /// The most that tensors took since the last call.
  virtual int64_t take_peak_bytes() = 0;
  virtual void synchronize() = 0;
  /// Only kernels that give the same bits every time; where an operator has none, a warning, once.
  virtual void use_deterministic(bool on) = 0;

  /// Of rows of logits z (m, V), float32 or bfloat16: z ← scale × (softmax(z) − onehot(target)), in place, and
  /// losses (m), float32, ← logsumexp(z) − z[target].
  virtual void softmax_gradient(const at::Tensor& z, const at::Tensor& targets, double scale,
                                const at::Tensor& losses) = 0;

  /// Runs the work so that its kernels are kept and not started. Throws where it needs the host in between (`.item()`,
  /// sizes that depend on values, copies from the host): then nothing has happened.
  virtual std::unique_ptr<Recording> record(const std::function<void()>& work) = 0;

  /// The bytes by which ranks find each other: made on one, given to all, by MPI.
  virtual std::string make_meeting() = 0;
  virtual std::unique_ptr<DeviceRanks> meet(const std::string& meeting, int rank, int size) = 0;
};

/// Of the interface above: a module of another build is refused.
constexpr int kAcceleratorInterface = 1;

enum class DeviceKind { kCpu, kCuda };
struct DeviceChoice {
  DeviceKind kind = DeviceKind::kCpu;
  std::string why;             // the CPU, where it was not asked for: "no CUDA module", "no GPU"
  bool is_surprising = false;  // a CUDA module is there, so somebody meant to use a GPU
};
/// `setting`: cpu, cuda or auto. Error where cuda is asked for and is not there, saying what is missing.
DeviceChoice choose_device(const std::string& setting);

/// The GPU of this rank, number `local_rank` on its node. Once a process; Error where there are fewer GPUs than ranks.
Accelerator& cuda_accelerator(int local_rank, int local_ranks);

}  // namespace gradus
