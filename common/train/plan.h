/// What a run will take, before it is submitted: a few micro-batches are timed here, the rest is arithmetic.
#pragma once

#include <vector>

#include "train/run.h"

namespace gradus {

struct PlanRow {
  int ranks = 1;  // of this machine's kind, each with the threads of this process
  double step_seconds = 0, tokens_per_second = 0, hours = 0, core_hours = 0;
  double memory_gb = 0;  // of a rank
};

/// A step on R ranks of n sequences each:
///   micro-batches of a + b n seconds + update / R + exchange,  exchange = gather + what backward does not hide of
///   scatter
/// a and b from one sequence and from a whole micro-batch; scatter = gather = (R − 1) / R × 4 bytes × parameters /
/// rate.
struct Plan {
  double sequence_seconds = 0, overhead_seconds = 0;  // b, a
  double update_seconds = 0;                          // of all parameters
  double exchange_gbs = 0;                            // rate between ranks, GB/s
  bool measured_exchange = false;                     // else assumed
  int64_t parameters = 0, bytes = 0, files = 0;       // on disk: at most, while the run goes on
  std::vector<PlanRow> rows;                          // 1, 2, 4 … ranks, to 512 or as many as a step has sequences
};

/// Draws the model, trains on arbitrary tokens for a few seconds, writes nothing. Under several ranks the exchange is
/// measured between them, else `assumed_gbs` stands for it.
Plan plan_run(const PretrainRequest& request, const Communicator& communicator, double assumed_gbs);

}  // namespace gradus
