#include "eval/task_run.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "base/error.h"
#include "base/hash.h"
#include "base/ledger.h"
#include "base/log.h"
#include "eval/trained_model.h"
#include "train/hdf5.h"

namespace gradus {
namespace {

constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
constexpr size_t kUntrainedItems = 500;  // of a task: its error is then below 0.023

struct Prepared {
  std::vector<Task> tasks;
  std::vector<EncodedTask> encoded;
  std::vector<std::string> hashes;
};

std::string hash_of(const Task& task, const TaskRequest& request) {
  std::string all =
      task.text + "\n" + std::to_string(request.limit) + "\n" + std::to_string(request.bootstrap_draws) + "\n";
  const auto add = [&](const std::string& file) { all += file_hash_hex16(request.data_directory / file) + "\n"; };
  add(task.test_file);
  if (task.num_fewshot > 0 && !task.fewshot_file.empty()) add(task.fewshot_file);
  if (!task.keep_file.empty()) add(task.keep_file);
  return hash_hex16(all);
}

/// The tasks asked for, each once, less those that `known` has of the same rows.
Prepared prepare(const TaskRequest& request, const TaskEvaluation& known, TrainedModel& trained) {
  Prepared out;
  std::map<std::string, std::string> seen;  // by name: the task's text
  for (const auto& group : request.groups) {
    for (const auto& task : group.tasks) {
      const auto [first, is_new] = seen.emplace(task.name, task.text);
      if (!is_new && first->second != task.text) throw Error("two tasks that differ are named '" + task.name + "'");
      if (!is_new) continue;
      auto items = read_items(task, request.data_directory, static_cast<size_t>(request.limit));
      const std::string hash = hash_of(task, request);
      const auto kept = known.tasks.find(task.name);
      if (kept != known.tasks.end() && kept->second.task_hash == hash && !request.force) continue;
      out.encoded.push_back(encode_task(task, std::move(items), trained.vocabulary(), trained.context()));
      out.tasks.push_back(task);
      out.hashes.push_back(hash);
    }
  }
  return out;
}

EncodedTask first_items(const EncodedTask& all, size_t n) {
  n = std::min(n, all.items.size());
  EncodedTask out;
  out.items.assign(all.items.begin(), all.items.begin() + static_cast<long>(n));
  out.first.assign(all.first.begin(), all.first.begin() + static_cast<long>(n) + 1);
  out.requests.assign(all.requests.begin(), all.requests.begin() + static_cast<long>(out.first.back()));
  return out;
}

std::map<std::string, double> values_of(const TaskScores& scores, size_t first) {
  std::map<std::string, double> out;
  for (const auto& [name, all] : scores.observations) {
    const std::vector<Observation> some(all.begin(), all.begin() + static_cast<long>(std::min(first, all.size())));
    out[name] = aggregate(name.substr(0, name.find(',')), some, 0).value;
  }
  return out;
}

/// The untrained twin on the first items of each task; kept for the seed, for all learning rates.
std::vector<std::map<std::string, double>> score_untrained(const TaskRequest& request, const Prepared& work,
                                                           TrainedModel& trained, const Communicator& communicator) {
  const Path file = task_evaluation_file(request.experiment, request.design, request.run).parent_path() /
                    ("untrained-" + request.run.scale + "-s" + std::to_string(request.run.seed) + "-tasks.yaml");
  TaskEvaluation known = read_yaml_if_exists<TaskEvaluation>(file).value_or(TaskEvaluation{});
  if (known.weights_hash != trained.untrained_hash() || known.experiment != request.experiment.settings_hash())
    known = TaskEvaluation{};
  known.weights_hash = trained.untrained_hash();
  known.experiment = request.experiment.settings_hash();
  known.tokenizer_hash = trained.vocabulary().hash();
  std::vector<Task> tasks;
  std::vector<EncodedTask> encoded;
  std::vector<size_t> numbers;
  for (size_t t = 0; t < work.tasks.size(); ++t) {
    const auto kept = known.tasks.find(work.tasks[t].name);
    if (!communicator.any(kept == known.tasks.end() || kept->second.task_hash != work.hashes[t])) continue;
    tasks.push_back(work.tasks[t]);
    encoded.push_back(first_items(work.encoded[t], kUntrainedItems));
    numbers.push_back(t);
  }
  const auto scores =
      score_tasks(trained.model(), trained.vocabulary(), tasks, encoded, trained.context(), communicator);
  for (size_t i = 0; i < tasks.size(); ++i) {
    TaskScore score{static_cast<int64_t>(encoded[i].items.size()), work.hashes[numbers[i]], {}};
    for (const auto& [name, value] : values_of(scores[i], kUntrainedItems)) score.metrics[name].value = value;
    known.tasks[tasks[i].name] = score;
  }
  communicator.barrier();
  if (communicator.first() && !tasks.empty()) write_yaml(file, known);
  std::vector<std::map<std::string, double>> out(work.tasks.size());
  for (size_t t = 0; t < work.tasks.size(); ++t)
    for (const auto& [name, metric] : known.tasks.at(work.tasks[t].name).metrics) out[t][name] = metric.value;
  return out;
}

struct ItemArrays {
  std::vector<double> nats;
  std::vector<uint8_t> greedy;
  std::vector<uint64_t> item, line;
  std::vector<uint8_t> answers;  // a JSON text a line
};

/// The items of all tasks: new ones, and those of tasks that are kept.
void write_items(const Path& path, const Prepared& work, const std::vector<TaskScores>& scores,
                 const TaskEvaluation& all) {
  std::map<std::string, ItemArrays> tables;
  if (std::filesystem::exists(path)) {
    const Hdf5File old = Hdf5File::open(path);
    for (const auto& name : old.names("/")) {
      if (!all.tasks.contains(name)) continue;
      if (old.has(name + "/answers")) {
        tables[name].answers = old.read<uint8_t>(name + "/answers");
      } else {
        tables[name] = {old.read<double>(name + "/nats"),
                        old.read<uint8_t>(name + "/greedy"),
                        old.read<uint64_t>(name + "/item"),
                        old.read<uint64_t>(name + "/line"),
                        {}};
      }
    }
  }
  for (size_t t = 0; t < work.tasks.size(); ++t) {
    ItemArrays table;
    for (size_t i = 0; i < work.encoded[t].items.size(); ++i) {
      for (size_t r = work.encoded[t].first[i]; r < work.encoded[t].first[i + 1]; ++r) {
        table.nats.push_back(scores[t].likelihoods[r].nats);
        table.greedy.push_back(scores[t].likelihoods[r].greedy);
        table.item.push_back(i);
        table.line.push_back(static_cast<uint64_t>(work.encoded[t].items[i].line));
      }
    }
    for (const auto& answer : scores[t].answers) {
      const std::string line = nlohmann::ordered_json(answer).dump(-1, ' ', true, kReplace) + "\n";
      table.answers.insert(table.answers.end(), line.begin(), line.end());
    }
    tables[work.tasks[t].name] = std::move(table);
  }
  write_hdf5(path, [&](Hdf5File& file) {
    for (const auto& [name, table] : tables) {
      if (!table.answers.empty()) {
        file.write(name + "/answers", table.answers, {"a JSON text a line, a line an item", "byte"});
        continue;
      }
      file.write(name + "/nats", table.nats, {"nat", "request"});
      file.write(name + "/greedy", table.greedy, {"1", "request"});
      file.write(name + "/item", table.item, {"item of the task", "request"});
      file.write(name + "/line", table.line, {"line of the rows' file", "request"});
    }
    file.set("/", "weights_hash", all.weights_hash);
  });
}

TaskMetric metric_of(const std::string& metric, const MetricScore& score, double untrained, double same) {
  const bool beats = lower_is_better(metric) ? same < untrained : same > untrained;
  return {score.value, score.standard_error, untrained, same, beats};
}

TaskScore score_of(const Prepared& work, size_t t, const TaskScores& scores,
                   const std::map<std::string, double>& untrained, int64_t draws) {
  TaskScore out{static_cast<int64_t>(work.encoded[t].items.size()), work.hashes[t], {}};
  const auto same = values_of(scores, kUntrainedItems);
  for (const auto& [name, observations] : scores.observations) {
    const std::string metric = name.substr(0, name.find(','));
    out.metrics[name] = metric_of(metric, aggregate(metric, observations, draws), untrained.at(name), same.at(name));
  }
  return out;
}

/// Mean over a group's tasks of each metric that all of them have.
TaskScore score_of(const TaskGroup& group, const TaskEvaluation& all) {
  TaskScore out;
  std::vector<const TaskScore*> parts;
  std::vector<int64_t> items;
  for (const auto& task : group.tasks) {
    parts.push_back(&all.tasks.at(task.name));
    items.push_back(parts.back()->items);
    out.items += items.back();
  }
  for (const auto& [name, first] : parts[0]->metrics) {
    std::vector<MetricScore> scores, untrained, same;
    for (const auto* part : parts) {
      const auto found = part->metrics.find(name);
      if (found == part->metrics.end()) break;
      scores.push_back({found->second.value, found->second.standard_error});
      untrained.push_back({found->second.untrained, 0});
      same.push_back({found->second.on_the_same, 0});
    }
    if (scores.size() != parts.size()) continue;
    bool weighted = false;
    for (const auto& m : group.metrics) weighted = weighted || (m.metric == name && m.weight_by_size);
    const auto mean = [&](const std::vector<MetricScore>& all_of) { return aggregate_group(all_of, items, weighted); };
    out.metrics[name] = metric_of(name, mean(scores), mean(untrained).value, mean(same).value);
  }
  return out;
}

}  // namespace

Path task_evaluation_file(const Experiment& experiment, const DesignName& design, const RunName& run) {
  return experiment.evaluation(design, run).parent_path() / (run.text() + "-tasks.yaml");
}

TaskEvaluation evaluate_tasks(const TaskRequest& request, const Communicator& communicator) {
  TrainedModel trained(request.experiment, request.design, request.run);
  const Path file = task_evaluation_file(request.experiment, request.design, request.run);
  TaskEvaluation all = read_yaml_if_exists<TaskEvaluation>(file).value_or(TaskEvaluation{});
  if (all.weights_hash != trained.run().weights_hash || all.experiment != request.experiment.settings_hash())
    all = TaskEvaluation{};
  all.weights_hash = trained.run().weights_hash;
  all.experiment = request.experiment.settings_hash();
  all.tokenizer_hash = trained.vocabulary().hash();
  const Prepared work = prepare(request, all, trained);
  communicator.barrier();  // nobody writes while another still reads what is kept
  if (!work.tasks.empty()) {
    const auto untrained = score_untrained(request, work, trained, communicator);
    trained.load();
    const auto scores =
        score_tasks(trained.model(), trained.vocabulary(), work.tasks, work.encoded, trained.context(), communicator);
    for (size_t t = 0; t < work.tasks.size(); ++t)
      all.tasks[work.tasks[t].name] = score_of(work, t, scores[t], untrained[t], request.bootstrap_draws);
    if (communicator.first()) write_items(Path(file).replace_extension(".h5"), work, scores, all);
  }
  for (const auto& group : request.groups)
    if (group.tasks.size() > 1 || group.name != group.tasks[0].name) all.groups[group.name] = score_of(group, all);
  if (!communicator.first()) return all;
  write_yaml(file, all);
  if (!work.tasks.empty())
    append_ledger(request.experiment.root(),
                  {request.design.text(), "evaluate-tasks", "ok",
                   std::filesystem::relative(file, request.experiment.root()).string(), file_hash_hex16(file)});
  return all;
}

std::vector<std::string> record_words(const TaskEvaluation& evaluation, const std::vector<TaskGroup>& groups) {
  std::vector<std::string> out;
  for (const auto& group : groups) {
    const auto whole = evaluation.groups.find(group.name);
    const TaskScore& score = whole != evaluation.groups.end() ? whole->second : evaluation.tasks.at(group.name);
    for (const auto& [name, m] : score.metrics) {
      out.push_back(group.name + ":" + name);
      for (const double x : {m.value, m.standard_error, m.untrained}) out.push_back(format_g(x));
      out.push_back(m.beats_untrained ? "better" : "<=untrained");
    }
  }
  return out;
}

}  // namespace gradus
