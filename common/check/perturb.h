/// What the checks share: models with opened gates, random inputs, and the one measure of difference.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/IListRef.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "design/model.h"

namespace gradus {

/// Adds N(0, 0.02 + 0.1·rms(p)) to every parameter p, from the stream ("perturb", key): whatever starts at zero opens.
void perturb_parameters(LanguageModel& model, uint64_t key);

/// N(0, 1) of this shape from the stream ("input", key).
at::Tensor random_input(at::IntArrayRef shape, uint64_t key, at::ScalarType dtype = at::kDouble);
/// Uniform token ids below `vocabulary`, (B, T) int64.
at::Tensor random_tokens(int64_t batch, int64_t length, int64_t vocabulary, uint64_t key);

/// max |a − b| over max(|b|, tiny); infinity when either holds a value that is not finite.
double relative_difference(const at::Tensor& a, const at::Tensor& b);

}  // namespace gradus
