// gradus - one word for all verbs: `gradus check …` runs the check beside it, as git does.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "base/completion.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/record.h"
#include "base/tool.h"
#include "base/usage.h"
#include "base/verbs.h"
#include "base/version.h"

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
    {"report", "the experiment as one HTML page; the leaderboard"},
    {"export", "a design as a stock PyTorch file"},
    {"try", "does my block beat GPT2 at matched parameters"},
    {"manifest", "a list of work as job arrays: what is done, what is next"},
    {"status", "where an experiment is"},
    {"doctor", "what is wrong, here and on this machine"},
    {"prune", "less on disk"},
};

const std::vector<std::string> kOwnWords = {"help", "man", "completion", "run", "gradus"};

constexpr const char* kUsage = R"(usage: gradus VERB [arguments of the verb]
       gradus help VERB
       gradus run EXP [arguments of slurm/run.sh]
       gradus completion bash|zsh
       gradus man VERB

Runs the executable of that verb, beside this one or where `make install` put it. `run` is the whole recipe of an
experiment, slurm/run.sh. `completion` prints a script for the shell, `man` a page that `man -l -` shows.

Exits   as the verb does; 2 when there is no such verb.

Examples
  $ bin/gradus help check
  $ bin/gradus --version
  $ source <(bin/gradus completion bash)
  $ bin/gradus man check > gradus-check.1

Verbs:
)";

bool is_built(const std::string& verb) { return ::access((verb_folder() / verb).c_str(), X_OK) == 0; }

/// A line a verb, after what it begins with and between the verb and what it does.
std::string verb_list(const std::string& before, const std::string& between, size_t width) {
  std::string text;
  for (const auto& [verb, what] : kVerbs) {
    const std::string blanks(verb.size() < width ? width - verb.size() : 0, ' ');
    if (is_built(verb)) text += before + verb + blanks + between + what + "\n";
  }
  return text;
}

std::string page() { return kUsage + verb_list("  ", "", 11); }

std::string manual() {
  return man_page("gradus", "discover language-model architectures, rung by rung", parse_usage(kUsage), {}) +
         ".SH VERBS\n" + verb_list(".TP\n.BR gradus\\-", " (1)\n", 0);
}

std::string completion(const std::string& shell) {
  if (shell != "bash" && shell != "zsh") throw UsageError("completion for 'bash' or 'zsh', not '" + shell + "'");
  std::vector<CompletedVerb> verbs;
  for (const auto& [verb, what] : kVerbs) {
    if (is_built(verb)) verbs.push_back({verb, what, program_output(verb, "--print-options")});
  }
  return shell == "bash" ? bash_completion(verbs) : zsh_completion(verbs);
}

int run_verb(const std::string& verb, std::vector<char*> argv) {
  std::vector<std::string> names = kOwnWords;
  for (const auto& entry : kVerbs) names.push_back(entry.first);
  const Path file = verb_folder() / verb;
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
  const bool man = words[0] == "man";
  if ((help || man) && words.size() > 1 && !std::count(kOwnWords.begin(), kOwnWords.end(), words[1])) {
    std::string flag = man ? "--print-man" : "--help", what;
    for (const auto& [verb, line] : kVerbs) what += verb == words[1] ? line : "";
    if (man) return run_verb(words[1], {argv[0], flag.data(), what.data()});
    return run_verb(words[1], {argv[0], flag.data()});
  }
  if (words[0] == "run") become_recipe(std::vector<char*>(argv + 1, argv + argc));
  const std::string text = help                       ? page()
                           : man                      ? manual()
                           : words[0] == "--version"  ? version_page()
                           : words[0] == "completion" ? completion(words.size() > 1 ? words[1] : "")
                                                      : "";
  if (text.empty()) return run_verb(words[0], std::vector<char*>(argv + 1, argv + argc));
  print_text(text);
  close_stdout();
  return kDone;
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
