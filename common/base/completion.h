/// Completion of `gradus VERB …` for bash and zsh. The scripts hold the option tables of the verbs as they were when
/// the script was made, so that a Tab starts no program.
#pragma once

#include <string>
#include <vector>

namespace gradus {

struct CompletedVerb {
  std::string name, what;  // "check", its line in `gradus help`
  std::string options;     // option_lines() of its table (usage.h)
};

std::string bash_completion(const std::vector<CompletedVerb>& verbs);
std::string zsh_completion(const std::vector<CompletedVerb>& verbs);

}  // namespace gradus
