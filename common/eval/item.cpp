#include <algorithm>
#include <set>

#include "base/error.h"
#include "eval/python_random.h"
#include "eval/task.h"

namespace gradus {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kFewshotSeed = 1234;  // the public harness's

bool is_digits(const std::string& text) {
  return !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string::npos;
}

/// A list as Python writes it is an expression of the template language too.
Json parse_literal(const std::string& text, const std::string& name) {
  return Template("{{ " + text + " }}", name).value(Json::object());
}

std::string as_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return Template("{{ x }}", "value").render({{"x", value}});
}

/// The three views of a row, of a task or of its examples.
struct Views {
  const TaskField &text, &target, &choice;

  Json field(const TaskField& f, const Json& row) const {
    if (!f.filled) return f.value;
    const auto named = row.find(f.value.get<std::string>());
    return named != row.end() ? *named : Json();
  }

  Json question(const Json& row) const {
    const Json raw = field(text, row);
    if (!text.filled || !raw.is_null()) return raw;
    const std::string filled = text.filled->render(row);
    return is_digits(filled) && choice.given() ? Json(std::stoll(filled)) : Json(filled);
  }

  Json answer(const Json& row) const {
    const Json raw = field(target, row);
    if (!target.filled || !raw.is_null()) return raw;
    const std::string filled = target.filled->render(row);
    if (is_digits(filled) && choice.given()) return std::stoll(filled);
    if (filled.size() >= 2 && filled.front() == '[' && filled.back() == ']') {
      try {
        return parse_literal(filled, "doc_to_target");
      } catch (const Error&) {  // a text in brackets
      }
    }
    return filled;
  }

  std::vector<std::string> choices(const Json& row) const {
    Json list = field(choice, row);
    if (choice.filled && list.is_null()) {
      list = choice.filled->value(row);
      if (list.is_string()) list = parse_literal(list.get<std::string>(), "doc_to_choice");
    }
    if (!list.is_structured() || list.empty()) throw Error("doc_to_choice gives no list of choices");
    std::vector<std::string> out;
    for (const auto& c : list) out.push_back(as_text(c));
    return out;
  }

  std::string chosen(const Json& row, const Json& number) const {
    const auto all = choices(row);
    const auto i = number.get<int64_t>();
    if (i < 0 || i >= static_cast<int64_t>(all.size()))
      throw Error(number.dump() + " is none of the " + std::to_string(all.size()) + " choices");
    return all[static_cast<size_t>(i)];
  }
};

class Reader {
 public:
  Reader(const Task& task, const Path& directory)
      : task_(task), views_{task.doc_to_text, task.doc_to_target, task.doc_to_choice}, random_(kFewshotSeed) {
    if (task.num_fewshot > 0) read_examples(directory);
  }

  Item item(const Row& row) {
    Item out;
    out.line = row.line;
    const Json& values = row.values;
    if (task_.output_type == OutputType::kLoglikelihoodRolling) {
      out.references = {as_text(views_.answer(values))};
      return out;
    }
    const std::string before = description(values) + examples(values);
    const Json question = views_.question(values), answer = views_.answer(values);
    if (task_.output_type == OutputType::kMultipleChoice) {
      out.choices = views_.choices(values);
      if (question.is_number_integer()) {  // the options are contexts
        for (const auto& choice : out.choices) out.contexts.push_back(before + choice);
        out.continuations = {task_.target_delimiter + as_text(answer)};
        set_gold(out, question);
      } else {
        out.contexts = {before + as_text(question)};
        for (const auto& choice : out.choices) out.continuations.push_back(task_.target_delimiter + choice);
        set_gold(out, answer);
      }
      if (values.contains("mc2_targets") && values["mc2_targets"].is_object())
        for (const auto& label : values["mc2_targets"].value("labels", Json::array()))
          out.labels.push_back(label.is_number_integer() && label == 1);
      return out;
    }
    out.contexts = {before + as_text(question)};
    if (task_.output_type == OutputType::kGenerateUntil && task_.doc_to_choice.given() && answer.is_number_integer()) {
      out.references = {views_.chosen(values, answer)};
    } else if (answer.is_array()) {
      for (const auto& text : answer) out.references.push_back(as_text(text));
    } else {
      out.references = {as_text(answer)};
    }
    return out;
  }

 private:
  static void set_gold(Item& item, const Json& gold) {
    const auto index = [&](const Json& g) -> int64_t {
      const auto n = static_cast<int64_t>(item.choices.size());
      if (g.is_boolean()) return g.get<bool>();
      if (g.is_number_integer()) return g.get<int64_t>() < n ? g.get<int64_t>() : -100;
      const auto found = std::find(item.choices.begin(), item.choices.end(), as_text(g));
      return found == item.choices.end() ? -100 : found - item.choices.begin();
    };
    item.several_right = gold.is_array();
    if (item.several_right) {
      for (const auto& g : gold) item.gold.push_back(index(g));
    } else {
      item.gold = {index(gold)};
      if (item.gold[0] < 0)
        throw Error("the answer " + gold.dump() + " is none of the " + std::to_string(item.choices.size()) +
                    " choices");
    }
  }

  std::string description(const Json& row) const {
    if (!task_.description.filled) return "";
    const auto named = row.find(task_.description.value.get<std::string>());
    return named != row.end() ? as_text(*named) : task_.description.filled->render(row);
  }

  void read_examples(const Path& directory) {
    if (task_.fewshot.samples.given()) {
      if (!task_.fewshot.samples.value.is_array()) throw Error("fewshot_config: samples is a list of rows");
      for (const auto& sample : task_.fewshot.samples.value) pool_.push_back(sample);
    } else {
      for (auto& row : read_rows(directory / task_.fewshot_file, {task_.columns, 0})) pool_.push_back(row.values);
    }
    const size_t needed = static_cast<size_t>(task_.num_fewshot) + task_.fewshot_of_test;
    if (pool_.size() < needed)
      throw Error("num_fewshot is " + std::to_string(task_.num_fewshot) + ", there are " +
                  std::to_string(pool_.size()) + " rows to take examples from");
  }

  std::string examples(const Json& row) {
    const auto n = static_cast<size_t>(task_.num_fewshot);
    if (n == 0) return "";
    std::vector<const Json*> chosen;
    const auto take = [&](const Json& candidate) {
      if (chosen.size() < n && !(task_.fewshot_of_test && candidate == row)) chosen.push_back(&candidate);
    };
    if (task_.fewshot.sampler == "first_n") {
      for (const auto& candidate : pool_) take(candidate);
    } else {
      for (const size_t i : random_.sample(pool_.size(), n + task_.fewshot_of_test)) take(pool_[i]);
    }
    const auto or_task = [](const TaskField& own, const TaskField& other) -> const TaskField& {
      return own.given() ? own : other;
    };
    const Views views{or_task(task_.fewshot.doc_to_text, task_.doc_to_text),
                      or_task(task_.fewshot.doc_to_target, task_.doc_to_target),
                      or_task(task_.fewshot.doc_to_choice, task_.doc_to_choice)};
    std::string out;
    for (const Json* example : chosen) out += one_example(views, *example);
    return out;
  }

  std::string one_example(const Views& views, const Json& row) const {
    Json question = views.question(row), answer = views.answer(row);
    const bool contexts = question.is_number_integer() && views.choice.given();
    if (contexts) question = views.chosen(row, question);
    if (!contexts && answer.is_number_integer() && views.choice.given()) answer = views.chosen(row, answer);
    if (answer.is_array()) answer = answer.empty() ? Json("") : answer[0];
    return as_text(question) + task_.target_delimiter + as_text(answer) + task_.fewshot_delimiter;
  }

  const Task& task_;
  Views views_;
  PythonRandom random_;
  std::vector<Json> pool_;
};

/// What keep_file's list names, by the value of keep_field.
std::optional<std::set<std::string>> kept_rows(const Task& task, const Path& directory) {
  if (task.keep_file.empty()) return std::nullopt;
  const Path path = directory / task.keep_file;
  const Json all = Json::parse(read_file(path), nullptr, false);
  if (!all.is_object() || !all.contains(task.keep_list))
    throw Error("cannot use '" + path.string() + "': it has no list '" + task.keep_list + "'");
  std::set<std::string> out;
  for (const auto& value : all[task.keep_list]) out.insert(as_text(value));
  return out;
}

bool keeps(const Task& task, const Row& row, const std::optional<std::set<std::string>>& kept) {
  if (kept) {
    const auto value = row.values.find(task.keep_field);
    if (value == row.values.end()) throw Error("no field '" + task.keep_field + "'");
    if (!kept->contains(as_text(*value))) return false;
  }
  if (!task.where.filled) return true;
  const std::string answer = task.where.filled->render(row.values);
  if (answer != "True" && answer != "False")
    throw Error("where gives '" + answer.substr(0, 40) + "', not True or False");
  return answer == "True";
}

}  // namespace

std::vector<Item> read_items(const Task& task, const Path& directory, size_t limit) {
  const Path path = directory / task.test_file;
  if (!std::filesystem::exists(path))
    throw Error("cannot read '" + path.string() + "', the rows of '" + task.name + "': no such file" +
                (task.needs.empty() ? "" : "; needed: " + task.needs));
  const bool picks = task.where.filled || !task.keep_file.empty();
  const auto rows = read_rows(path, {task.columns, picks ? 0 : limit});
  const auto kept = kept_rows(task, directory);
  Reader reader(task, directory);
  std::vector<Item> items;
  for (const Row& row : rows) {
    if (limit && items.size() == limit) break;
    try {
      if (keeps(task, row, kept)) items.push_back(reader.item(row));
    } catch (const std::exception& e) {
      throw Error("'" + task.name + "': '" + path.string() + "': line " + std::to_string(row.line) + ": " + e.what());
    }
  }
  if (items.empty()) throw Error("cannot use '" + path.string() + "' for '" + task.name + "': no row is left to score");
  return items;
}

}  // namespace gradus
