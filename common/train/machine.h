/// What a training or scoring process does to the machine before its first tensor: threads, pages, the GEMM back end.
#pragma once

#include <c10/core/ScalarType.h>

#include <functional>
#include <string>

namespace gradus {

/// Threads of this process: OMP_NUM_THREADS, else SLURM_CPUS_PER_TASK, else the cores it may use, shared among the
/// ranks on this node.
int default_threads();
/// The processor's name, as the kernel has it; "unknown" where it has none.
std::string cpu_model();
/// As many threads as pay for a step of that much work: below some GFLOP a thread, they wait for one another.
int useful_threads(int threads, double flops_per_step);

/// Sets the threads of libtorch, and makes malloc keep the pages it has: by default every activation above 32 MB goes
/// back to the system and is zeroed again, a third of an eager CPU step.
void prepare_process(int n_threads);

/// Where fp32 matrix products run. oneDNN is twice as fast as MKL on AMD; on a CPU with AMX its switch rounds to bf16,
/// so the error is measured, not assumed.
enum class Gemm { kMkl, kOnednn };
const char* to_string(Gemm gemm);  // "mkl", "onednn"
/// float32 or bfloat16; Error where this processor has no bfloat16 arithmetic, for emulated it is slower than float32.
/// On a GPU that is never asked: those that the CUDA module is built for all have it.
at::ScalarType parse_precision(const std::string& name, bool on_gpu = false);
Gemm parse_gemm(const std::string& name);  // Error naming both for anything else

void use_gemm(Gemm gemm);

struct GemmProbe {
  Gemm chosen = Gemm::kMkl;
  double mkl_seconds = 0, onednn_seconds = 0;  // of the work given, the faster of two goes
  double mkl_error = 0, onednn_error = 0;      // of a product, largest against float64 over the largest magnitude
};
/// The faster back end, of those with fp32 error, at this work: a step of the very model, since oneDNN, fast at large
/// products, takes twice MKL's time for a step of small attention heads. Leaves the choice in use.
GemmProbe probe_gemm(const std::function<void()>& work);

}  // namespace gradus
