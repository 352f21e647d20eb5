/// Inside child.h: the words both ends speak, and the child's own end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/child.h"

namespace gradus {

/// A message on the socket: eight bytes of length, then the text.
std::string frame(const std::string& text);
/// The text once `bytes` holds all of it.
std::optional<std::string> unframe(const std::string& bytes);

/// argv of the child: its own binary, --child NAME, the limits, its folders as r:FOLDER and w:FOLDER.
std::vector<std::string> child_command(const std::string& name, const ChildLimits& limits, size_t n_requests);

/// Of the parent's environment what libraries and Gradus read, no keys and tokens of the user's. One thread for OpenMP
/// and its like: the gate's models are small, and two that wait for each other on a busy machine took four times as
/// long.
std::vector<std::string> child_environment();

/// After fork: descriptors in place (0 and 1 the null device, 2 the parent's pipe, 3 the socket, no other), exec.
[[noreturn]] void become_child(int socket, int errors, char* const* argv, char* const* environment);

/// A verdict from the status of waitpid and the last words on stderr.
ChildAnswer explain_death(int status, const std::string& stderr_tail);

}  // namespace gradus
