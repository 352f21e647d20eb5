/// Checkpoints of a run: directories checkpoint-00000500/ with HDF5 shards and a manifest of their checksums, renamed
/// into place. The newest that verifies is taken; one that does not is removed with a warning. Shard r is written by
/// rank r: its pieces of the moments; shard 0 also has weights, buffers and state. Any number of ranks can go on from
/// it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/file.h"
#include "train/communicator.h"
#include "train/optimizer.h"

namespace gradus {

/// What a resumed run needs besides weights and moments. Doubles go through HDF5, so they come back to the last bit.
struct TrainState {
  int64_t step = 0;          // finished
  double smoothed_loss = 0;  // exponential mean, not yet divided by its weight
  double smoothed_weight = 0;
  double best_loss = 0;  // smallest smoothed loss so far; 0: none yet
};

/// The checkpoints in a run's directory, newest first, whether valid or not.
std::vector<Path> list_checkpoints(const Path& run);

/// All ranks together; an Error on one is an Error on all, and leaves nothing behind.
void save_checkpoint(const Path& run, const TrainState& state, Optimizer& optimizer, LanguageModel& model,
                     const Communicator& communicator);
/// Loads the newest valid one on every rank (rank 0 reads and tells); nothing when there is none.
std::optional<TrainState> load_checkpoint(const Path& run, Optimizer& optimizer, LanguageModel& model,
                                          const Communicator& communicator);
/// Removes all but the newest `keep`.
void thin_checkpoints(const Path& run, int64_t keep);

}  // namespace gradus
