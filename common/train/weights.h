/// Weights on disk: /model/NAME of an HDF5 file, each with its checksum; and the hash that goes with every score.
#pragma once

#include <string>
#include <vector>

#include "design/model.h"
#include "train/hdf5.h"

namespace gradus {

/// XXH3 over names, shapes and bytes of all parameters, then buffers, in their order; 16 hex digits.
std::string weights_hash(LanguageModel& model);

/// Tensors of one group ("/model/…"); contiguous float32 copies.
void write_tensors(Hdf5File& file, const std::string& group, const std::vector<ModelParameter>& tensors);
/// Fills the tensors in place; a missing one, another shape or a wrong checksum is an Error.
void read_tensors(const Hdf5File& file, const Path& path, const std::string& group,
                  const std::vector<ModelParameter>& tensors);

/// weights.h5 of a finished run.
void save_weights(const Path& path, LanguageModel& model, const std::string& design_id, int64_t step);
/// Loads it into a model of the same shape and checks the hash of what is then in the model against `hash` (if given).
void load_weights(const Path& path, LanguageModel& model, const std::string& hash = {});

}  // namespace gradus
