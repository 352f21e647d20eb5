/// Tasks on a model: every item's likelihoods or answer, and the scores that follow from them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "eval/likelihood.h"
#include "eval/metric.h"
#include "eval/task.h"

namespace gradus {

/// Items as the model takes them.
struct EncodedTask {
  std::vector<Item> items;
  std::vector<ScoredTokens> requests;  // in the order of the items
  std::vector<size_t> first;           // request of each item, and the end
};

/// An item whose text cannot be encoded is an Error naming the task and the row's line.
EncodedTask encode_task(const Task& task, std::vector<Item> items, const Vocabulary& vocabulary, int64_t max_length);

struct TaskScores {
  std::vector<Likelihood> likelihoods;                           // a request
  std::vector<std::string> answers;                              // of generate_until, an item
  std::map<std::string, std::vector<Observation>> observations;  // by "acc", "exact_match,strict-match"
};

/// All tasks at once, so that batches are full and rows that they share are run once.
std::vector<TaskScores> score_tasks(LanguageModel& model, const Vocabulary& vocabulary, const std::vector<Task>& tasks,
                                    const std::vector<EncodedTask>& encoded, int64_t max_length,
                                    const Communicator& communicator);

}  // namespace gradus
