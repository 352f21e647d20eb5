#include "cuda/ranks.h"

#include <ATen/cuda/CUDAContextLight.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>
#include <nccl.h>

#include <cstring>
#include <stdexcept>

namespace gradus {
namespace {

void check(ncclResult_t result, const char* what, ncclComm_t communicator = nullptr) {
  if (result == ncclSuccess || result == ncclInProgress) return;
  std::string text = std::string("NCCL failed: ") + what + ": " + ncclGetErrorString(result);
  if (const char* last = ncclGetLastError(communicator); last && *last) text += ": " + std::string(last);
  throw std::runtime_error(text);
}

struct Event {
  Event() { C10_CUDA_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming)); }
  ~Event() { cudaEventDestroy(event); }
  Event(const Event&) = delete;
  cudaEvent_t event = nullptr;
};

class NcclArrival final : public Arrival {
 public:
  NcclArrival(ncclComm_t communicator, cudaStream_t stream) : communicator_(communicator) {
    C10_CUDA_CHECK(cudaEventRecord(event_.event, stream));
  }
  bool done() override {
    ncclResult_t state = ncclSuccess;
    check(ncclCommGetAsyncError(communicator_, &state), "state", communicator_);
    check(state, "exchange", communicator_);
    const cudaError_t answer = cudaEventQuery(event_.event);
    if (answer == cudaErrorNotReady) return cudaGetLastError(), false;
    C10_CUDA_CHECK(answer);
    return true;
  }

 private:
  ncclComm_t communicator_;
  Event event_;
};

class NcclRanks final : public DeviceRanks {
 public:
  NcclRanks(const std::string& id, int rank, int size) : stream_(c10::cuda::getStreamFromPool(true)) {
    ncclUniqueId unique;
    if (id.size() != sizeof unique) throw std::runtime_error("NCCL failed: the ranks' meeting place is damaged");
    std::memcpy(&unique, id.data(), sizeof unique);
    check(ncclCommInitRank(&communicator_, size, unique, rank), "meeting the other ranks");
  }
  // Aborted, not destroyed: to destroy waits for ranks that may be lost.
  ~NcclRanks() override { ncclCommAbort(communicator_); }

  std::unique_ptr<Arrival> sum_scatter(const float* values, float* mine, int64_t part) override {
    follow();
    check(ncclReduceScatter(values, mine, static_cast<size_t>(part), ncclFloat, ncclSum, communicator_, stream_), "sum",
          communicator_);
    return std::make_unique<NcclArrival>(communicator_, stream_);
  }
  std::unique_ptr<Arrival> gather(float* values, int64_t part) override {
    follow();
    int rank = 0;
    check(ncclCommUserRank(communicator_, &rank), "rank", communicator_);
    check(ncclAllGather(values + rank * part, values, static_cast<size_t>(part), ncclFloat, communicator_, stream_),
          "gather", communicator_);
    return std::make_unique<NcclArrival>(communicator_, stream_);
  }

 private:
  /// What is queued comes first.
  void follow() {
    C10_CUDA_CHECK(cudaEventRecord(queued_.event, c10::cuda::getCurrentCUDAStream()));
    C10_CUDA_CHECK(cudaStreamWaitEvent(stream_, queued_.event));
  }

  c10::cuda::CUDAStream stream_;
  Event queued_;
  ncclComm_t communicator_ = nullptr;
};

}  // namespace

std::string make_nccl_id() {
  ncclUniqueId id;
  check(ncclGetUniqueId(&id), "a meeting place");
  return std::string(reinterpret_cast<const char*>(&id), sizeof id);
}

std::unique_ptr<DeviceRanks> meet_nccl(const std::string& id, int rank, int size) {
  return std::make_unique<NcclRanks>(id, rank, size);
}

}  // namespace gradus
