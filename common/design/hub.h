/// A design as a folder that Hugging Face `transformers` loads with `trust_remote_code=True`: config.json, the units
/// and the model class in modeling_gradus.py, a tokenizer, and where there are weights model.safetensors. Nothing of
/// ours is needed to read it. Refuses nothing that export_pytorch takes.
#pragma once

#include <map>
#include <string>

#include "base/file.h"
#include "design/files.h"
#include "design/safetensors.h"
#include "design/scales.h"
#include "design/store.h"
#include "design/tree.h"

namespace gradus {

struct HubExport {
  std::string title;                         // of the design: "g004-017"
  Shape shape;                               // of the model, its depth fitted
  double fit_multiplier = 1;                 // of its FIT arguments
  int64_t end_token = 0;                     // ends a document
  std::string tokenizer_model;               // bytes of the SentencePiece model; empty: the vocabulary is the bytes
  bool has_tokenizer = false;                // none of either: text cannot be tokenized, so no tokenizer is written
  std::map<std::string, std::string> facts;  // into config.json under `gradus`: design_id, weights_hash, run, …
};

/// modeling_gradus.py of a design.
std::string hub_modeling(const Design& design, const UnitStore& units, const HubExport& what);

/// All files into `folder`, config.json last: a folder that has it is whole. No weights: none are written.
void write_hub_folder(const Path& folder, const Design& design, const UnitStore& units, const HubExport& what,
                      const NamedTensors& weights);

}  // namespace gradus
