/// The ledger: append-only lines, one file a job (`ledger/HOST-PID-TIME.tsv`), each a finished stage of a design. It is
/// how a population is read fast; the files it names stay the truth.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"

namespace gradus {

struct LedgerLine {
  std::string design, stage, verdict, file, file_hash;  // file: relative to the experiment
  double tokens = 0, dollars = 0, seconds = 0;
};

/// Appends one line to this job's file under EXP/ledger (created on first use).
void append_ledger(const Path& experiment, const LedgerLine& line);
std::vector<LedgerLine> read_ledger(const Path& experiment);

}  // namespace gradus
