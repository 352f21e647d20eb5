/// Forward and backward of one micro-batch, into the optimizer's flat gradients: on the CPU as it is written, on an
/// accelerator recorded once the queue is warm and replayed from then on.
#pragma once

#include <memory>
#include <string>

#include "train/accelerator.h"
#include "train/optimizer.h"

namespace gradus {

class Pass {
 public:
  /// accelerator: null for the CPU. records: whether work may be recorded at all.
  Pass(LanguageModel& model, Optimizer& optimizer, Accelerator* accelerator, bool records);
  ~Pass();

  /// tokens: (n, context + 1), on the host. Adds the gradients of scale × loss. `plain`: as it is written, whatever is
  /// recorded: where something listens on the way (hooks, records of outputs).
  void run(const at::Tensor& tokens, double scale, bool plain);
  /// Of all since the last call: summed over the tokens, nats. Waits for the device.
  double take_loss();

  /// Room for tokens, in memory that a device reads by itself.
  at::Tensor token_room(int64_t count, int64_t width) const;
  bool recorded() const { return recording_ != nullptr; }
  /// Why nothing is recorded; empty while that is not known.
  const std::string& why_plain() const { return why_plain_; }

 private:
  void compute(const at::Tensor& tokens, double scale);
  void try_to_record(const at::Tensor& tokens, double scale);
  bool fits_recording(const at::Tensor& tokens, double scale) const;

  LanguageModel& model_;
  Optimizer& optimizer_;
  Accelerator* accelerator_;
  bool records_;
  at::Tensor head_gradient_;
  double loss_ = 0;      // on the CPU
  at::Tensor loss_sum_;  // on the device, float64
  at::Tensor inputs_;    // what the recording reads
  double scale_ = 0;     // of the recording
  int n_plain_ = 0;      // passes of the recording's shape so far
  std::unique_ptr<Recording> recording_;
  std::string why_plain_;
};

/// Sequences at once on a device: as many as its memory holds, by what one sequence takes; a power of two, at most
/// `most`. Leaves the model as it was.
int64_t device_micro_batch(LanguageModel& model, Accelerator& accelerator, const Scale& scale, int64_t most);

}  // namespace gradus
