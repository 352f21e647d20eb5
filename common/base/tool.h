/// The anatomy all tools share: usage text, options, configuration, records, one place where errors are caught.
///
/// Options of every tool: --help --version --config FILE --set SECTION.KEY=VALUE (repeatable) --print-config --force
/// --verbose --quiet --header. A tool adds its own few in its Options list.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/record.h"

namespace gradus {

/// One option of a tool's own: {"scale", "NAME", "the rung to train at"}; empty value name: a switch; repeatable: may
/// be given several times. `n` has a short form "-n".
struct Option {
  std::string name, value_name, help;
  bool repeatable = false;
  char short_name = 0;
};

struct Args {
  std::string verb;
  std::vector<std::string> paths;                             // positional arguments as given; "-" reads stdin
  std::map<std::string, std::vector<std::string>> options;    // own options by long name
  std::string config;                                         // --config
  std::vector<std::pair<std::string, std::string>> settings;  // --set, in order
  bool force = false, verbose = false, quiet = false, header = false, print_config = false;

  /// From the words after the verb, by these rules: options before or after paths; `--n=3`, `--n 3`, `-n3`, `-n 3`;
  /// `--` ends options; `-` is a path. A fault is a UsageError naming the nearest option.
  static Args parse(const std::string& verb, const std::vector<std::string>& words, const std::vector<Option>& options);

  bool has(const std::string& name) const { return options.count(name) != 0; }
  std::optional<std::string> get(const std::string& name) const;
  std::vector<std::string> all(const std::string& name) const;  // of an option that may be repeated
  std::string get_or(const std::string& name, const std::string& fallback) const;
  std::optional<int64_t> get_int(const std::string& name) const;  // UsageError when no integer
  std::optional<double> get_double(const std::string& name) const;

  /// The designs named: records from stdin for "-", else each path. Shell order kept. `one_named` is set when exactly
  /// one design was named on the command line (exit code 1 is for that case only).
  std::vector<Record> designs() const;
  bool one_named() const;
};

using ToolFunction = std::function<int(const Args&)>;

/// usage: raw string, first line `usage: review [options] DESIGN…`; sections Reads / Writes / Prints / Exits / Examples
/// with lines `  $ command`. The option table is appended from `options`. Parses, dispatches, catches, closes stdout.
/// No positional argument is a usage error unless `min_paths` is 0; where the synopsis begins with EXP, none names the
/// experiment around the current folder. At a terminal the command that usually follows is said at the end (usage.h).
int run_tool(int argc, char** argv, const char* usage, const std::vector<Option>& options, const ToolFunction& tool,
             int min_paths = 1);

/// Called before run_tool returns after an exception, with the exit code: under MPI, a tool ends its other ranks here.
void set_fatal_hook(std::function<void(int code)> hook);

/// Verdict loop for tools over designs, each as soon as its line arrives: calls `work` for each record whose verdict is
/// ok, prints its answer, passes refused ones (no, skipped) through as `skipped`, `error` and `waiting` as themselves;
/// turns an exception into an `error` record plus a line on stderr, a stop request (or Stopped) into `waiting` for this
/// and the rest (exit 75). Returns the exit code by the rules of error.h.
int for_each_design(const Args& args, const std::function<Record(const Record&)>& work,
                    const std::vector<std::string>& detail_columns);

/// "gradus 0.1.0 (commit, libtorch 2.15.0)".
std::string version_text();

}  // namespace gradus
