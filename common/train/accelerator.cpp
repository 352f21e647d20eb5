#include "train/accelerator.h"

#include <dlfcn.h>

#include <filesystem>

#include "base/error.h"
#include "base/log.h"

namespace gradus {
namespace {

constexpr char kModule[] = "libgradus_cuda.so";

/// The module's functions, or why there are none.
struct Module {
  int (*devices)(const char** why) = nullptr;
  Accelerator* (*open)(int device, const char** why) = nullptr;
  std::string fault;
};

std::filesystem::path module_path() {
  std::error_code e;
  return std::filesystem::read_symlink("/proc/self/exe", e).parent_path() / kModule;
}

Module load() {
  Module m;
  const auto path = module_path();
  if (!std::filesystem::exists(path)) {
    m.fault = "there is no '" + path.string() +
              "': it is built where libtorch has libtorch_cuda.so and the CUDA toolkit and NCCL are found";
    return m;
  }
  // Global: what libtorch_cuda registers with ATen must find the libtorch of this process.
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (!library) {
    m.fault = std::string("cannot load the CUDA module: ") + ::dlerror();
    return m;
  }
  const auto version = reinterpret_cast<int (*)()>(::dlsym(library, "gradus_cuda_interface"));
  m.devices = reinterpret_cast<int (*)(const char**)>(::dlsym(library, "gradus_cuda_devices"));
  m.open = reinterpret_cast<Accelerator* (*)(int, const char**)>(::dlsym(library, "gradus_cuda_open"));
  if (!version || version() != kAcceleratorInterface || !m.devices || !m.open)
    m.fault = "'" + path.string() + "' is of another build: build it again";
  return m;
}

Module& module() {
  static Module m = load();
  return m;
}

/// libtorch adds a page of advice.
std::string first_line(const char* text) {
  const std::string all = text ? text : "";
  return all.substr(0, all.find('\n'));
}

/// How many GPUs there are; 0: why.
int count_devices(std::string& why) {
  if (!module().fault.empty()) {
    why = module().fault;
    return 0;
  }
  const char* text = "";
  const int n = module().devices(&text);
  why = n > 0 ? "" : "no GPU is there: " + first_line(text);
  return n;
}

}  // namespace

DeviceChoice choose_device(const std::string& setting) {
  if (setting == "cpu") return {};
  if (setting != "auto" && setting != "cuda")
    throw Error("unknown pretrain.device '" + setting + "': cpu, cuda or auto");
  DeviceChoice choice;
  if (count_devices(choice.why) > 0) return {DeviceKind::kCuda, ""};
  if (setting == "cuda") throw Error("pretrain.device is cuda, but " + choice.why + "; or set it to cpu");
  choice.is_surprising = std::filesystem::exists(module_path());
  return choice;
}

Accelerator& cuda_accelerator(int local_rank, int local_ranks) {
  static Accelerator* accelerator = nullptr;  // lives as long as the process: tensors are released while it ends
  if (accelerator) return *accelerator;
  std::string why;
  const int n = count_devices(why);
  if (n == 0) throw Error(why);
  // One visible GPU for each of several ranks is right when Slurm hides the others, and then it is number 0 of each.
  if (n < local_ranks && n > 1)
    throw Error(std::to_string(local_ranks) + " ranks on this node and " + std::to_string(n) +
                " GPUs: start no more ranks than GPUs, or set pretrain.device to cpu");
  if (n == 1 && local_ranks > 1)
    log_warning(
        "every rank sees one GPU: with --gpus-per-task NCCL goes without NVLink; use --gpus-per-node and "
        "--gpu-bind=none");
  const char* text = "";
  accelerator = module().open(n == 1 ? 0 : local_rank, &text);
  if (!accelerator) throw Error("cannot use GPU " + std::to_string(local_rank) + ": " + first_line(text));
  return *accelerator;
}

}  // namespace gradus
