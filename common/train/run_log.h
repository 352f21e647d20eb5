/// log.jsonl of a run: one line a step, a validation or an event, appended; metrics.h5 made from it at the end.
///   {"step":12,"loss":6.93127823,"learning_rate":0.000375,"gradient_norm":1.2}   {"step":100,"bits_per_byte":3.1}
///   {"step":0,"event":"start","host":"node7","ranks":1,"threads":2,"time":"2026-01-31T12:00:00Z"}
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"

namespace gradus {

/// Of each unit with parameters ("blocks.0.mixer") the norms of its gradient, before the clip, and of its weights after
/// the step; of each block the root of the mean square of its output, on rank 0's last sequences.
struct UnitRecord {
  struct Unit {
    std::string name;
    double gradient_norm = 0, weight_norm = 0;
  };
  int64_t step = 0;
  std::vector<Unit> units;
  std::vector<double> block_scales;
};

/// What is in it, by step (from 1: after the step).
struct RunCurve {
  std::vector<int64_t> steps;
  std::vector<double> loss, learning_rate, gradient_norm;  // nats a token, 1, 1
  std::vector<int64_t> validation_steps;
  std::vector<double> bits_per_byte;
  std::vector<UnitRecord> units;
  /// Mean loss of the last tenth of the steps.
  double final_loss() const;
  double bits_per_byte_at(int64_t step) const;  // 0: not measured there
};

/// Writers of log.jsonl in a run's directory.
struct RunLog {
  /// Drops all lines after `step`, the one a run goes on from.
  static void cut(const Path& run, int64_t step);
  static void append_step(const Path& run, int64_t step, double loss, double learning_rate, double gradient_norm);
  static void append_validation(const Path& run, int64_t step, double bits_per_byte);
  static void append_units(const Path& run, const UnitRecord& record);
  /// fields: the rest of a JSON object, `"seconds":1.5`.
  static void append_event(const Path& run, int64_t step, const std::string& event, const std::string& fields = {});
  static void sync(const Path& run);  // to the disk, before a checkpoint is renamed
};

RunCurve read_curve(const Path& run);
void write_metrics(const Path& run, const RunCurve& curve);

}  // namespace gradus
