#include "train/machine.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <malloc.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/rng.h"
#include "train/page_keeper.h"

namespace gradus {
namespace {

constexpr double kLargestError = 1e-5;   // relative, of fp32 products with inner sizes to 512: measured 1e-6
constexpr double kFlopsPerThread = 4e9;  // of a step: below, two threads are no faster than one (measured at nano)

double environment_number(const char* name) {
  const char* text = std::getenv(name);
  return text ? std::atof(text) : 0;
}

at::Tensor uniform_matrix(int64_t rows, int64_t columns, uint64_t key) {
  at::Tensor m = at::empty({rows, columns}, at::kFloat);
  const Stream stream(key);
  float* p = m.data_ptr<float>();
  for (int64_t i = 0; i < m.numel(); ++i) p[i] = static_cast<float>(stream.uniform(static_cast<uint64_t>(i))) - 0.5f;
  return m;
}

/// Error of the product in use against float64.
double product_error() {
  const at::NoGradGuard no_grad;
  const at::Tensor a = uniform_matrix(128, 512, 1), b = uniform_matrix(512, 128, 2);
  const at::Tensor exact = at::mm(a.to(at::kDouble), b.to(at::kDouble));
  return (at::mm(a, b).to(at::kDouble) - exact).abs().max().item<double>() / exact.abs().max().item<double>();
}

/// The faster of two goes, after one that fills the caches.
double seconds_of(const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  work();
  double best = 1e9;
  for (int i = 0; i < 2; ++i) {
    const auto start = Clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

}  // namespace

int default_threads() {
  for (const char* name : {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"})
    if (const double n = environment_number(name); n >= 1) return static_cast<int>(n);
  cpu_set_t cores;
  const int n = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
  const double ranks = std::max(1.0, environment_number("OMPI_COMM_WORLD_LOCAL_SIZE"));
  return std::max(1, static_cast<int>(n / ranks));
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(std::min(line.size(), line.find(':') + 2));
  return "unknown";
}

int useful_threads(int threads, double flops_per_step) {
  return std::clamp(static_cast<int>(flops_per_step / kFlopsPerThread), 1, threads);
}

void prepare_process(int n_threads) {
  keep_tensor_pages();
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_TOP_PAD, 64 << 20);
  at::set_num_threads(n_threads);
}

const char* to_string(Gemm gemm) { return gemm == Gemm::kMkl ? "mkl" : "onednn"; }

Gemm parse_gemm(const std::string& name) {
  if (name == "cublas") return Gemm::kMkl;  // of a run on a GPU that goes on here: any machine has MKL
  if (name == "mkl") return Gemm::kMkl;
  if (name == "onednn") return Gemm::kOnednn;
  throw Error("unknown matrix back end '" + name + "': mkl, onednn or probe");
}

at::ScalarType parse_precision(const std::string& name, bool on_gpu) {
  if (name == "float32") return at::kFloat;
  if (name != "bfloat16") throw Error("unknown pretrain.precision '" + name + "': float32 or bfloat16");
  if (on_gpu) return at::kBFloat16;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bf16")) return at::kBFloat16;
#endif
  throw Error("pretrain.precision is bfloat16, but this processor ('" + cpu_model() +
              "') has no bfloat16 arithmetic (AVX512_BF16): set it to float32");
}

void use_gemm(Gemm gemm) { at::globalContext().setFloat32MatmulPrecision(gemm == Gemm::kMkl ? "highest" : "medium"); }

GemmProbe probe_gemm(const std::function<void()>& work) {
  GemmProbe probe;
  use_gemm(Gemm::kMkl);
  probe.mkl_error = product_error();
  probe.mkl_seconds = seconds_of(work);
  use_gemm(Gemm::kOnednn);
  probe.onednn_error = product_error();
  probe.onednn_seconds = seconds_of(work);
  const bool exact = probe.onednn_error < kLargestError;
  probe.chosen = exact && probe.onednn_seconds < probe.mkl_seconds ? Gemm::kOnednn : Gemm::kMkl;
  use_gemm(probe.chosen);
  return probe;
}

}  // namespace gradus
