/// The training loop: exact resume, any number of ranks, one log line a step. It knows a LanguageModel and token
/// shards, neither designs nor experiments.
#pragma once

#include <cstdint>
#include <string>

#include "design/files.h"
#include "design/model.h"
#include "train/checkpoint.h"
#include "train/communicator.h"
#include "train/pass.h"
#include "train/reduce.h"
#include "train/run_log.h"
#include "train/schedule.h"
#include "train/tokens.h"

namespace gradus {

struct TrainSetup {
  Path directory;  // of the run
  Scale scale;
  uint64_t seed = 0;  // of data order and dropout
  double learning_rate_multiplier = 1;
  int64_t micro_batch = 0;  // sequences at once on a rank; 0: all that the rank has
  PretrainSettings settings;
  double flops_per_token = 0;                            // forward; for the progress only
  std::string title = "train";                           // of the progress
  int64_t bucket_elements = Partition::kBucketElements;  // of the gradient, that travel together
  Accelerator* accelerator = nullptr;                    // where the model is; null: the CPU
};

enum class TrainEnd { kDone, kDiverged, kStopped };
struct TrainOutcome {
  TrainEnd end = TrainEnd::kDone;
  std::string reason;  // of a divergence
  int64_t steps = 0;
  double step_seconds = 0;  // in steps, without validation and files
  double median_step_seconds = 0;
};

/// Sequences at once on a rank when settings say 0: all it has, up to 16,384 tokens.
int64_t default_micro_batch(const Scale& scale, int n_ranks);
/// All that a rank has.
int64_t most_micro_batch(const Scale& scale, int n_ranks);

/// Tokens of validation that bits per byte are measured on while a run goes on, at most.
uint64_t slice_tokens(const Scale& scale);

class Trainer {
 public:
  /// Takes over the model's parameters (they become views of flat vectors) and its state from the newest checkpoint.
  Trainer(LanguageModel& model, const TokenShard& train, const TokenShard& validation, const TrainSetup& setup,
          const Communicator& communicator);

  /// Steps until done, diverged, or stopped by a signal on any rank (then all have checkpointed at the same step).
  TrainOutcome run();

  /// One forward and backward over the step's samples into the flat gradients: mean loss, nats. Of several ranks each
  /// has the sum in its own pieces only.
  double accumulate(int64_t step);
  /// Error on all ranks unless all hold the same weights. Before every checkpoint.
  void compare_ranks();
  Optimizer& optimizer() { return optimizer_; }
  const Reducer& reducer() const { return reducer_; }
  const Pass& pass() const { return pass_; }
  const Communicator& communicator() const { return communicator_; }
  const TrainState& state() const { return state_; }

 private:
  void step();
  TrainOutcome outcome(TrainEnd end, const std::string& reason = {}) const;
  std::string speed() const;  // "12.3k tokens/s, 98 GFLOP/s"
  double validate();
  void record_units();  // norms of every unit's gradient and weights, sizes of the blocks' outputs
  void checkpoint();
  std::string divergence(double loss, double norm);
  at::Tensor batch(int64_t step, int64_t first, int64_t count) const;  // (count, context + 1) tokens, on the host
  bool first() const { return communicator_.first(); }

  LanguageModel& model_;
  const TokenShard& train_;
  const TokenShard& validation_;
  TrainSetup setup_;
  const Communicator& communicator_;
  Order order_;
  Optimizer optimizer_;
  Reducer reducer_;
  Pass pass_;
  double norm_ = 0;  // of the step's gradient
  TrainState state_;
  int64_t checkpointed_step_ = 0;
  bool stop_ = false, records_ = false;  // of this step: a signal came; scales of outputs are wanted
  double step_seconds_ = 0;
  std::vector<double> laps_;  // of its steps
  std::string diverged_;
};

}  // namespace gradus
