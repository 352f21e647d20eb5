#include "eval/task.h"

#include <algorithm>

#include "base/error.h"
#include "eval/metric.h"

namespace gradus {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const YAML::Node& node) {
  if (node.IsSequence()) {
    Json out = Json::array();
    for (const auto& part : node) out.push_back(json_of(part));
    return out;
  }
  if (node.IsMap()) {
    Json out = Json::object();
    for (const auto& part : node) out[part.first.Scalar()] = json_of(part.second);
    return out;
  }
  if (!node.IsDefined() || node.IsNull()) return nullptr;
  if (node.Tag() == "!") return node.Scalar();  // in quotes
  int64_t whole = 0;
  bool truth = false;
  if (YAML::convert<int64_t>::decode(node, whole)) return whole;
  // y and n are truth values to yaml-cpp and texts to PyYAML, which the harness reads by.
  if (node.Scalar().size() > 1 && YAML::convert<bool>::decode(node, truth)) return truth;
  return node.Scalar();
}

struct DataFiles {
  std::map<std::string, std::string> data_files;
  Unused trust_remote_code;
  template <class V>
  void fields(V& v) {
    v("data_files", data_files);
    v("trust_remote_code", trust_remote_code);
  }
};

/// A file as it stands: what a task keeps of it, and what it is checked and made by.
struct TaskFile {
  Task task;
  std::string output_type = "multiple_choice";
  std::optional<std::string> dataset_name, training_split, validation_split, test_split, fewshot_split;
  DataFiles dataset_kwargs;
  TaskField process_docs, process_results, gen_prefix;
  int64_t repeats = 1;
  Unused unused;
  template <class V>
  void fields(V& v) {
    v("task", task.name);
    v("output_type", output_type);
    v("needs", task.needs);
    v("keep_file", task.keep_file);
    v("keep_list", task.keep_list);
    v("keep_field", task.keep_field);
    v("dataset_name", dataset_name);
    v("training_split", training_split);
    v("validation_split", validation_split);
    v("test_split", test_split);
    v("fewshot_split", fewshot_split);
    v("dataset_kwargs", dataset_kwargs);
    v("process_docs", process_docs);
    v("process_results", process_results);
    v("where", task.where);
    v("doc_to_text", task.doc_to_text);
    v("doc_to_target", task.doc_to_target);
    v("doc_to_choice", task.doc_to_choice);
    v("description", task.description);
    v("gen_prefix", gen_prefix);
    v("target_delimiter", task.target_delimiter);
    v("fewshot_delimiter", task.fewshot_delimiter);
    v("columns", task.columns);
    v("num_fewshot", task.num_fewshot);
    v("repeats", repeats);
    v("fewshot_config", task.fewshot);
    v("generation_kwargs", task.generation);
    v("metric_list", task.metrics);
    v("filter_list", task.filters);
    for (const char* name : {"tag", "task_alias", "dataset_path", "metadata", "should_decontaminate",
                             "doc_to_decontamination_query", "unsafe_code", "group"})
      v(name, unused);
  }
};

const std::map<std::string, OutputType>& output_types() {
  static const std::map<std::string, OutputType> all = {{"multiple_choice", OutputType::kMultipleChoice},
                                                        {"loglikelihood", OutputType::kLoglikelihood},
                                                        {"loglikelihood_rolling", OutputType::kLoglikelihoodRolling},
                                                        {"generate_until", OutputType::kGenerateUntil}};
  return all;
}

const std::vector<std::string>& metrics_of(OutputType type) {
  static const std::vector<std::string> choice = {"acc", "acc_norm", "acc_bytes", "acc_mutual_info",
                                                  "f1",  "mcc",      "mc2",       "exact_match"},
                                        likelihood = {"perplexity", "acc"},
                                        rolling = {"word_perplexity", "byte_perplexity", "bits_per_byte"},
                                        generated = {"exact_match", "contains"};
  return type == OutputType::kMultipleChoice         ? choice
         : type == OutputType::kLoglikelihood        ? likelihood
         : type == OutputType::kLoglikelihoodRolling ? rolling
                                                     : generated;
}

class Checker {
 public:
  Checker(const YAML::Node& mapping, const TaskFile& file, Faults& faults)
      : mapping_(mapping), file_(file), faults_(faults) {}

  void hook(const char* key, const TaskField& field, const std::string& instead) {
    if (!field.hook.empty())
      faults_.add(mapping_[key],
                  std::string(key) + ": Python is not run: instead of '!function " + field.hook + "' write " + instead);
  }
  void hooks() {
    hook("process_docs", file_.process_docs, "the templates over the raw fields, and 'where' for rows to keep");
    hook("process_results", file_.process_results, "a metric of metric_list");
    const std::string text = "a template over the row's fields: \"{{question}}\\nAnswer:\"";
    hook("doc_to_text", file_.task.doc_to_text, text);
    hook("doc_to_target", file_.task.doc_to_target, text);
    hook("description", file_.task.description, "text");
    hook("doc_to_choice", file_.task.doc_to_choice, "a list, or a template that makes one: \"{{[choice1, choice2]}}\"");
    if (file_.gen_prefix.given())
      faults_.add(mapping_["gen_prefix"], "gen_prefix is not known: put it into doc_to_text");
  }
  void needed(OutputType type) {
    const auto need = [&](const char* key, const TaskField& field) {
      if (!field.given()) faults_.add(mapping_, std::string(key) + " is missing");
    };
    if (file_.task.name.empty()) faults_.add(mapping_, "task is missing: its name");
    if (type != OutputType::kLoglikelihoodRolling) need("doc_to_text", file_.task.doc_to_text);
    need("doc_to_target", file_.task.doc_to_target);
    if (type == OutputType::kMultipleChoice) need("doc_to_choice", file_.task.doc_to_choice);
    if (file_.task.metrics.empty()) faults_.add(mapping_, "metric_list is missing");
    if (file_.repeats != 1) faults_.add(mapping_["repeats"], "repeats: only 1");
    if (file_.task.generation.do_sample) faults_.add(mapping_["generation_kwargs"], "do_sample: only greedy answers");
    const auto& known = metrics_of(type);
    for (const auto& m : file_.task.metrics)
      if (std::find(known.begin(), known.end(), m.metric) == known.end()) unknown_metric(m.metric, known);
  }
  void answers() {
    try {
      check_answers(file_.task);
    } catch (const Error& e) {
      faults_.add(mapping_[file_.task.filters.empty() ? "metric_list" : "filter_list"], e.what());
    }
  }
  std::string file_of(const std::optional<std::string>& split) {
    const auto& files = file_.dataset_kwargs.data_files;
    const auto found = files.find(split.value_or(""));
    if (found == files.end()) return "";
    const nlohmann::ordered_json values{{"task", file_.task.name}, {"dataset_name", file_.dataset_name.value_or("")}};
    return Template(found->second, "data_files").render(values);
  }

 private:
  void unknown_metric(const std::string& name, const std::vector<std::string>& known) {
    std::string all;
    for (const auto& k : known) all += (all.empty() ? "" : ", ") + k;
    faults_.add(mapping_["metric_list"],
                "metric_list: '" + name + "' is unknown for " + file_.output_type + ": known are " + all);
  }
  const YAML::Node& mapping_;
  const TaskFile& file_;
  Faults& faults_;
};

}  // namespace

bool read_setting(const YAML::Node& node, TaskField& out, std::string& expected) {
  if (node.Tag() == "!function") {
    out.hook = node.Scalar();
    return true;
  }
  out.value = json_of(node);
  if (!out.value.is_string()) return true;
  try {
    out.filled = std::make_shared<Template>(out.value.get<std::string>(),
                                            "line " + std::to_string(node.Mark().line + 1) + " of the task", true);
  } catch (const Error& e) {
    expected = std::string("a template (") + e.what() + ")";
    return false;
  }
  return true;
}

YAML::Node write_setting(const TaskField& field) { return YAML::Node(field.value.dump()); }

Task read_task(const YAML::Node& mapping, const std::string& name) {
  Faults faults(name);
  TaskFile file;
  read_settings(mapping, file, faults, "");
  const auto type = output_types().find(file.output_type);
  if (type == output_types().end()) {
    faults.add(mapping["output_type"],
               "output_type is multiple_choice, loglikelihood, loglikelihood_rolling or generate_until");
    faults.finish();
  }
  Task& task = file.task;
  task.output_type = type->second;
  Checker checker(mapping, file, faults);
  checker.hooks();
  checker.needed(task.output_type);
  checker.answers();
  const auto& split = file.test_split ? file.test_split : file.validation_split;
  task.test_file = checker.file_of(split);
  if (task.test_file.empty())
    faults.add(mapping, "dataset_kwargs: data_files: no file for the split '" + split.value_or("") +
                            "': {data_files: {" + split.value_or("test") + ": rows.jsonl}}, and test_split names it");
  const std::string examples =
      task.fewshot.split.empty() ? file.fewshot_split.value_or(file.training_split.value_or("")) : task.fewshot.split;
  task.fewshot_file = checker.file_of(examples.empty() ? split : examples);
  task.fewshot_of_test = task.fewshot_file == task.test_file && !task.fewshot.samples.given();
  if (task.num_fewshot > 0 && task.fewshot_file.empty() && !task.fewshot.samples.given())
    faults.add(mapping["num_fewshot"], "num_fewshot: no file for the split '" + examples + "' in data_files");
  if (const auto& s = task.fewshot.sampler; s != "default" && s != "first_n")
    faults.add(mapping["fewshot_config"], "fewshot_config: sampler is default or first_n");
  faults.finish();
  if (task.keep_list == "{{dataset_name}}") task.keep_list = file.dataset_name.value_or("");
  if (task.generation.until.empty()) task.generation.until = {task.fewshot_delimiter};
  task.text = to_yaml(mapping);
  return task;
}

}  // namespace gradus
