/// Runs the synthetic tasks of probes_tasks.h on a design: two of its blocks (mixer, channel mixer, twice: MAD's depth)
/// at a scale's width and fit, no positions but the design's own. A probe is a filter and a feature, never a rank.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "check/gate.h"
#include "check/probes_tasks.h"

namespace gradus {

/// How each setting is trained. fast: minutes a design. full: MAD's sweep on the first seed, its best by validation for
/// all; hours a design, on many cores.
struct ProbePlan {
  std::vector<double> learning_rates{5e-3}, weight_decays{0.0};
  int64_t batch = 32, most_steps = 600;
  int64_t epochs = 200;          // over a task's examples, at most
  int64_t validate_steps = 100;  // the run ends where validation reaches `enough`
  double enough = 0.99;
  int64_t held_out = 256;  // examples of validation and of test, each
  int64_t seeds = 1;

  template <class V>
  void fields(V& v) {
    v("learning_rates", learning_rates);
    v("weight_decays", weight_decays);
    v("batch", batch);
    v("most_steps", most_steps);
    v("epochs", epochs);
    v("validate_steps", validate_steps);
    v("enough", enough);
    v("held_out", held_out);
    v("seeds", seeds);
  }
};
ProbePlan fast_probe_plan();
ProbePlan full_probe_plan();

/// Share of right answers, averaged over the kinds of targets, so that a frequent one counts no more than a rare one.
double balanced_accuracy(const std::vector<int64_t>& answers, const std::vector<int64_t>& targets);

/// One setting, in the calling process. UnitError where a unit fails.
ProbeScore run_probe(const Design& design, const UnitStore& units, const Scale& scale, double fit_multiplier,
                     const ProbeTask& task, const ProbePlan& plan);

/// All tasks in children, `workers` at once (register_probe_child); `report` is told of each score as it comes.
/// Error with what happened where the design does not run.
std::vector<ProbeScore> probe_in_children(const GateJob& job, const Scale& scale, const CheckSettings& settings,
                                          const std::vector<ProbeTask>& tasks, const ProbePlan& plan, int workers,
                                          const std::function<void(const ProbeScore&)>& report);
void register_probe_child();

}  // namespace gradus
