// gradus - one word for all verbs: `gradus check …` runs the check beside it, as git does.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/record.h"
#include "base/tool.h"

using namespace gradus;

namespace {

const std::vector<std::pair<std::string, std::string>> kVerbs = {
    {"new", "open an experiment: a directory and its frozen settings"},
    {"prepare", "text, code or JSONL to documents, tokenizers and tokens"},
    {"propose", "write down which designs could be tried next"},
    {"review", "judge a design before time is spent on it"},
    {"implement", "build an accepted proposal, unit by unit"},
    {"check", "the gate: does a design train, and does it cheat"},
    {"select", "who is a parent, who climbs to the next rung, and why"},
    {"pretrain", "train a design at a scale, resuming exactly"},
    {"evaluate", "score a trained design, with errors"},
    {"report", "the leaderboard and the story of an experiment"},
    {"export", "a design as a stock PyTorch file"},
    {"try", "does my block beat GPT2 at matched parameters"},
    {"manifest", "a list of work as job arrays: what is done, what is next"},
    {"status", "where an experiment is"},
    {"doctor", "what is wrong, here and on this machine"},
    {"prune", "less on disk"},
};

constexpr const char* kUsage = R"(usage: gradus VERB [arguments of the verb]
       gradus help VERB

Runs the executable of that verb beside this one.

Exits: as the verb does; 2 when there is no such verb.

Examples:
  $ bin/gradus help check
  $ bin/gradus --version

Verbs:
)";

Path folder() { return std::filesystem::read_symlink("/proc/self/exe").parent_path(); }

std::string page() {
  std::string text = kUsage;
  for (const auto& [verb, what] : kVerbs) {
    if (::access((folder() / verb).c_str(), X_OK) != 0) continue;
    text += "  " + verb + std::string(11 - verb.size(), ' ') + what + "\n";
  }
  return text;
}

int run_verb(const std::string& verb, std::vector<char*> argv) {
  std::vector<std::string> names = {"help"};
  for (const auto& entry : kVerbs) names.push_back(entry.first);
  const Path file = folder() / verb;
  // Only a plain name: `gradus ../x` is no verb.
  if (verb.find("/") == verb.npos && verb != "gradus" && std::filesystem::is_regular_file(file)) {
    argv[0] = const_cast<char*>(verb.c_str());
    argv.push_back(nullptr);
    ::execv(file.c_str(), argv.data());
    throw_errno("cannot run", file.native());
  }
  const std::string near = nearest(verb, names);
  for (const auto& entry : kVerbs) {
    if (entry.first == verb) throw Error("'" + verb + "' is not built: no '" + file.native() + "'");
  }
  throw UsageError("'" + verb + "' is no verb" + (near.empty() ? "" : " (did you mean '" + near + "'?)") +
                   "; see 'gradus help'");
}

int gradus_main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) {
    std::fputs(page().c_str(), stderr);
    return kNotDone;
  }
  const bool help = words[0] == "help" || words[0] == "--help" || words[0] == "-h";
  if (help && words.size() > 1 && words[1] != "gradus") {
    static char flag[] = "--help";
    return run_verb(words[1], {argv[0], flag});
  }
  if (help || words[0] == "--version") {
    print_text(help ? page() : version_text() + "\n");
    close_stdout();
    return kDone;
  }
  return run_verb(words[0], std::vector<char*>(argv + 1, argv + argc));
}

}  // namespace

int main(int argc, char** argv) {
  set_log_name("gradus");
  try {
    return gradus_main(argc, argv);
  } catch (const std::exception& fault) {
    log_error(fault.what());
  } catch (const ClosedPipe&) {
    return kDone;
  }
  return kNotDone;
}
