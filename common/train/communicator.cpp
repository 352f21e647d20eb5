#include "train/communicator.h"

#define OMPI_SKIP_MPICXX 1  // the C++ bindings of Open MPI would want a library of their own
#define MPICH_SKIP_MPICXX 1
#include <fcntl.h>
#include <mpi.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>

#include "base/error.h"
#include "train/accelerator.h"

namespace gradus {
namespace {

constexpr int64_t kMostAtOnce = int64_t{1} << 28;  // MPI counts in int

void check(int code, const char* what) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw Error(std::string("MPI failed: ") + what + ": " + std::string(text, static_cast<size_t>(length)));
}

}  // namespace

struct Request::State {
  MPI_Request request = MPI_REQUEST_NULL;
  std::unique_ptr<Arrival> arrival;  // of an accelerator's collective; then request is none

  static Request of(std::unique_ptr<Arrival> arrival) {
    Request out;
    out.state_ = std::make_unique<State>();
    out.state_->arrival = std::move(arrival);
    return out;
  }
};
Request::Request() = default;
Request::Request(Request&&) noexcept = default;
Request& Request::operator=(Request&&) noexcept = default;
Request::~Request() = default;

template <class F>
Request Communicator::started(const F& call) {
  Request out;
  out.state_ = std::make_unique<Request::State>();
  check(call(&out.state_->request), "start");
  return out;
}

bool launched_by_mpi() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "MV2_COMM_WORLD_SIZE"})
    if (std::getenv(name)) return true;
  return false;
}

Communicator::Communicator() {
  if (!launched_by_mpi()) return;
  int done = 0;
  MPI_Initialized(&done);
  require(!done, "one Communicator a process");
  check(MPI_Init(nullptr, nullptr), "start");
  initialised_ = true;
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  check(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "rank");
  check(MPI_Comm_size(MPI_COMM_WORLD, &size_), "size");
  MPI_Comm node = MPI_COMM_NULL;
  check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node), "node");
  check(MPI_Comm_rank(node, &local_rank_), "rank on the node");
  check(MPI_Comm_size(node, &local_size_), "size of the node");
  MPI_Comm_free(&node);
}

Communicator::~Communicator() {
  if (!initialised_) return;
  if (size_ > 1 && std::uncaught_exceptions() > 0) abort(kNotDone);  // to finalize waits for ranks that may never come
  MPI_Finalize();
}

void Communicator::sum(std::vector<double>& values) const {
  if (size_ == 1) return;
  const int count = static_cast<int>(values.size());
  Request r = started([&](MPI_Request* request) {
    return MPI_Iallreduce(MPI_IN_PLACE, values.data(), count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD, request);
  });
  wait(r);
}

void Communicator::use_accelerator(Accelerator& accelerator) const {
  if (size_ == 1 || device_ranks_) return;
  const std::string meeting = broadcast(first() ? accelerator.make_meeting() : std::string());
  device_ranks_ = accelerator.meet(meeting, rank_, size_);
  barrier();
}

Request Communicator::start_sum_scatter(const float* values, float* mine, int64_t part) const {
  require(part <= kMostAtOnce, "a bucket is small");
  if (device_ranks_) return Request::State::of(device_ranks_->sum_scatter(values, mine, part));
  return started([&](MPI_Request* request) {
    return MPI_Ireduce_scatter_block(values, mine, static_cast<int>(part), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, request);
  });
}

Request Communicator::start_gather(float* values, int64_t part) const {
  require(part <= kMostAtOnce, "a bucket is small");
  if (device_ranks_) return Request::State::of(device_ranks_->gather(values, part));
  return started([&](MPI_Request* request) {
    return MPI_Iallgather(MPI_IN_PLACE, 0, MPI_FLOAT, values, static_cast<int>(part), MPI_FLOAT, MPI_COMM_WORLD,
                          request);
  });
}

void Communicator::progress(Request& request) const {
  if (!request.state_) return;
  int done = 0;
  if (request.state_->arrival)
    done = request.state_->arrival->done();
  else
    check(MPI_Test(&request.state_->request, &done, MPI_STATUS_IGNORE), "progress");
  if (done) request.state_.reset();
}

void Communicator::wait(Request& request) const {
  const auto start = std::chrono::steady_clock::now();
  for (int64_t turn = 0; request.state_; ++turn) {
    progress(request);
    if (!request.state_ || turn < 1000) continue;  // an answer that is near is not worth a sleep
    const double waited = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (waited > deadline_seconds_)
      throw Error("rank " + std::to_string(rank_) + " has waited " + std::to_string(static_cast<int>(waited)) +
                  " s for the other ranks: one of them hangs or is lost (pretrain.deadline_seconds)");
    if (waited < 0.01)
      ::sched_yield();
    else
      ::usleep(50);
  }
}

bool Communicator::any(bool here) const {
  std::vector<double> flag{here ? 1.0 : 0.0};
  sum(flag);
  return flag[0] > 0;
}

void Communicator::broadcast(void* data, size_t size_bytes) const {
  if (size_ == 1) return;
  auto* bytes = static_cast<char*>(data);
  for (size_t at = 0; at < size_bytes; at += kMostAtOnce) {
    const int count = static_cast<int>(std::min(static_cast<size_t>(kMostAtOnce), size_bytes - at));
    Request r = started(
        [&](MPI_Request* request) { return MPI_Ibcast(bytes + at, count, MPI_BYTE, 0, MPI_COMM_WORLD, request); });
    wait(r);
  }
}

std::string Communicator::broadcast(std::string text) const {
  uint64_t size = text.size();
  broadcast(&size, sizeof size);
  text.resize(size);
  broadcast(text.data(), size);
  return text;
}

void Communicator::barrier() const {
  if (size_ == 1) return;
  Request r = started([](MPI_Request* request) { return MPI_Ibarrier(MPI_COMM_WORLD, request); });
  wait(r);
}

void Communicator::abort(int code) const {
  if (size_ > 1) MPI_Abort(MPI_COMM_WORLD, code);
}

void share_streams(const Communicator& communicator, bool reads_stdin) {
  if (communicator.size() == 1) return;
  if (reads_stdin) {
    std::string text;
    if (communicator.first()) {
      char block[1 << 16];
      ssize_t n;
      while ((n = ::read(STDIN_FILENO, block, sizeof block)) > 0) text.append(block, static_cast<size_t>(n));
    }
    text = communicator.broadcast(std::move(text));
    const int copy = ::memfd_create("stdin", 0);
    if (copy < 0 || ::write(copy, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::lseek(copy, 0, SEEK_SET) != 0 || ::dup2(copy, STDIN_FILENO) < 0)
      throw_errno("cannot share", "standard input");
    ::close(copy);
  }
  if (communicator.first()) return;
  const int null = ::open("/dev/null", O_WRONLY);
  if (null < 0 || ::dup2(null, STDOUT_FILENO) < 0) throw_errno("cannot open", "/dev/null");
  ::close(null);
}

}  // namespace gradus
