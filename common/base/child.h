/// Runs generated code first in a child: the tool re-executes its own binary (before any tensor or thread exists) with
/// `--child NAME`, sends one request a design through a pipe, and reads one answer each. rlimits (memory, CPU, files,
/// processes), a time limit and confine.h apply; a crash, a kill or silence is a verdict, not an accident.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace gradus {

struct ChildLimits {
  /// Of the child's own processor time; a wall clock of ten times as much also holds. Beyond: killed, "timeout".
  double seconds_per_request = 60;
  uint64_t memory_bytes = uint64_t{6} << 30;  // RLIMIT_AS beyond what the libraries map at start; also RLIMIT_DATA
  uint64_t file_bytes = 1 << 20;
  std::vector<std::string> readable, writable;  // folders; no others but the system's libraries
};

struct ChildAnswer {
  enum class Kind { kAnswer, kCrash, kTimeout, kMemory } kind = Kind::kAnswer;
  std::string text;  // the answer; else what happened: "killed by SIGSEGV", "no answer after 60 s"
};

/// Functions a child can run, by name; registered in a tool's main before run_tool (which enters child mode itself when
/// argv[1] is --child).
using ChildFunction = std::function<std::string(const std::string& request)>;
void register_child(const std::string& name, ChildFunction function);
/// Enters child mode and never returns if argv asks for it. Called first thing by run_tool.
void enter_child_if_asked(int argc, char** argv);

/// A batch through one child after another: a crash costs one request, the rest go to a fresh child. In order.
std::vector<ChildAnswer> run_in_child(const std::string& name, const std::vector<std::string>& requests,
                                      const ChildLimits& limits);

}  // namespace gradus
