/// Bits per byte of a trained run on the held-out shards, with the untrained twin beside it: the one score that is
/// comparable across vocabularies, and the one that ranks.
///   bits per byte = Σ nats / ln 2 / Σ original bytes;  its standard error treats documents as clusters:
///   se² = n/(n−1) Σ_d (nats_d − r bytes_d)² / (Σ bytes)²,  r = Σ nats / Σ bytes   (ratio estimator, Cochran 1977,
///   §6.4)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "design/experiment.h"
#include "design/model.h"
#include "train/communicator.h"
#include "train/tokens.h"

namespace gradus {

struct DocumentLosses {
  std::vector<uint64_t> document, tokens, bytes;  // number in text.h5; tokens with the end token; original bytes
  std::vector<double> nats;
};

/// Whole documents from the first on while they are within `token_limit` (0: all; at least one), each token once.
DocumentLosses score_documents(LanguageModel& model, const TokenShard& shard, const Scale& scale, int64_t token_limit,
                               const Communicator& communicator);

/// The estimate of the header; the untrained field is left at 0.
Score summarize(const DocumentLosses& losses);

struct EvaluateRequest {
  const Experiment& experiment;
  DesignName design;
  RunName run;
  EvaluateSettings settings;
  bool force = false;
};

/// Writes evaluate/RUN.h5 and RUN.yaml (idempotent: kept while the weights are the same). Throws Error when the run is
/// not finished, its weights are not the recorded ones, or it is no better than untrained.
Evaluation evaluate_run(const EvaluateRequest& request, const Communicator& communicator);

}  // namespace gradus
