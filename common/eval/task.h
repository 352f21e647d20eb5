/// A task as lm-evaluation-harness 0.4 writes it in YAML, read over local rows: what a row becomes (contexts,
/// continuations, the right answer) and how answers are scored. Python hooks (`!function`) are refused by name, with
/// what to write instead: templates do what those of the tasks that ship here did.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/template.h"
#include "eval/rows.h"
#include "eval/task_fields.h"

namespace gradus {

/// A value of a task file: a template, the name of a field, a list, a number; or a Python hook.
struct TaskField {
  nlohmann::ordered_json value;  // null: not given
  std::string hook;
  std::shared_ptr<const Template> filled;  // of a text
  bool given() const { return !value.is_null() || !hook.empty(); }
};
bool read_setting(const YAML::Node& node, TaskField& out, std::string& expected);
YAML::Node write_setting(const TaskField& field);

struct FewshotSpec {
  std::string sampler = "default", split;  // default: drawn as Python would; first_n
  TaskField samples, doc_to_text, doc_to_target, doc_to_choice;
  template <class V>
  void fields(V& v) {
    v("sampler", sampler);
    v("split", split);
    v("samples", samples);
    v("doc_to_text", doc_to_text);
    v("doc_to_target", doc_to_target);
    v("doc_to_choice", doc_to_choice);
  }
};

enum class OutputType { kMultipleChoice, kLoglikelihood, kLoglikelihoodRolling, kGenerateUntil };

struct Task {
  std::string name;
  std::string needs;  // where the rows come from and their columns
  OutputType output_type = OutputType::kMultipleChoice;
  std::string test_file, fewshot_file;  // within the data folder
  bool fewshot_of_test = false;         // examples come from the rows that are scored
  std::vector<std::string> columns;
  std::string keep_file, keep_list, keep_field;
  TaskField where, doc_to_text, doc_to_target, doc_to_choice, description;
  FewshotSpec fewshot;
  std::string target_delimiter = " ", fewshot_delimiter = "\n\n";
  int64_t num_fewshot = 0;
  GenerationSpec generation;
  std::vector<MetricSpec> metrics;
  std::vector<FilterSpec> filters;
  std::string text;  // what was read, for its hash
};

struct TaskGroup {
  std::string name, needs;
  std::vector<Task> tasks;
  std::vector<MetricSpec> metrics;  // to be aggregated
};

/// From a mapping (includes resolved); `name` for messages. All faults at once.
Task read_task(const YAML::Node& mapping, const std::string& name);

/// A row as the model meets it.
struct Item {
  int64_t line = 0;
  std::vector<std::string> contexts;  // one; or one a choice (Winogrande), then there is one continuation
  std::vector<std::string> choices;   // without delimiter: their lengths normalise
  std::vector<std::string> continuations;
  std::vector<int64_t> gold;  // of the choices; −100: none of them
  bool several_right = false;
  std::vector<std::string> references;  // generate_until; the one text of the loglikelihood types
  std::vector<int64_t> labels;          // mc2: 1 for the choices that are true
};

/// The rows of a task as items; `limit` first rows alone, 0: all. A row that does not render is an Error naming file
/// and line.
std::vector<Item> read_items(const Task& task, const Path& data_directory, size_t limit = 0);

}  // namespace gradus
