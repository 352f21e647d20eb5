/// A tool's usage text taken apart: --help prints it, the manual page, the completion and the hint of what comes next
/// are made from the same words.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/tool.h"

namespace gradus {

struct Usage {
  std::vector<std::string> synopsis;                        // "check [options] DESIGN…", a line each
  std::vector<std::string> paragraphs;                      // what it does
  std::vector<std::pair<std::string, std::string>> labels;  // Reads, Writes, Prints, Exits, each with its lines
  std::vector<std::string> examples;                        // as they stand, without the two blanks before
};
Usage parse_usage(const std::string& text);

/// Does a line of the synopsis begin with EXP, after options that are all given ("implement --from PATH EXP")?
bool wants_experiment(const Usage& usage, const Args& args);

/// A manual page of section 1 in man(7) macros; `what` is its line in `gradus help`, "" takes its first sentence.
std::string man_page(const std::string& verb, const std::string& what, const Usage& usage,
                     const std::vector<Option>& options);

/// "--scale<TAB>NAME<TAB>the rung": a line an option, the common ones included; what completions are made from.
std::string option_lines(const std::vector<Option>& own);

/// The commands that usually follow a verb, in the order they are shown: "evaluate DESIGN --scale SCALE"; `run` is the
/// recipe, slurm/run.sh of a clone.
std::vector<std::string> next_commands(const std::string& verb);

/// The same with the names of what was done: EXP, DESIGN, RUN, SCALE, BLOCK replaced where they are known.
struct Done {
  std::string design, run, path;  // of the last record; the first argument
  std::string lowest_rung;        // of the experiment, where that is known
};
std::string fill_in(std::string command, const Done& done);

}  // namespace gradus
