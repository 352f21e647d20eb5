/// The outlook of every design of an experiment at its dearest rung: what all runs and both points of their curves make
/// one believe, who is probably the best, and where the next hour of training is worth most.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ladder/fitness.h"
#include "ladder/rank.h"
#include "ladder/scaling.h"

namespace gradus {

struct Outlook {
  DesignName design;
  std::string rung;                 // the highest it was trained at
  Belief lead;                      // at the dearest rung, over the reference
  double p_better = 0;              // than the reference there
  double p_best = 0;                // of all designs and the reference
  std::string next;                 // the rung of the run that is weighed: the next, or the dearest once more
  double hours = 0;                 // what that run takes
  double improvement_per_hour = 0;  // bits per byte that knowing it is worth (knowledge gradient), an hour
  bool crossing = false;            // the order against the reference turns with the budget
  std::optional<double> beyond;     // lead by the scaling fit at kBeyond times the dearest rung's N and D
};
inline constexpr double kBeyond = 4;

struct OutlookTable {
  std::string target;
  std::vector<Budget> budgets;
  Population population;
  std::vector<Outlook> rows;  // by p_best, then by lead
};

/// What a run costs: hours by rung of the reference, and a design's cost over it (1 where unknown).
struct RunCosts {
  std::map<std::string, double> hours;
  std::map<DesignName, double> ratio;
};

/// rungs: lowest first; audits, diverged, quarantined and untrained-like designs have no outlook. half_correlation: of
/// the noise of a run's two points.
OutlookTable look_ahead(const std::vector<Standings>& rungs, const RunCosts& costs, double half_correlation,
                        const std::vector<double>& tokens_by_rung, const std::vector<double>& parameters_by_rung);
/// The same from an experiment's files; costs by its ledger.
OutlookTable look_ahead(const Experiment& experiment);

/// Of the noise of a run at half its tokens and at its end, pooled over designs with repeated seeds; shrunk to .5.
double half_noise_correlation(const Arms& arms, const DesignName& reference);

/// design  rung  lead  deviation  p_better  p_best  next  hours  improvement_per_hour  crossing  beyond
std::string outlook_table(const OutlookTable& table);

}  // namespace gradus
