/// The canaries of the gate: blocks known to cheat and blocks known to be honest (data/canaries), judged like any
/// design. What the gate is worth is the share of the cheats that it refuses and of the honest ones that it does not.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "check/gate.h"

namespace gradus {

struct Canary {
  std::string name;                     // "cheat/batch_mean.py"
  std::string source;                   // a plain PyTorch file, the root of a design
  std::string what;                     // first line of its docstring
  std::vector<std::string> refused_by;  // checks that may refuse it, from `Refused by: a|b`; none: it is honest
  bool fast = false;                    // `Set: fast`
  Tier tier = Tier::kFast;              // `Tier: learning`: the first that can see it; not asked of those before
  std::string expected() const;         // "causality|batch", "pass"
};

/// Reads the lines of a canary's docstring; Error when a cheat does not say what refuses it or an honest one does.
Canary read_canary(const std::string& name, const std::string& source);
/// Of those built in: the named ones; {"fast"}: the fast set, one of each kind; none: all.
std::vector<Canary> choose_canaries(const std::vector<std::string>& names);

struct CanaryRun {
  Canary canary;
  int seed = 0;
  CheckResult result;
  double seconds = 0;
  /// A cheat that is refused by one of its checks, or an honest one that passes. A cheat that is refused for something
  /// else is a miss: the check that should have seen it did not.
  bool right() const;
  bool asked(Tier last) const { return canary.tier <= last; }
};

/// Each canary at each seed in a child of its own (register_gate_child must have been called), n_processes at once; 0:
/// as many as there are cores. `finished` is called for each as it ends, one at a time. The seeds are settings of the
/// gate's draws: seed 0 judges the file as it is, seed i the file with a constant more, whose design_id and so whose
/// draws differ.
std::vector<CanaryRun> run_canaries(const std::vector<Canary>& canaries, const GateSettings& settings, int n_seeds = 1,
                                    const std::function<void(const CanaryRun&)>& finished = {}, int n_processes = 0);

/// name, expected, verdict, reason, unit, seconds: tab-separated, `.` for none.
std::string to_line(const CanaryRun& run);
CanaryRecord summarise_canaries(const std::vector<CanaryRun>& runs, const std::string& scale);
/// "recall 61 of 61; false alarms 0 of 60", then a line each that went wrong.
std::string canary_text(const CanaryRecord& record);

}  // namespace gradus
