/// Tasks on a trained run: evaluate/RUN-tasks.yaml and RUN-tasks.h5, with the score of the same model at initialisation
/// beside each. They describe a design and never rank it: below 125M parameters accuracies say more of lengths and
/// priors than of learning, which the untrained column shows.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "design/experiment.h"
#include "eval/benchmark.h"
#include "eval/task_list.h"
#include "train/communicator.h"

namespace gradus {

struct TaskMetric {
  double value = 0, standard_error = 0;
  double untrained = 0;    // on the first items, at most kUntrainedItems
  double on_the_same = 0;  // the trained model on those
  bool beats_untrained = false;
  template <class V>
  void fields(V& v) {
    v("value", value);
    v("standard_error", standard_error);
    v("untrained", untrained);
    v("on_the_same", on_the_same);
    v("beats_untrained", beats_untrained);
  }
};

struct TaskScore {
  int64_t items = 0;
  std::string task_hash;  // of the task, its rows, the limit and the draws
  std::map<std::string, TaskMetric> metrics;
  template <class V>
  void fields(V& v) {
    v("items", items);
    v("task_hash", task_hash);
    v("metrics", metrics);
  }
};

struct TaskEvaluation {  // evaluate/RUN-tasks.yaml
  int format = 1;
  std::string weights_hash, experiment, tokenizer_hash;
  std::map<std::string, TaskScore> tasks, groups;
  template <class V>
  void fields(V& v) {
    v("format", format);
    v("weights_hash", weights_hash);
    v("experiment", experiment);
    v("tokenizer_hash", tokenizer_hash);
    v("tasks", tasks);
    v("groups", groups);
  }
};

struct TaskRequest {
  const Experiment& experiment;
  DesignName design;
  RunName run;
  std::vector<TaskGroup> groups;  // a task alone is a group of one, of the same name
  Path data_directory;
  int64_t limit = 0;  // items of a task; 0: all
  int64_t bootstrap_draws = 100'000;
  bool force = false;
};

Path task_evaluation_file(const Experiment& experiment, const DesignName& design, const RunName& run);

/// Scores what is not yet there of these weights, rows, limit and draws, and writes both files. Error when the run is
/// not finished, its weights are not the recorded ones, or they are those of the untrained model.
TaskEvaluation evaluate_tasks(const TaskRequest& request, const Communicator& communicator);

/// Of each group or task and metric: name, value, standard error, untrained, "better" or "<=untrained".
std::vector<std::string> record_words(const TaskEvaluation& evaluation, const std::vector<TaskGroup>& groups);

}  // namespace gradus
