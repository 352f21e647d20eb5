#include "eval/task_list.h"

#include "base/error.h"

namespace gradus {
namespace {

std::optional<std::string> builtin(const std::string& file) {
  for (const auto& [name, text] : builtin_tasks())
    if (name == file) return std::string(text);
  return std::nullopt;
}

/// A mapping laid over another: its keys win.
YAML::Node laid_over(const YAML::Node& below, const YAML::Node& above) {
  YAML::Node out = YAML::Clone(below);
  for (const auto& entry : above) out[entry.first.Scalar()] = entry.second;
  return out;
}

YAML::Node with_includes(const YAML::Node& node, const Path& folder, const std::string& name, int depth = 0) {
  if (!node.IsMap()) throw Error("cannot read '" + name + "': it is no mapping of keys");
  if (!node["include"]) return node;
  if (depth > 8) throw Error("cannot read '" + name + "': files include one another");
  const std::string file = node["include"].Scalar();
  const Path beside = folder / file;
  YAML::Node below;
  if (!folder.empty() && std::filesystem::exists(beside)) {
    below = with_includes(load_yaml(beside), folder, beside.string(), depth + 1);
  } else if (const auto text = builtin(file)) {
    below = with_includes(parse_yaml(*text, file), {}, file, depth + 1);
  } else {
    throw Error("cannot read '" + name + "': line " + std::to_string(node["include"].Mark().line + 1) +
                ": include: no file '" + file + "'");
  }
  YAML::Node above = YAML::Clone(node);
  above.remove("include");
  return laid_over(below, above);
}

/// A group's file as it stands.
struct GroupFile {
  TaskGroup group;
  Unused unused;
  template <class V>
  void fields(V& v) {
    v("group", group.name);
    v("needs", group.needs);
    v("aggregate_metric_list", group.metrics);
    for (const char* name : {"task", "metadata", "group_alias", "tag"}) v(name, unused);
  }
};

TaskGroup read_group(const YAML::Node& node, const Path& folder, const std::string& name);

/// Members of a group: a name, or a mapping of a task with its own keys.
void add_member(TaskGroup& group, const YAML::Node& member, const Path& folder, const std::string& name) {
  TaskGroup found;
  if (member.IsScalar()) {
    const Path beside = folder / (member.Scalar() + ".yaml");
    found = find_tasks(!folder.empty() && std::filesystem::exists(beside) ? beside.string() : member.Scalar());
  } else {
    found = read_group(with_includes(member, folder, name), folder, name);
  }
  for (auto& task : found.tasks) group.tasks.push_back(std::move(task));
}

TaskGroup read_group(const YAML::Node& node, const Path& folder, const std::string& name) {
  if (!node["task"] || node["task"].IsScalar()) {
    Task task = read_task(node, name);
    return {task.name, task.needs, {task}, {}};
  }
  if (!node["group"]) throw Error("cannot read '" + name + "': 'group' is missing: the name for the list under 'task'");
  Faults faults(name);
  GroupFile file;
  read_settings(node, file, faults, "");
  faults.finish();
  TaskGroup& group = file.group;
  for (const auto& member : node["task"]) add_member(group, member, folder, name);
  if (group.tasks.empty()) throw Error("cannot read '" + name + "': the group has no task");
  return group;
}

std::string name_in(const YAML::Node& node) {
  return node["group"] && node["task"] && node["task"].IsSequence() ? node["group"].Scalar() : node["task"].Scalar();
}

}  // namespace

TaskGroup find_tasks(const std::string& name) {
  if (name.ends_with(".yaml") || name.ends_with(".yml")) {
    const Path path = name;
    return read_group(with_includes(load_yaml(path), path.parent_path(), name), path.parent_path(), name);
  }
  std::vector<std::string> names;
  for (const auto& [file, text] : builtin_tasks()) {
    if (file.starts_with('_')) continue;
    const std::string stem(file.substr(0, file.size() - 5));
    if (stem != name && stem.find(name) == stem.npos && text.find(name) == text.npos) {
      names.push_back(stem);
      continue;
    }
    const YAML::Node node = with_includes(parse_yaml(std::string(text), std::string(file)), {}, std::string(file));
    if (name_in(node) == name) return read_group(node, {}, std::string(file));
    names.push_back(name_in(node));
    if (!node["task"].IsSequence()) continue;
    for (const auto& member : node["task"]) {  // one of a group
      if (!member.IsMap() || !member["task"] || member["task"].Scalar() != name) continue;
      return read_group(with_includes(member, {}, std::string(file)), {}, std::string(file));
    }
  }
  const std::string near = nearest(name, names);
  throw UsageError("unknown task '" + name + "'" + (near.empty() ? "" : " (did you mean '" + near + "'?)") +
                   ": see evaluate --list, or give the path of a .yaml file");
}

std::vector<TaskGroup> find_all_tasks(const std::vector<std::string>& names) {
  std::vector<TaskGroup> groups;
  for (const auto& name : names) groups.push_back(find_tasks(name));
  return groups;
}

std::vector<ListedTask> list_tasks() {
  std::vector<ListedTask> out;
  for (const auto& [file, text] : builtin_tasks()) {
    if (file.starts_with('_')) continue;
    const TaskGroup group = read_group(
        with_includes(parse_yaml(std::string(text), std::string(file)), {}, std::string(file)), {}, std::string(file));
    static const char* kinds[] = {"multiple_choice", "loglikelihood", "loglikelihood_rolling", "generate_until"};
    const bool several = group.name != group.tasks[0].name;
    out.push_back({group.name,
                   several ? "group of " + std::to_string(group.tasks.size())
                           : kinds[static_cast<int>(group.tasks[0].output_type)],
                   group.needs});
  }
  return out;
}

}  // namespace gradus
