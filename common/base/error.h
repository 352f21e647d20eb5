/// Errors and exit codes, the same in every tool.
///
///   bug in Gradus             require(condition, "…"), kept in release
///   normal outcome            in the type: std::optional, a verdict
///   wrong command or config   throw UsageError
///   anything else             throw Error
///
/// Both are caught once, in run_tool. Wording: lower case, error first, subject in single quotes, no full stop:
/// `cannot read 'x/design.yaml': line 3: unknown key 'n_layer'`.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace gradus {

enum ExitCode : int {
  kDone = 0,     // done, whatever the verdicts
  kNo = 1,       // exactly one design was named on the command line and the answer is no
  kNotDone = 2,  // usage, configuration, I/O, device, MPI; stderr says why
  kResume = 75,  // checkpointed on a signal: run again
};

/// Of several designs: the worst of 2 > 75 > 0 (1 only for one design, decided by the tool).
int worst_exit(int a, int b);

struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct UsageError : Error {
  using Error::Error;
};
/// Work given up because stop_requested(): no verdict, no record of an error; run_tool answers kResume.
struct Stopped : Error {
  Stopped() : Error("stopped by a signal") {}
};

/// A bug if it fails: throws std::logic_error naming file and line.
void require(bool condition, const char* what, const char* file = __builtin_FILE(), int line = __builtin_LINE());

/// "cannot open 'x': No such file or directory" from errno.
[[noreturn]] void throw_errno(std::string_view action, std::string_view path);

/// The candidate nearest to `word` by edit distance, or "" when none is near enough to suggest.
template <class Range>
std::string nearest(std::string_view word, const Range& candidates);
size_t edit_distance(std::string_view a, std::string_view b);

template <class Range>
std::string nearest(std::string_view word, const Range& candidates) {
  std::string best;
  size_t best_distance = (word.size() + 2) / 3 + 1;  // one slip in three letters
  for (const auto& c : candidates) {
    size_t d = edit_distance(word, c);
    if (d < best_distance) best_distance = d, best = std::string(c);
  }
  return best;
}

}  // namespace gradus
