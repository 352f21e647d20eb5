#include "eval/benchmark.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "eval/generate.h"
#include "train/machine.h"

namespace gradus {
namespace {

/// The pairs of an item; of a mutual-information metric, the choices without their context too.
std::vector<ScoredTokens> encode_item(const Task& task, const Item& item, const Vocabulary& vocabulary,
                                      int64_t max_length) {
  std::vector<ScoredTokens> out;
  const auto add = [&](const std::string& context, const std::string& continuation) {
    out.push_back(encode_pair(vocabulary, context, continuation, max_length));
  };
  switch (task.output_type) {
    case OutputType::kGenerateUntil:
      break;
    case OutputType::kLoglikelihoodRolling:
      return encode_rolling(vocabulary, item.references[0], max_length);
    case OutputType::kLoglikelihood:
      add(item.contexts[0], item.references[0]);
      break;
    case OutputType::kMultipleChoice:
      for (size_t i = 0; i < item.choices.size(); ++i)
        add(item.contexts[item.contexts.size() > 1 ? i : 0], item.continuations[item.continuations.size() > 1 ? i : 0]);
      for (const auto& metric : task.metrics) {
        if (metric.metric != "acc_mutual_info") continue;
        for (const auto& choice : item.choices) add("", task.target_delimiter + choice);
        break;
      }
  }
  return out;
}

void observe_all(const Task& task, const EncodedTask& encoded, TaskScores& scores) {
  for (size_t i = 0; i < encoded.items.size(); ++i) {
    const Item& item = encoded.items[i];
    for (const auto& metric : task.metrics) {
      if (task.output_type != OutputType::kGenerateUntil) {
        const std::vector<Likelihood> of_item(scores.likelihoods.begin() + static_cast<long>(encoded.first[i]),
                                              scores.likelihoods.begin() + static_cast<long>(encoded.first[i + 1]));
        scores.observations[metric.metric].push_back(observe(metric.metric, task.output_type, item, of_item));
        continue;
      }
      if (task.filters.empty())
        scores.observations[metric.metric].push_back(observe_answer(metric, item, scores.answers[i]));
      for (const auto& filter : task.filters)
        scores.observations[metric.metric + "," + filter.name].push_back(
            observe_answer(metric, item, filter_answer(filter, scores.answers[i])));
    }
  }
}

}  // namespace

EncodedTask encode_task(const Task& task, std::vector<Item> items, const Vocabulary& vocabulary, int64_t max_length) {
  EncodedTask out{std::move(items), {}, {0}};
  std::vector<std::vector<ScoredTokens>> parts(out.items.size());
  std::exception_ptr fault;
  std::mutex mutex;
  const auto work = [&](size_t first, size_t step) {
    for (size_t i = first; i < parts.size(); i += step) {
      try {
        parts[i] = encode_item(task, out.items[i], vocabulary, max_length);
      } catch (const std::exception& e) {
        const std::lock_guard lock(mutex);
        if (!fault)
          fault = std::make_exception_ptr(
              Error("'" + task.name + "': row at line " + std::to_string(out.items[i].line) + ": " + e.what()));
        return;
      }
    }
  };
  const auto n_threads = static_cast<size_t>(std::max(1, default_threads()));
  std::vector<std::thread> threads;
  for (size_t t = 1; t < n_threads; ++t) threads.emplace_back(work, t, n_threads);
  work(0, n_threads);
  for (auto& thread : threads) thread.join();
  if (fault) std::rethrow_exception(fault);
  for (auto& part : parts) {
    for (auto& request : part) out.requests.push_back(std::move(request));
    out.first.push_back(out.requests.size());
  }
  return out;
}

std::vector<TaskScores> score_tasks(LanguageModel& model, const Vocabulary& vocabulary, const std::vector<Task>& tasks,
                                    const std::vector<EncodedTask>& encoded, int64_t max_length,
                                    const Communicator& communicator) {
  std::vector<ScoredTokens> pooled;
  for (const auto& task : encoded) pooled.insert(pooled.end(), task.requests.begin(), task.requests.end());
  const auto started = std::chrono::steady_clock::now();
  const std::clock_t processor = std::clock();
  const auto likelihoods = score_likelihoods(model, pooled, communicator);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  log_debug("scored " + std::to_string(pooled.size()) + " sums in " + format_fixed(seconds.count(), 2) + " s (" +
            format_fixed(static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC, 2) + " s of processors)");
  std::vector<TaskScores> out(tasks.size());
  auto next = likelihoods.begin();
  for (size_t t = 0; t < tasks.size(); ++t) {
    const auto end = next + static_cast<long>(encoded[t].requests.size());
    out[t].likelihoods.assign(next, end);
    next = end;
    if (tasks[t].output_type == OutputType::kGenerateUntil) {
      std::vector<std::string> contexts;
      for (const auto& item : encoded[t].items) contexts.push_back(item.contexts[0]);
      GenerateOptions options;
      options.most_tokens = tasks[t].generation.max_gen_toks;
      options.until = tasks[t].generation.until;
      out[t].answers = generate(model, vocabulary, contexts, options, max_length, communicator);
    }
    observe_all(tasks[t], encoded[t], out[t]);
  }
  return out;
}

}  // namespace gradus
