/// Which tasks there are: those that ship (configs/tasks, built in) and a user's files.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eval/task.h"

namespace gradus {

/// configs/tasks/*.yaml, by name of file; those that begin with '_' are included by others.
const std::vector<std::pair<std::string_view, std::string_view>>& builtin_tasks();

/// A task or a group (of one task, if it is no group) by its name, or by the path of a .yaml file. Includes are taken
/// from the file's folder, then from those that ship. An unknown name is a UsageError naming the nearest.
TaskGroup find_tasks(const std::string& name);

std::vector<TaskGroup> find_all_tasks(const std::vector<std::string>& names);

struct ListedTask {
  std::string name, kind, needs;  // kind: output type, or "group of N"
};
/// All that ship, groups and the tasks that belong to none.
std::vector<ListedTask> list_tasks();

}  // namespace gradus
