/// Nothing is kept between calls, nothing is drawn in eval mode, inputs stay as they are (design.md §5.5).
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "check/subject.h"

namespace gradus {

struct StateFinding {
  std::string how;  // empty: nothing was found
  double size = 0;
  std::string note;  // seen, and without effect on outputs: no refusal
};

/// Made before any other call of the subject, finished after all of them.
class StateWatch {
 public:
  StateWatch(const Recipe& recipe, Subject& subject, double tolerance);
  /// `n_calls` more calls; then what they left in the interpreter's objects, the first outputs again, and a new
  /// instance beside the used one.
  StateFinding finish(int n_calls);
  /// The same small input over and over, in both modes.
  StateFinding repeat(int n_calls);

 private:
  StateFinding compare(Subject& with, const std::string& how);
  StateFinding left_behind();
  StateFinding draws_or_writes();
  bool matters(const at::Tensor& held, Mode mode);

  const Recipe& recipe_;
  Subject& subject_;
  double tolerance_;
  at::Tensor input_;
  std::vector<at::Tensor> first_;  // by kModes
};

/// Block 0 built once more in the same world, after all others: what construction depends on is its arguments alone.
/// `initial`: as initialised, seed 0.
double rebuilt_difference(Subject& initial);

/// A model that is saved and loaded into one drawn from another seed must give the same outputs: what does not travel
/// with the parameters and buffers is hidden. Also refused: numbers drawn at random that no parameter count sees
/// (more than 1 % of the blocks' parameters), and parameters that no module knows.
struct HiddenFinding {
  std::string how;
  double size = 0, limit = 0;
};
HiddenFinding find_hidden(const Recipe& recipe, double tolerance);

}  // namespace gradus
