/// Tasks as a person reads them, without a model: which there are, whether one can be used, what its items look like.
#pragma once

#include <string>

#include "base/tool.h"
#include "eval/task_list.h"

namespace gradus {

/// A line a task or group: name, kind, what it needs.
std::string list_text();

/// Reads and renders every row: a line a task with its items. Errors as for scoring.
std::string validate_text(const TaskGroup& group, const Path& data_directory);

/// The first n items of each task as the model meets them, line ends and all, the right answer marked.
std::string show_text(const TaskGroup& group, const Path& data_directory, size_t n);

/// What --list, --validate TASK…, --show TASK… -n N with --data DIR ask for.
std::string view_text(const Args& args);

}  // namespace gradus
