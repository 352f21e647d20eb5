// Where the tables of benchmark_ranking.h come from.
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>

#include "eval/task_run.h"
#include "ladder/benchmark_ranking.h"

namespace gradus {
namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, '\t');) out.push_back(cell);
  return out;
}

double number_of(const std::string& cell, const std::string& where) {
  if (cell == ".") return NAN;
  double value = 0;
  const auto [end, fault] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (fault != std::errc() || end != cell.data() + cell.size() || !(value >= 0 && value <= 1))
    throw Error(where + "'" + cell + "' is no score from 0 to 1 (. for a missing one)");
  return value;
}

/// Of a task's metrics the one that the reference takes.
std::optional<std::pair<double, double>> metric_of(const std::string& task, const TaskScore& score) {
  for (const char* name : {"acc_norm", "acc", "contains", "exact_match", "mcc"}) {
    if (std::string(name) == "acc_norm" && task.starts_with("mmlu")) continue;
    for (const auto& [key, metric] : score.metrics) {
      if (key.substr(0, key.find(',')) != name) continue;
      const bool mcc = std::string(name) == "mcc";
      return std::pair{mcc ? (metric.value + 1) / 2 : metric.value,
                       mcc ? (metric.untrained + 1) / 2 : metric.untrained};
    }
  }
  return std::nullopt;
}

struct Mean {
  double sum = 0;
  int n = 0;
  void add(double x) { sum += x, ++n; }
  double value() const { return n == 0 ? NAN : sum / n; }
};

std::string column_of(const std::string& task) {
  for (const char* group : {"blimp", "inverse_scaling"})
    if (task.starts_with(group)) return group;
  return task;
}

}  // namespace

BenchmarkTable read_benchmark_table(const Path& file) {
  BenchmarkTable table;
  std::istringstream lines(read_file(file));
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string where = "cannot read '" + file.string() + "': line " + std::to_string(++number) + ": ";
    if (line.empty()) continue;
    std::vector<std::string> cells = cells_of(line);
    if (table.tasks.empty()) {
      if (!line.starts_with("# design\t")) throw Error(where + "expected '# design', a tab and the names of tasks");
      table.tasks.assign(cells.begin() + 1, cells.end());
      continue;
    }
    if (cells.size() != table.tasks.size() + 1)
      throw Error(where + "expected " + std::to_string(table.tasks.size()) + " scores, found " +
                  std::to_string(cells.size() - 1));
    std::vector<double> scores;
    for (size_t i = 1; i < cells.size(); ++i) scores.push_back(number_of(cells[i], where));
    if (cells[0] == "random")
      table.chance = scores;
    else
      table.designs.push_back(cells[0]), table.score.push_back(scores);
  }
  if (table.chance.empty())
    throw Error("cannot read '" + file.string() + "': no line 'random' with the scores of chance");
  for (size_t t = 0; t < table.tasks.size(); ++t)
    if (std::isnan(table.chance[t]))
      throw Error("cannot read '" + file.string() + "': 'random' has no score of " + table.tasks[t]);
  return table;
}

BenchmarkTable read_benchmark_table(const Experiment& experiment, const std::string& scale) {
  std::map<std::string, std::map<std::string, Mean>> scores;  // design, column
  std::map<std::string, Mean> chance;
  for (const auto& [design, run] : experiment.finished_runs(scale)) {
    const auto evaluation = read_yaml_if_exists<TaskEvaluation>(task_evaluation_file(experiment, design, run));
    if (!evaluation) continue;
    for (const auto& [task, score] : evaluation->tasks)
      if (const auto metric = metric_of(task, score))
        scores[design.text()][column_of(task)].add(metric->first), chance[column_of(task)].add(metric->second);
  }
  if (scores.empty())
    throw Error("no run at " + scale + " has scores on tasks: bin/evaluate EXP/designs/… --task NAME --scale " + scale);
  BenchmarkTable table;
  for (const auto& [task, mean] : chance) table.tasks.push_back(task), table.chance.push_back(mean.value());
  for (auto& [design, columns] : scores) {
    table.designs.push_back(design);
    table.score.emplace_back();
    for (const std::string& task : table.tasks) table.score.back().push_back(columns[task].value());
  }
  return table;
}

}  // namespace gradus
