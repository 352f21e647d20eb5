/// One pretraining run of a design in an experiment: runs/SCALE-sSEED-lrMULT/ from empty to pretrain.yaml. Idempotent:
/// a finished run is read back, an unfinished one goes on from its newest checkpoint.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/tool.h"
#include "design/experiment.h"
#include "design/fit.h"
#include "train/accelerator.h"
#include "train/communicator.h"

namespace gradus {

struct RunConfig {  // runs/…/config.yaml: what is fixed when the run begins
  int format = 1;
  std::string design, scale_name;
  int64_t seed = 0;
  double learning_rate_multiplier = 1;
  Scale scale;
  double fit_multiplier = 1;
  int64_t n_blocks = 0;                        // of the fit
  int64_t micro_batch = 0;                     // sequences at once on a rank
  std::string device = "cpu";                  // cpu, or a GPU's name
  std::string gemm;                            // mkl, onednn: what the design's gemm.tsv says, or the settings; cublas
  double mkl_seconds = 0, onednn_seconds = 0;  // of runs made before gemm.tsv was
  int ranks = 1, threads = 1;                  // bitwise repetition needs the same
  std::string design_id, experiment, corpus_hash, version;
  PretrainSettings pretrain;  // with --set, if any
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("design", design);
    v("scale_name", scale_name);
    v("seed", seed);
    v("learning_rate_multiplier", learning_rate_multiplier);
    v("scale", scale);
    v("fit_multiplier", fit_multiplier);
    v("n_blocks", n_blocks);
    v("micro_batch", micro_batch);
    v("device", device);
    v("gemm", gemm);
    v("mkl_seconds", mkl_seconds);
    v("onednn_seconds", onednn_seconds);
    v("ranks", ranks);
    v("threads", threads);
    v("design_id", design_id);
    v("experiment", experiment);
    v("corpus_hash", corpus_hash);
    v("version", version);
    v("pretrain", pretrain);
  }
};

struct PretrainRequest {
  const Experiment& experiment;
  DesignName design;
  RunName run;
  PretrainSettings settings;
  int threads = 1;     // at most; small scales use fewer
  bool force = false;  // start again from nothing
};

/// Throws Stopped when a signal ended it early (checkpointed), Error when it cannot be done. All ranks call it alike.
RunResult pretrain_run(const PretrainRequest& request, const Communicator& communicator);
/// The GPU of this rank where the settings and the machine say so, on every rank alike; null: the CPU.
Accelerator* settle_device(const PretrainSettings& settings, const Communicator& communicator);

/// The design as it may be trained: its tree and its fit at a scale. Throws Error unless check.yaml passed and is of
/// this very tree.
struct Trainable {
  Design design;
  Fit fit;
  std::string design_id;
};
Trainable read_trainable(const Experiment& experiment, const DesignName& design, const std::string& scale);

/// Its model with the initial weights of `seed`, which computes in float32 or bfloat16 (parse_precision).
std::unique_ptr<LanguageModel> build_model(const Experiment& experiment, const Trainable& trainable, const Scale& scale,
                                           int64_t seed, at::ScalarType precision = at::kFloat);

/// What is asked for: --scale with every --seed and --lr; else the run that the record names; else decided_runs().
std::vector<RunName> asked_runs(const Args& args, const Record& input, const Experiment& experiment,
                                const DesignName& design);
/// The runs the newest decision under selected/ names for a design: of its latest generation, the highest rung, further
/// seeds (RUNG-seeds) among them. None: Error saying what to do.
std::vector<RunName> decided_runs(const Experiment& experiment, const DesignName& design);
/// Command line values to names: every seed with every multiplier, 0 and 1 where none is given.
std::vector<RunName> named_runs(const Experiment& experiment, const std::string& scale,
                                const std::vector<std::string>& seeds, const std::vector<std::string>& multipliers);

}  // namespace gradus
