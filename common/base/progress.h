/// Progress of long work on stderr: a bar on a terminal, a line per interval in a log; time left from the rate so far.
/// Honours NO_COLOR and --quiet; silent on ranks other than 0.
#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace gradus {

class Progress {
 public:
  /// total in `unit`s (0: unknown); a line every `interval_seconds` when stderr is no terminal.
  Progress(std::string title, double total, std::string unit, double interval_seconds = 15);
  ~Progress();
  /// Cheap enough for every step. `note` is shown after the numbers ("loss 3.21").
  void update(double done, const std::string& note = {});
  void finish(const std::string& note = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Turns progress off for the process (ranks > 0, tests).
void disable_progress();

}  // namespace gradus
