/// What the checks feed: inputs of several natures, futures that replace what comes after a cut, opened weights.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/IListRef.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "design/model.h"

namespace gradus {

/// Adds N(0, 0.02 + 0.1·rms(p)) to every parameter p, from the stream ("perturb", key): whatever starts at zero opens.
void perturb_parameters(LanguageModel& model, uint64_t key);

/// Other weights altogether: vectors turn their signs at random and grow or shrink up to twofold, matrices get half
/// their size of noise. What is shut at the start by more than noise opens; what the values mean may be lost.
void scramble_parameters(LanguageModel& model, uint64_t key);

/// N(0, 1) of this shape from the stream ("input", key).
at::Tensor random_input(at::IntArrayRef shape, uint64_t key, at::ScalarType dtype = at::kDouble);
/// Uniform token ids below `vocabulary`, (B, T) int64.
at::Tensor random_tokens(int64_t batch, int64_t length, int64_t vocabulary, uint64_t key);

/// What positions hold. A leak may open only for large or small values, or where tokens repeat.
enum class Nature {
  kNormal,  // N(0, 1)
  kLarge,   // ×30
  kSmall,   // ×0.02, as embeddings at the start
  kHeld,    // runs of a token, plus 5 % noise
  kTokens,  // few different vectors, repeated exactly
  kSpikes,  // one channel of each token far above the others, as in trained models
};
constexpr Nature kNatures[] = {Nature::kNormal, Nature::kHeld,  Nature::kTokens,
                               Nature::kSmall,  Nature::kLarge, Nature::kSpikes};
const char* to_string(Nature nature);
/// (1, T, C).
at::Tensor natural_input(Nature nature, int64_t length, int64_t width, uint64_t key);

/// How the future is replaced. Never only a change of sign: even functions would pass.
enum class Future {
  kFresh,
  kLarge,  // ×100
  kZeros,
  kPermuted,
  kNearDuplicate,  // plus 5 % noise
  kHeld,           // the last kept token, repeated
  kSpikes,         // as the nature
};
constexpr Future kFutures[] = {Future::kFresh,         Future::kLarge, Future::kPermuted, Future::kZeros,
                               Future::kNearDuplicate, Future::kHeld,  Future::kSpikes};
const char* to_string(Future future);
/// x (1, T, C) with positions ≥ cut replaced, in keeping with its nature.
at::Tensor with_future(const at::Tensor& x, Nature nature, int64_t cut, Future future, uint64_t key);

/// max |a − b| over max(|b|, tiny); infinity when either holds a value that is not finite.
double relative_difference(const at::Tensor& a, const at::Tensor& b);

}  // namespace gradus
