// libgradus_cuda.so: the Accelerator of train/accelerator.h on one NVIDIA GPU.
#include <ATen/Context.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/core/AutogradState.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <c10/util/Exception.h>
#include <cuda_runtime_api.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <set>
#include <stdexcept>

#include "cuda/kernels.h"
#include "cuda/ranks.h"
#include "train/accelerator.h"

namespace gradus {
namespace {

namespace allocator = c10::cuda::CUDACachingAllocator;

/// libtorch's warnings, each once: an operator without a deterministic kernel says so at every call.
class OnceWarnings final : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override {
    const std::lock_guard lock(mutex_);
    const std::string text = warning.msg().substr(0, warning.msg().find_first_of("\n("));
    if (said_.insert(text).second) std::fprintf(stderr, "warning: libtorch: %s\n", text.c_str());
  }

 private:
  std::mutex mutex_;
  std::set<std::string> said_;
};

class Graph final : public Recording {
 public:
  explicit Graph(const std::function<void()>& work) {
    graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      work();
    } catch (...) {
      try {
        graph_.capture_end();
      } catch (...) {  // it was broken off: that is known
      }
      cudaGetLastError();
      throw;
    }
    graph_.capture_end();
  }
  void replay() override { graph_.replay(); }

 private:
  at::cuda::CUDAGraph graph_;
};

class Gpu final : public Accelerator {
 public:
  explicit Gpu(int index) : device_(c10::kCUDA, static_cast<c10::DeviceIndex>(index)) {
    c10::cuda::set_device(device_.index());
    at::globalContext().lazyInitDevice(c10::kCUDA);
    // Never the default stream, on which nothing can be recorded; backward runs in the calling thread, and so there.
    c10::cuda::setCurrentCUDAStream(c10::cuda::getStreamFromPool(false, device_.index()));
    c10::AutogradState::get_tls_state().set_multithreading_enabled(false);
    // float32 is float32: TF32 would round the operands to 10 bits.
    at::globalContext().setFloat32MatmulPrecision("highest");
    at::globalContext().setAllowTF32CuDNN(false);
    static OnceWarnings warnings;
    c10::WarningUtils::set_warning_handler(&warnings);
  }
  c10::Device device() const override { return device_; }
  std::string name() const override {
    cudaDeviceProp properties;
    C10_CUDA_CHECK(cudaGetDeviceProperties(&properties, device_.index()));
    return properties.name;
  }
  int64_t free_bytes() const override {
    size_t free = 0, all = 0;
    C10_CUDA_CHECK(cudaMemGetInfo(&free, &all));
    const auto stats = allocator::getDeviceStats(device_.index());
    return static_cast<int64_t>(free) + stats.reserved_bytes[0].current - stats.allocated_bytes[0].current;
  }
  int64_t take_peak_bytes() override {
    const int64_t peak = allocator::getDeviceStats(device_.index()).allocated_bytes[0].peak;
    allocator::resetPeakStats(device_.index());
    return peak;
  }
  void synchronize() override { c10::cuda::getCurrentCUDAStream().synchronize(); }
  void use_deterministic(bool on) override {
    at::globalContext().setDeterministicAlgorithms(on, /*warn_only=*/true);
    at::globalContext().setDeterministicFillUninitializedMemory(false);
  }
  void softmax_gradient(const at::Tensor& z, const at::Tensor& targets, double scale,
                        const at::Tensor& losses) override {
    launch_softmax_gradient(z.data_ptr(), is_half(z), targets.const_data_ptr<int64_t>(), static_cast<float>(scale),
                            losses.data_ptr<float>(), z.size(0), z.size(1), c10::cuda::getCurrentCUDAStream());
    C10_CUDA_CHECK(cudaGetLastError());
  }
  void turn(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin, bool back,
            const at::Tensor& y) override {
    const TurnSizes sizes{x.size(0),   x.size(1),   x.size(2),   x.size(3),
                          x.stride(0), x.stride(1), x.stride(2), x.stride(3)};
    launch_turn(x.const_data_ptr(), is_half(x), cos.const_data_ptr<float>(), sin.const_data_ptr<float>(), back,
                y.data_ptr(), sizes, c10::cuda::getCurrentCUDAStream());
    C10_CUDA_CHECK(cudaGetLastError());
  }
  void gate(const at::Tensor& h, const at::Tensor& y) override {
    launch_gate(h.const_data_ptr(), is_half(h), y.data_ptr(), y.size(0), y.size(1), c10::cuda::getCurrentCUDAStream());
    C10_CUDA_CHECK(cudaGetLastError());
  }
  void gate_backward(const at::Tensor& h, const at::Tensor& dy, const at::Tensor& dh) override {
    launch_gate_backward(h.const_data_ptr(), dy.const_data_ptr(), is_half(h), dh.data_ptr(), dy.size(0), dy.size(1),
                         c10::cuda::getCurrentCUDAStream());
    C10_CUDA_CHECK(cudaGetLastError());
  }
  std::unique_ptr<Recording> record(const std::function<void()>& work) override {
    synchronize();
    return std::make_unique<Graph>(work);
  }
  std::string make_meeting() override { return make_nccl_id(); }
  std::unique_ptr<DeviceRanks> meet(const std::string& meeting, int rank, int size) override {
    return meet_nccl(meeting, rank, size);
  }

 private:
  static bool is_half(const at::Tensor& t) { return t.scalar_type() == at::kBFloat16; }

  c10::Device device_;
};

std::string fault;  // what the last failed call of this module said

template <class F>
auto told(const char** why, F&& f) -> decltype(f()) {
  try {
    return f();
  } catch (const c10::Error& e) {
    fault = e.what_without_backtrace();
  } catch (const std::exception& e) {
    fault = e.what();
  }
  *why = fault.c_str();
  return {};
}

}  // namespace
}  // namespace gradus

extern "C" {
int gradus_cuda_interface() { return gradus::kAcceleratorInterface; }

/// How many GPUs there are; 0: why none.
int gradus_cuda_devices(const char** why) {
  return gradus::told(why, [&] {
    int n = 0;
    if (const cudaError_t answer = cudaGetDeviceCount(&n); answer != cudaSuccess)
      throw std::runtime_error(cudaGetErrorString(answer));
    if (n == 0) throw std::runtime_error("the driver sees none");
    return n;
  });
}

/// Null: why.
gradus::Accelerator* gradus_cuda_open(int device, const char** why) {
  // Read when cuBLAS starts: with it, its products are the same bits every time.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  return gradus::told(why, [&]() -> gradus::Accelerator* { return new gradus::Gpu(device); });
}
}
