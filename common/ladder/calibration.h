/// Was the ladder right? Each cheap score of an experiment (a rung, a rung's curve at half its tokens, a probe) beside
/// each dearer rung, over the designs that have both; and what the designs drawn for audit say of those sent away.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "design/experiment.h"
#include "ladder/agreement.h"
#include "ladder/rank.h"

namespace gradus {

struct CalibrationRow {
  std::string proxy, target;  // "nano", "nano at half", "probe mqar V256 L48 N1048576 K4"; "micro"
  int designs = 0;            // with both; the reference baseline is one of them
  std::vector<Statistic> statistics;
};

/// Designs drawn for audit at a rung against those promoted to it.
struct AuditRow {
  std::string target;
  int promoted = 0, audits = 0;
  int above_median = 0, above_best = 0;  // audits better than the promoted designs' median, than all of them
  Share share_above_median, share_above_best;
  double regret = 0;  // best audit less best promoted, bits per byte; positive: the gate threw away the best
};

struct Calibration {
  double confidence = 0.95;
  std::vector<CalibrationRow> rows;
  std::vector<AuditRow> audits;
};

/// Diverged, quarantined and untrained-like designs are left out: they are verdicts, no scores.
Calibration calibrate(const Experiment& experiment, double confidence = 0.95);
/// The same from standings, lowest rung first, and probes by design (accuracy above chance; name to values).
struct ProbeColumn {
  std::string name;
  std::map<DesignName, double> value, error;
};
Calibration calibrate(const std::vector<Standings>& rungs, const std::vector<ProbeColumn>& probes, double confidence,
                      uint64_t seed);

/// proxy  target  designs  statistic  value  lower  upper  pairs: a row a statistic, the audits' last; `.`: not
/// defined.
std::string calibration_table(const Calibration& calibration);

}  // namespace gradus
