/// How long one line of work will take: the median of what the ledger has of its like, else arithmetic on FLOPs.
#pragma once

#include <string>

#include "base/site.h"
#include "design/experiment.h"

namespace gradus {

/// FLOPs a token, forward, of the GPT2 seed at a scale: 2 (n (4 d² + 3 d f) + V d) + 2 T d n, f = 128
/// ceil(floor(8d/3)/128): matrices and head, and attention below the diagonal (configs/scales.yaml).
double seed_forward_flops(const Scale& scale);

/// Seconds of one line of kind pretrain, evaluate, check or implement on these resources, the start of the program
/// included. Where fewer than three of its like were measured, what the seed costs: a design may cost several times
/// that.
double forecast_seconds(const Experiment& experiment, const std::string& kind, const std::string& scale,
                        const Resources& resources);

/// What one generation needs: every proposal and baseline at the lowest rung at all rates and seeds, promoted shares
/// above. FLOPs of forward and backward; bytes of all weights, and of checkpoints of `at_once` runs.
struct GenerationForecast {
  double runs = 0, flops = 0, bytes = 0, files = 0;
};
GenerationForecast forecast_generation(const Settings& settings, int64_t at_once);

}  // namespace gradus
