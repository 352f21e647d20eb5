/// Gradients summed over ranks while backward still runs, and weights shared after the update (train/partition.h).
#pragma once

#include <vector>

#include "train/communicator.h"
#include "train/optimizer.h"

namespace gradus {

/// Alone, it does nothing. Buckets start from the last to the first, the order in which backward reaches them, on every
/// rank alike, each once the gradients of its parameters are complete. The first step only watches: where a parameter
/// got its gradient in several parts (a design may call backward itself), buckets start after backward instead.
class Reducer {
 public:
  Reducer(Optimizer& optimizer, const Communicator& communicator);
  ~Reducer();
  Reducer(const Reducer&) = delete;

  /// Before the last backward of a step.
  void listen();
  /// After it: in this rank's own pieces of the flat gradient lies the sum over ranks. Throws Error when the other
  /// ranks do not answer within the communicator's deadline.
  void finish();
  /// After the update: the weights of all pieces to every rank.
  void share_weights();

  int64_t started_early() const { return n_early_; }  // buckets of the last step that did not wait for its end

 private:
  class Hook;
  void arrived(size_t parameter);
  void start_complete_buckets();
  void start(size_t bucket);

  Optimizer& optimizer_;
  const Communicator& communicator_;
  std::vector<std::vector<size_t>> buckets_of_;  // of each parameter
  std::vector<int> missing_;                     // parameters whose gradients a bucket still waits for
  std::vector<int> arrivals_;                    // of each parameter in this step
  std::vector<at::Tensor> sums_;                 // of each bucket: this rank's part
  std::vector<Request> requests_;
  size_t n_started_ = 0;
  int64_t n_early_ = 0;
  bool listening_ = false, watched_ = false, may_overlap_ = false;
};

}  // namespace gradus
