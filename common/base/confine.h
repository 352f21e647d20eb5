/// What a process that runs generated code may still do: read the folders it is given and what libraries read, write
/// where it is told to, compute. No network, no other program, no other process. By Landlock (kernel 5.13) and seccomp;
/// where the kernel has no Landlock only seccomp and the rlimits of child.h hold, and run_in_child says so once.
#pragma once

#include <string>
#include <vector>

namespace gradus {

/// The kernel's Landlock version; 0: none, so that files are not confined.
int landlock_version();

/// For good, for this process and its threads; called while there is one thread. A folder that does not exist is left
/// out. Throws Error if the kernel refuses what it offers.
void confine(const std::vector<std::string>& readable, const std::vector<std::string>& writable);

}  // namespace gradus
