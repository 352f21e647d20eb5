/// Where the executables of the verbs are, and how `gradus` starts them. Found from the place of the running file, so
/// that a build or an installed tree may be moved.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"

namespace gradus {

/// Beside the running file in a build; ../libexec/gradus in an installed tree.
Path verb_folder();
/// What a verb prints when called with one option.
std::string program_output(const std::string& verb, const std::string& option);
/// Becomes slurm/run.sh, beside build/ in a clone and in share/gradus of an installed tree, with the words after
/// argv[0].
[[noreturn]] void become_recipe(std::vector<char*> argv);

}  // namespace gradus
