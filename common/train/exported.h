/// What an export takes from a run and from a corpus: trained weights by name, and the tokenizer.
#pragma once

#include <string>

#include "design/hub.h"

namespace gradus {

/// The weights of a finished run, checked against the hash that pretrain.yaml tells, which comes back in `hash`.
NamedTensors exported_weights(const Path& run, const Design& design, const UnitStore& units, const Shape& shape,
                              double fit_multiplier, std::string& hash);

/// Fills in the tokenizer of `what.shape`'s vocabulary: the bytes, or the model that `corpus` has; else none.
void add_tokenizer(HubExport& what, const Path& corpus);

}  // namespace gradus
