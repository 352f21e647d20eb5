/// Losses of a shard's tokens under a model, each scored exactly once: the stream is cut into windows of the scale's
/// context, as in training; what precedes the first token is the end token.
#pragma once

#include <cstdint>
#include <vector>

#include "design/model.h"
#include "train/communicator.h"
#include "train/tokens.h"

namespace gradus {

/// Nats of tokens [0, n_tokens) of the shard. Windows are shared among the ranks; `batch_tokens` bounds a forward pass.
std::vector<double> score_tokens(LanguageModel& model, const TokenShard& shard, uint64_t n_tokens, int64_t context,
                                 int64_t batch_tokens, const Communicator& communicator);

/// Original bytes of the first n_tokens tokens; of a document cut short, its share.
double bytes_of_tokens(const TokenShard& shard, uint64_t n_tokens);

/// nats over bytes, in bits.
double bits_per_byte(double nats, double bytes);

}  // namespace gradus
