/// From items to scores with errors, as lm-evaluation-harness 0.4.13 computes them: means with the sample deviation
/// over √n; perplexity, F1 and Matthews' correlation with the same 100,000 bootstrap draws of Python's generator. Where
/// it gives no error (word_perplexity and the like), ours is that of a ratio estimator.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eval/likelihood.h"
#include "eval/task.h"

namespace gradus {

/// What an item adds to a metric: a value; or truth and answer (f1, mcc); or nats and words or bytes.
struct Observation {
  double first = 0, second = 0;
};

struct MetricScore {
  double value = 0, standard_error = 0;
};

/// Of multiple_choice, loglikelihood and loglikelihood_rolling: `scores` in the order of the item's requests.
Observation observe(const std::string& metric, OutputType type, const Item& item,
                    const std::vector<Likelihood>& scores);
/// Of generate_until.
Observation observe_answer(const MetricSpec& metric, const Item& item, const std::string& answer);

MetricScore aggregate(const std::string& metric, const std::vector<Observation>& observations, int64_t bootstrap_draws);
/// Over the tasks of a group: mean and its error, weighted by the items or not.
MetricScore aggregate_group(const std::vector<MetricScore>& scores, const std::vector<int64_t>& items, bool weighted);

/// An answer through a pipeline of filters (regex, lowercase, uppercase, remove_whitespace, take_first, …).
std::string filter_answer(const FilterSpec& filter, const std::string& answer);
/// Before anything is scored: Error naming an unknown filter, or a pattern that is none.
void check_answers(const Task& task);

bool lower_is_better(const std::string& metric);

}  // namespace gradus
