/// The whole experiment, read once for the report: every design's small files, runs, standings, the ledger. A file that
/// cannot be read costs that file: it is named among `faults` and the rest is shown.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ledger_file.h"
#include "design/experiment.h"
#include "ladder/admission.h"
#include "ladder/rank.h"

namespace gradus {

struct RunFacts {
  RunName run;
  std::optional<RunResult> result;  // none: it is training, or was killed
  std::optional<Evaluation> evaluation;
};

struct DesignFacts {
  DesignName name;
  std::optional<Origin> origin;
  std::optional<Review> review;
  std::optional<Implementation> implementation;
  std::optional<CheckResult> check;
  std::optional<Design> tree;  // design.yaml, else candidate.yaml
  std::vector<RunFacts> runs;  // by name
};

/// The file of one job: when it began, and what it finished, in order.
struct JobFacts {
  std::string name;
  double start = 0;  // seconds since 1970, from the file's name; 0: not told
  std::vector<LedgerLine> lines;
};

struct Facts {
  const Experiment& experiment;
  std::vector<DesignFacts> designs;                         // by name
  std::map<DesignName, size_t> index;                       // into designs
  std::vector<Standings> rungs;                             // lowest first, one a rung of the ladder
  std::vector<std::map<DesignName, const Standing*>> rows;  // of them, by design
  std::vector<Selection> selections;                        // by generation, in the order of stages
  std::vector<JobFacts> jobs;                               // by start
  std::optional<CanaryRecord> canaries;                     // of the gate
  std::vector<std::string> faults;

  /// The design's row at a rung; none: it was not trained there.
  const Standing* standing(size_t rung, const DesignName& design) const;
  /// The highest rung at which it stands; -1: none.
  int highest_rung(const DesignName& design) const;
};

Facts read_facts(const Experiment& experiment);

/// admission() of files that are read already.
Admission admission_of(const DesignFacts& design);

/// The last name of the experiment's folder, also of "." and "exp/".
std::string folder_name(const Experiment& experiment);

/// "2026-01-31T12:00:00Z", "20260131T120000Z" to seconds since 1970; 0 when it is neither.
double parse_time(const std::string& text);
std::string time_text(double seconds);

/// Class name without running anything: that of the last top-level class of the source; "" without one.
std::string last_class(const std::string& source);
/// The same by a unit's hash; the hash itself where the source is missing.
std::string class_name(const UnitStore& units, const std::string& hash);

}  // namespace gradus
