/// What `select --simulate` shows: a table, its summary in words, and curves as SVG.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/file.h"
#include "ladder/simulate.h"

namespace gradus {

/// world policy budget spent regret low high best low high reach low high: a line a policy and world at the reference's
/// budget, at every budget with `curves`.
std::vector<std::string> simulation_columns();
std::string render_simulation(const std::vector<Curve>& curves, bool whole);
/// "# ours: reaches the reference's regret at 0.61 of its compute (median of 12 worlds), at 1.02 in the worst, noisy;
/// …".
std::string render_summary(const std::vector<Curve>& curves);
/// world, busy of barrier and of async, hours (async over barrier), lead gained by async with as many generations, with
/// as much time, and how much that took; each with its 95 % interval.
std::vector<std::string> machine_columns();
/// Regret over compute, both logarithmic, a panel a world.
std::string plot_simulation(const std::vector<Curve>& curves);

/// All of it, as it comes: `print` gets the lines of a world when it is played. Names of policies are checked first.
struct SimulationRequest {
  Path worlds;  // empty: those built in
  int64_t plays = 1000;
  std::vector<std::string> policies;  // empty: all
  bool header = false, whole = false;
  bool machine = false;  // barrier against async instead of the policies
  Path plot;             // empty: none
};
void show_simulation(const SimulationRequest& request, const std::function<void(const std::string&)>& print);

}  // namespace gradus
