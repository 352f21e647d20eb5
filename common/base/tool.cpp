#include "base/tool.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <new>

#include "base/child.h"
#include "base/design_source.h"
#include "base/log.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/settings.h"
#include "base/signals.h"
#include "base/terminal.h"
#include "base/usage.h"
#include "base/version.h"

namespace gradus {
namespace {

std::function<void(int)>& fatal_hook() {
  static std::function<void(int)> hook;
  return hook;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// What an exception says to a person. Called within a catch clause.
std::string describe_exception() {
  try {
    throw;
  } catch (const Error& fault) {
    return fault.what();
  } catch (const std::filesystem::filesystem_error& fault) {
    return "cannot access '" + fault.path1().native() + "': " + fault.code().message();
  } catch (const std::bad_alloc&) {
    return "out of memory";
  } catch (const std::exception& fault) {
    return first_line(fault.what());  // libtorch adds a stack of C++ frames
  } catch (...) {
    return "an unknown exception";
  }
}

// Runs what may throw; the one place where exceptions become exit codes.
int guarded(const std::function<int()>& work) {
  int code = kNotDone;
  try {
    return work();
  } catch (const ClosedPipe&) {
    return kDone;
  } catch (const Stopped&) {
    log_info("stopped by a signal; run again to go on");
    code = kResume;
  } catch (...) {
    log_error(describe_exception());
  }
  if (fatal_hook()) fatal_hook()(code);
  return code;
}

std::string help_page(const char* usage, const std::vector<Option>& options) {
  std::string page = usage;
  page.erase(0, page.find_first_not_of('\n'));
  while (!page.empty() && page.back() == '\n') page.pop_back();
  return page + "\n\nOptions:\n" + option_table(options);
}

std::string synopsis(const char* usage) {
  std::string text = usage;
  text.erase(0, std::min(text.find_first_not_of('\n'), text.size()));
  return first_line(text);
}

// For programs: what completions and manual pages are made from. Not in --help, for nobody types it.
std::optional<std::string> page_asked(int argc, char** argv, const std::string& verb, const char* usage,
                                      const std::vector<Option>& options) {
  const std::string word = argc > 1 ? argv[1] : "";
  if (word == "--print-options" && argc == 2) return option_lines(options);
  if (word == "--print-man" && argc <= 3) return man_page(verb, argc == 3 ? argv[2] : "", parse_usage(usage), options);
  return std::nullopt;
}

// EXP left out is the experiment around the current folder. Not for `new`, which makes one.
void find_experiment(Args& args, const char* usage) {
  if (args.verb == "new" || !args.paths.empty() || args.print_config) return;
  if (!wants_experiment(parse_usage(usage), args)) return;
  if (const auto here = experiment_here()) args.paths.push_back(*here);
}

// For a hint only: whatever is wrong with the file is somebody else's to say.
std::string lowest_rung(const Path& experiment) {
  try {
    return YAML::LoadFile((experiment / "experiment.yaml").native())["rungs"][0].as<std::string>();
  } catch (const std::exception&) {
    return "";
  }
}

// What usually follows, for a person at a terminal; a script or a pipe never sees it.
void say_next(const Args& args, const std::string& program) {
  if (args.quiet || args.print_config || args.has("help") || args.has("version") || !is_terminal(1) || !is_terminal(2))
    return;
  const auto& record = last_record();
  if (!record && args.verb != "try") return;  // a question was answered: nothing follows from it
  if (record && (record->verdict != Verdict::kOk || args.has("file"))) return;
  const Record last = record.value_or(Record{});
  Done done{last.design, last.run, args.paths.empty() ? "" : args.paths[0], ""};
  done.lowest_rung = lowest_rung(fill_in("EXP", done));
  const size_t slash = program.rfind('/');
  const bool by_gradus = slash == program.npos;
  std::string text;
  for (const std::string& command : next_commands(args.verb)) {
    const std::string prefix = by_gradus                     ? "gradus "
                               : command.starts_with("run ") ? "slurm/run.sh "
                                                             : program.substr(0, slash + 1);
    const std::string words = !by_gradus && command.starts_with("run ") ? command.substr(4) : command;
    text += (text.empty() ? "" : "   or   ") + prefix + fill_in(words, done);
  }
  if (!text.empty()) log_info(paint("next: " + text, Color::kGrey, wants_color(2)));
}

int start(Args args, const char* usage, const std::vector<Option>& options, const ToolFunction& tool, int min_paths,
          const std::string& program) {
  if (args.has("help") || args.has("version")) {
    print_text(args.has("help") ? help_page(usage, options) : version_page());
    return kDone;
  }
  set_log_level(args.quiet ? LogLevel::kWarning : args.verbose ? LogLevel::kDebug : LogLevel::kInfo);
  if (args.quiet) disable_progress();
  if (args.verb != "new") refuse_frozen(args);
  if (args.print_config && print_frozen_settings(args)) return kDone;
  find_experiment(args, usage);
  if (static_cast<int>(args.paths.size()) < min_paths && !args.print_config) {
    throw UsageError("not enough arguments; " + synopsis(usage) + "; see '" + args.verb + " --help'");
  }
  const int code = tool(args);
  if (code == kDone) say_next(args, program);
  return code;
}

}  // namespace

void set_fatal_hook(std::function<void(int)> hook) { fatal_hook() = std::move(hook); }

int run_tool(int argc, char** argv, const char* usage, const std::vector<Option>& options, const ToolFunction& tool,
             int min_paths) {
  enter_child_if_asked(argc, argv);
  install_signal_handlers();
  const std::string verb = argc > 0 ? Path(argv[0]).filename().native() : "gradus";
  set_log_name(verb);
  if (const auto page = page_asked(argc, argv, verb, usage, options)) {
    return guarded([&] { return print_text(*page), close_stdout(), kDone; });
  }
  Args args;
  try {
    args = Args::parse(verb, std::vector<std::string>(argv + std::min(argc, 1), argv + argc), options);
  } catch (const UsageError& fault) {
    log_error(std::string(fault.what()) + "; see '" + verb + " --help'");
    return kNotDone;
  }
  const int code = guarded([&] { return start(args, usage, options, tool, min_paths, argc > 0 ? argv[0] : ""); });
  if (code == kNotDone) return code;  // said why already, perhaps that very thing
  const int closed = guarded([&] { return close_stdout(), kDone; });
  return closed == kDone ? code : closed;
}

std::vector<Record> Args::designs() const {
  DesignSource source(paths);
  std::vector<Record> all;
  while (auto record = source.next()) all.push_back(std::move(*record));
  return all;
}

bool Args::one_named() const { return paths.size() == 1 && paths[0] != "-"; }

namespace {

Record answer_for(const Record& asked, const std::function<Record(const Record&)>& work, size_t n_columns) {
  Record answer{asked.design, Verdict::kWaiting, asked.run, std::vector<std::string>(n_columns, ".")};
  if (asked.verdict == Verdict::kNo || asked.verdict == Verdict::kSkipped) {
    answer.verdict = Verdict::kSkipped;
  } else if (asked.verdict != Verdict::kOk) {
    answer.verdict = asked.verdict;
  } else if (!stop_requested()) {
    try {
      return work(asked);
    } catch (const ClosedPipe&) {
      throw;
    } catch (const Stopped&) {
    } catch (...) {
      const std::string text = describe_exception();
      log_error(text.find("'" + asked.design) == text.npos ? "'" + asked.design + "': " + text : text);
      answer.verdict = Verdict::kError;
    }
  }
  return answer;
}

}  // namespace

int for_each_design(const Args& args, const std::function<Record(const Record&)>& work,
                    const std::vector<std::string>& detail_columns) {
  for (const std::string& path : args.paths) reserve_column(0, visible_width(path));
  if (args.header || is_terminal(1)) print_header(detail_columns);
  int exit_code = kDone, n_waiting = 0;
  DesignSource source(args.paths);
  while (const auto asked = source.next()) {
    const Record answer = answer_for(*asked, work, detail_columns.size());
    print_record(answer);
    if (answer.verdict == Verdict::kNo && args.one_named()) exit_code = worst_exit(exit_code, kNo);
    if (answer.verdict == Verdict::kError) exit_code = worst_exit(exit_code, kNotDone);
    if (answer.verdict == Verdict::kWaiting) exit_code = worst_exit(exit_code, kResume), ++n_waiting;
  }
  if (stop_requested() && n_waiting > 0) {
    log_info("stopped by a signal with " + std::to_string(n_waiting) + " waiting; run again to go on");
  }
  return exit_code;
}

}  // namespace gradus
