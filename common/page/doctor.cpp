#include "page/doctor.h"

#include <ATen/Config.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/rand.h>
#include <link.h>
#include <torch/version.h>

#define OMPI_SKIP_MPICXX 1  // the C++ bindings of Open MPI would want a library of their own
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <set>

#include "base/log.h"
#include "train/tokens.h"

namespace gradus {
namespace fs = std::filesystem;
namespace {

using Level = Finding::Level;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

template <class Work>
double fastest(int times, Work work) {
  double best = 1e9;
  for (int i = 0; i < times; ++i) {
    const auto start = Clock::now();
    work();
    best = std::min(best, seconds_since(start));
  }
  return best;
}

Finding examine_libtorch() {
  const std::string built = TORCH_VERSION, words = at::show_config();
  const size_t at = words.find("TORCH_VERSION=");
  const std::string loaded =
      at == words.npos ? built : words.substr(at + 14, words.find_first_of(", \n", at + 14) - at - 14);
  std::set<std::string> files;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* out) {
        if (std::strstr(info->dlpi_name, "libtorch_cpu.so"))
          static_cast<std::set<std::string>*>(out)->insert(info->dlpi_name);
        return 0;
      },
      &files);
  const std::string where = files.empty() ? "?" : *files.begin();
  if (files.size() > 1)
    return {Level::kFail, "libtorch", std::to_string(files.size()) + " of them are loaded: " + where,
            "unset LD_LIBRARY_PATH and LD_PRELOAD"};
  if (!loaded.starts_with(built.substr(0, built.find('+'))))
    return {Level::kFail, "libtorch", "built for " + built + ", loaded " + loaded + " from " + where,
            "build again with LIBTORCH= that one, or take it off LD_LIBRARY_PATH"};
  return {Level::kOk, "libtorch", loaded + " from " + where, ""};
}

Finding examine_gemm(const Site& site) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const int64_t n = 768;
  const at::Tensor a = at::rand({n, n}), b = at::rand({n, n});
  at::matmul(a, b);
  const double rate = 2.0 * double(n * n * n) / fastest(4, [&] { at::matmul(a, b); }) / 1e9;
  at::set_num_threads(threads);
  const std::string found = format_fixed(rate, 1) + " GFLOP/s in float32 on one core";
  if (rate < 5)
    return {Level::kWarning, "matrix products", found, "is this libtorch with MKL or oneDNN? is the machine busy?"};
  const Resources pretrain = site.resources("pretrain");
  const double told = pretrain.gflops / double(pretrain.cores);
  if (pretrain.gpus == 0 && told > rate)
    return {Level::kWarning, "matrix products",
            found + ", the site's forecast takes " + format_fixed(told, 1) + " a core",
            "resources.pretrain.gflops in site.yaml"};
  return {Level::kOk, "matrix products", found, ""};
}

Finding examine_copy() {
  const size_t n = size_t{64} << 20;
  std::vector<char> from(n, 1), to(n, 2);
  const double rate = double(n) / fastest(3, [&] { std::memcpy(to.data(), from.data(), n); });
  return {rate < 1e9 ? Level::kWarning : Level::kOk, "memory copies", format_bytes(rate) + "/s on one core",
          rate < 1e9 ? "is the machine busy, or out of memory?" : ""};
}

/// With one device visible to each of several ranks of a node, NCCL goes by host memory: NVIDIA/nccl#1066.
Finding examine_devices(const Site& site) {
  bool wanted = false;
  for (const auto& [kind, node] : site.kinds) {
    if (kind != "all") wanted = wanted || resources_of(site, kind).gpus > 0;
  }
  const bool cuda = at::globalContext().hasCUDA();
  if (::getenv("SLURM_GPUS_PER_TASK"))
    return {Level::kWarning, "devices", "bound to tasks: each rank sees one, and NCCL goes without NVLink",
            "ask by --gpus-per-node, as slurm/ does"};
  if (wanted && !cuda)
    return {Level::kWarning, "devices", "site.yaml asks for GPUs, this libtorch has no CUDA or sees none",
            "on a login node: nothing; else a libtorch with CUDA"};
  return {Level::kOk, "devices", cuda ? "CUDA" : "CPU only, no NCCL", ""};
}

}  // namespace

std::string to_line(const Finding& f) {
  const char* level = f.level == Level::kOk ? "ok" : f.level == Level::kWarning ? "warn" : "fail";
  return std::string(level) + "\t" + f.what + "\t" + f.found + "\t" + (f.mend.empty() ? "." : f.mend);
}

std::vector<Finding> examine_machine(const Site& site) {
  char mpi[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(mpi, &length);
  const std::string words(mpi, size_t(length));
  return {examine_libtorch(),
          examine_gemm(site),
          examine_copy(),
          examine_devices(site),
          {Level::kOk, "MPI", words.substr(0, words.find_first_of(",\n")), ""}};
}

std::vector<Finding> examine_experiment(const Experiment& experiment) {
  std::vector<Finding> out;
  for (const auto& [name, scale] : experiment.settings().scales) {
    const std::string what = "corpus of " + name;
    try {
      const TokenShard shard = TokenShard::open(experiment.corpus(), scale.vocabulary, Split::kTrain);
      int other = 0, runs = 0;
      for (const auto& [design, run] : experiment.finished_runs(name)) {
        const auto result = read_yaml<RunResult>(experiment.run_directory(design, run) / "pretrain.yaml");
        ++runs, other += result.corpus_hash != shard.corpus_hash();
      }
      const std::string found = format_count(double(shard.size())) + " tokens, hash " + shard.corpus_hash();
      if (other > 0)
        out.push_back({Level::kFail, what,
                       found + "; " + std::to_string(other) + " of " + std::to_string(runs) + " runs are of another",
                       "bring back the corpus that they were made from, or make a new experiment"});
      else if (double(shard.size()) < double(scale.tokens) / 4)
        out.push_back({Level::kWarning, what, found + ", a run reads " + format_count(double(scale.tokens)),
                       "more text: each token is seen more than four times"});
      else
        out.push_back({Level::kOk, what, found + ", of all " + std::to_string(runs) + " runs", ""});
    } catch (const Error& fault) {
      out.push_back({Level::kFail, what, fault.what(), "bin/prepare " + experiment.root().string() + " --text FOLDER"});
    }
  }
  return out;
}

}  // namespace gradus
