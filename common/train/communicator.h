/// Ranks of one run. Alone unless mpirun or srun started the process: MPI is not even initialised then (0.3 s saved).
/// NCCL will be a second implementation behind the same few calls.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gradus {

class Communicator {
 public:
  /// Joins the ranks that the launcher started. One per process.
  Communicator();
  ~Communicator();
  Communicator(const Communicator&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  bool first() const { return rank_ == 0; }

  /// Sums over all ranks, in place, the same bits on every rank.
  void sum(float* values, int64_t n) const;
  void sum(std::vector<double>& values) const;
  /// True on every rank if it is on one.
  bool any(bool here) const;
  /// Rank 0's bytes to all.
  void broadcast(void* data, size_t size_bytes) const;
  std::string broadcast(std::string text) const;
  void barrier() const;
  /// Ends all ranks with this code when there are several; else does nothing.
  void abort(int code) const;

 private:
  int rank_ = 0, size_ = 1;
  bool initialised_ = false;
};

/// True when a launcher's environment says that there may be other ranks.
bool launched_by_mpi();

/// Under several ranks: only rank 0 keeps stdout, and every rank gets a copy of rank 0's stdin, so that each sees the
/// same designs. `reads_stdin`: whether the tool will read it at all.
void share_streams(const Communicator& communicator, bool reads_stdin);

}  // namespace gradus
