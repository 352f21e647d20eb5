#include "eval/task_view.h"

#include <algorithm>

#include "base/error.h"

namespace gradus {
namespace {

std::string quoted(const std::string& text) { return nlohmann::ordered_json(text).dump(); }

std::string shown(const Task& task, const Item& item) {
  std::string out = task.name + " line " + std::to_string(item.line) + "\n";
  for (const auto& context : item.contexts) out += "  context  " + quoted(context) + "\n";
  for (size_t i = 0; i < item.choices.size(); ++i) {
    const bool right = std::find(item.gold.begin(), item.gold.end(), static_cast<int64_t>(i)) != item.gold.end();
    out += std::string(right ? "  right    " : "  choice   ") +
           quoted(item.contexts.size() > 1 ? item.choices[i] : item.continuations[i]) + "\n";
  }
  if (item.contexts.size() > 1) out += "  scored   " + quoted(item.continuations[0]) + "\n";
  for (const auto& reference : item.references) out += "  target   " + quoted(reference) + "\n";
  if (task.output_type == OutputType::kGenerateUntil)
    for (const auto& stop : task.generation.until) out += "  until    " + quoted(stop) + "\n";
  return out;
}

}  // namespace

std::string list_text() {
  std::string out;
  for (const auto& task : list_tasks()) out += task.name + "\t" + task.kind + "\t" + task.needs + "\n";
  return out;
}

std::string validate_text(const TaskGroup& group, const Path& data_directory) {
  std::string out;
  for (const auto& task : group.tasks)
    out += task.name + "\tok\t" + std::to_string(read_items(task, data_directory).size()) + "\titems\n";
  return out;
}

std::string show_text(const TaskGroup& group, const Path& data_directory, size_t n) {
  std::string out;
  for (const auto& task : group.tasks)
    for (const auto& item : read_items(task, data_directory, n)) out += shown(task, item);
  return out;
}

std::string view_text(const Args& args) {
  const Path data = args.get_or("data", ".");
  const int64_t n = args.get_int("n").value_or(3);
  if (n < 1) throw UsageError("-n is 1 or more");
  std::string out = args.has("list") ? list_text() : "";
  for (const auto& group : find_all_tasks(args.all("validate"))) out += validate_text(group, data);
  for (const auto& group : find_all_tasks(args.all("show"))) out += show_text(group, data, static_cast<size_t>(n));
  return out;
}

}  // namespace gradus
