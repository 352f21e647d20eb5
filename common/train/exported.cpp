#include "train/exported.h"

#include "base/error.h"
#include "design/fit.h"
#include "design/model.h"
#include "train/vocabulary.h"
#include "train/weights.h"

namespace gradus {

NamedTensors exported_weights(const Path& run, const Design& design, const UnitStore& units, const Shape& shape,
                              double fit_multiplier, std::string& hash) {
  const RunResult result = read_yaml<RunResult>(run / "pretrain.yaml");
  if (result.weights.empty()) throw Error("run '" + run.string() + "' has no weights: it ended as " + result.verdict);
  if (result.design_id != design_id(design, units))
    throw Error("'" + (run / "pretrain.yaml").string() + "' is of another design than the one exported");
  ModelOptions options;
  options.draw = false;
  DesignModel model(design, units, shape, fit_multiplier, options);
  load_weights(run / result.weights, model, hash = result.weights_hash);
  NamedTensors tensors;
  for (const ModelParameter& p : model.parameters()) tensors.emplace_back(p.name, p.tensor);
  for (const ModelParameter& b : model.buffers()) tensors.emplace_back(b.name, b.tensor);
  return tensors;
}

void add_tokenizer(HubExport& what, const Path& corpus) {
  what.has_tokenizer = what.shape.vocabulary == kByteVocabulary;
  const Path model = corpus / ("v" + std::to_string(what.shape.vocabulary) + ".model");
  if (what.has_tokenizer || corpus.empty() || !std::filesystem::exists(model)) return;
  what.end_token = Vocabulary::open(corpus, what.shape.vocabulary).end_of_document();
  what.tokenizer_model = read_file(model);
  what.has_tokenizer = true;
}

}  // namespace gradus
