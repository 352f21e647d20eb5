/// The model of a finished run, weights checked.
#pragma once

#include <memory>
#include <string>

#include "design/experiment.h"
#include "design/model.h"
#include "train/vocabulary.h"

namespace gradus {

class TrainedModel {
 public:
  /// At initialisation, which is the untrained twin. Error: the run is not finished or of another design, the tokenizer
  /// is not that of the corpus it was trained on.
  TrainedModel(const Experiment& experiment, const DesignName& design, const RunName& run);

  /// Loads the weights; Error if they are not the recorded ones, or equal the untrained ones.
  void load();

  LanguageModel& model() { return *model_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  const RunResult& run() const { return run_; }
  int64_t context() const { return context_; }
  const std::string& untrained_hash() const { return untrained_hash_; }

 private:
  Path directory_;
  RunResult run_;
  Vocabulary vocabulary_;
  std::unique_ptr<LanguageModel> model_;
  int64_t context_ = 0;
  std::string untrained_hash_;
};

}  // namespace gradus
