/// Inside tool.h: the designs a command names, one at a time, as soon as a line of standard input is there.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/record.h"

namespace gradus {

/// The experiment that the current folder is in, as git finds its repository: the nearest folder upward with an
/// experiment.yaml, as a path from here ("." or "../.."); none: std::nullopt.
std::optional<std::string> experiment_here();

/// A bare name like `g004-017` within an experiment is its directory there; anything else stays as it is.
std::string design_path(const std::string& word);

class DesignSource {
 public:
  explicit DesignSource(const std::vector<std::string>& paths) : paths_(paths) {}
  /// The next design; std::nullopt at the end. After a stop request, only what arrives within a few seconds still
  /// comes: an earlier stage that was not stopped could go on for hours.
  std::optional<Record> next();

 private:
  std::optional<std::string> next_line();

  std::vector<std::string> paths_;
  size_t at_ = 0;
  bool in_stdin_ = false, stdin_done_ = false;
  int line_number_ = 0;
  std::string buffer_;
};

}  // namespace gradus
