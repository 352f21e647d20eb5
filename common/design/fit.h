/// Fitting a design to a scale: one common multiplier over all FIT arguments, then depth, until the parameters match
/// the GPT2 seed's at that scale (design.md §4).
#pragma once

#include <string>
#include <vector>

#include "design/files.h"
#include "design/model.h"

namespace gradus {

/// The GPT2 seed as built in, and its parameters at a shape (golden in the tests).
const Design& gpt2_seed();
/// Built-in designs by name ("gpt2", …): data/designs/NAME.yaml with units named by file stem.
const Design& builtin_design(const std::string& name);
std::vector<std::string> builtin_design_names();

struct SeedSize {
  int64_t parameters = 0, block_parameters = 0;
};
SeedSize seed_size(const Shape& shape);

/// Counts by building one block at a time without drawing. `why` of a misfit is in evidence words.
Fit fit_design(const Design& design, const UnitStore& units, const Scale& scale, const CheckSettings& tolerance,
               std::string* why = nullptr);

/// Shape of the model to train: the scale's with the fit's depth.
Shape fitted_shape(const Scale& scale, const Fit& fit);

/// Duplicate detection (design.md §4, three identities). Equal design_id: the same text but for comments, names of
/// locals and the like, arguments that are the default left out. Equal trace_id: the same computation on the same
/// parameters. The schemes are part of what is hashed; a change of either changes all ids.
constexpr int kDesignIdScheme = 1;
constexpr int kTraceIdScheme = 1;
std::string design_id(const Design& design, const UnitStore& units);
/// Trace at B = 2, T = 16, D = 64, two layers, FIT arguments fitted there as at every scale (so two designs that a fit
/// makes the same are the same), with the calls that draw the initial weights.
std::string trace_id(const Design& design, const UnitStore& units);

/// Forward FLOPs a token of the blocks and head at the scale's context, counted from the operators; bytes moved.
struct DesignCost {
  double flops_per_token = 0, bytes_per_token = 0, activation_bytes = 0;
};
DesignCost design_cost(const Design& design, const UnitStore& units, const Shape& shape, double fit_multiplier);

/// One file of stock PyTorch: each unit wrapped in a function, one nested partial(...), a LanguageModel class
/// (design.md §4).
std::string export_pytorch(const Design& design, const UnitStore& units, const Shape& shape, double fit_multiplier,
                           const std::string& title);

}  // namespace gradus
