#include "eval/trained_model.h"

#include <ATen/Parallel.h>

#include "base/error.h"
#include "train/machine.h"
#include "train/run.h"
#include "train/tokens.h"
#include "train/weights.h"

namespace gradus {
namespace {

constexpr double kBatchTokens = 4096;

}  // namespace

TrainedModel::TrainedModel(const Experiment& experiment, const DesignName& design, const RunName& run)
    : directory_(experiment.run_directory(design, run)) {
  const auto result = read_yaml_if_exists<RunResult>(directory_ / "pretrain.yaml");
  if (!result) throw Error("'" + directory_.string() + "' is not finished: run pretrain first");
  if (result->verdict != "done") throw Error("'" + directory_.string() + "' has no weights: " + result->verdict);
  run_ = *result;
  const Trainable trainable = read_trainable(experiment, design, run.scale);
  if (trainable.design_id != run_.design_id)
    throw Error("'" + (directory_ / "pretrain.yaml").string() + "' is of another design than design.yaml");
  const Scale& scale = experiment.scale(run.scale);
  vocabulary_ = Vocabulary::open(experiment.corpus(), scale.vocabulary);
  // The token file refuses a tokenizer that is not its own; its hash is what the run was trained on.
  if (TokenShard::open(experiment.corpus(), scale.vocabulary, Split::kValidation).corpus_hash() != run_.corpus_hash)
    throw Error("'" + directory_.string() + "' was trained on another corpus or tokenizer than '" +
                experiment.corpus().string() + "' holds");
  context_ = scale.context;
  use_gemm(parse_gemm(run_.gemm));
  at::set_num_threads(useful_threads(default_threads(), trainable.fit.flops_per_token * kBatchTokens));
  model_ = build_model(experiment, trainable, scale, run.seed);
  untrained_hash_ = weights_hash(*model_);
}

void TrainedModel::load() {
  load_weights(directory_ / run_.weights, *model_, run_.weights_hash);
  if (weights_hash(*model_) == untrained_hash_)
    throw Error("'" + (directory_ / run_.weights).string() +
                "' holds the weights of the untrained model: nothing was learned or nothing was loaded");
}

}  // namespace gradus
