/// Ranks of one run. Alone unless mpirun or srun started the process: MPI is not even initialised then (0.3 s saved).
/// What is on GPUs travels by NCCL (train/accelerator.h) behind the same calls; what is on the host, by MPI.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gradus {

class Accelerator;
class DeviceRanks;

/// Something on its way between the ranks. Empty: nothing, or it has arrived.
class Request {
 public:
  Request();
  Request(Request&&) noexcept;
  Request& operator=(Request&&) noexcept;
  ~Request();

 private:
  friend class Communicator;
  struct State;
  std::unique_ptr<State> state_;
};

/// Every wait for other ranks ends: in their answer, or in an Error once the deadline has passed, for a rank that hangs
/// or is lost must not hold the others' machines until the job's time is over.
class Communicator {
 public:
  /// Joins the ranks that the launcher started. One per process.
  Communicator();
  ~Communicator();
  Communicator(const Communicator&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  bool first() const { return rank_ == 0; }
  /// Among the ranks on this node.
  int local_rank() const { return local_rank_; }
  int local_size() const { return local_size_; }

  /// Sums over all ranks, in place, the same bits on every rank.
  void sum(std::vector<double>& values) const;

  /// From now on scatter and gather are given pointers of the accelerator's memory. All ranks together.
  void use_accelerator(Accelerator& accelerator) const;
  /// The sum over ranks of `size()` parts of `part` values: rank r gets part r of it. The values must not change and
  /// `mine` must not be read before the request has arrived.
  Request start_sum_scatter(const float* values, float* mine, int64_t part) const;
  /// Part r of `values` is rank r's; when the request has arrived, every rank has all parts.
  Request start_gather(float* values, int64_t part) const;
  /// Lets what is on its way move on; cheap.
  void progress(Request& request) const;
  void wait(Request& request) const;
  /// Seconds that a wait may take (900).
  void set_deadline(double seconds) { deadline_seconds_ = seconds; }

  /// True on every rank if it is on one.
  bool any(bool here) const;
  /// Rank 0's bytes to all.
  void broadcast(void* data, size_t size_bytes) const;
  std::string broadcast(std::string text) const;
  void barrier() const;
  /// Ends all ranks with this code when there are several; else does nothing.
  void abort(int code) const;

 private:
  template <class F>
  static Request started(const F& call);  // MPI's call with a request to fill

  int rank_ = 0, size_ = 1, local_rank_ = 0, local_size_ = 1;
  double deadline_seconds_ = 900;
  bool initialised_ = false;
  mutable std::unique_ptr<DeviceRanks> device_ranks_;  // a second way to the same ranks, once they have met
};

/// True when a launcher's environment says that there may be other ranks.
bool launched_by_mpi();

/// Under several ranks: only rank 0 keeps stdout, and every rank gets a copy of rank 0's stdin, so that each sees the
/// same designs. `reads_stdin`: whether the tool will read it at all.
void share_streams(const Communicator& communicator, bool reads_stdin);

}  // namespace gradus
