/// What `select --simulate` shows: a table, its summary in words, and curves as SVG.
#pragma once

#include <string>
#include <vector>

#include "ladder/simulate.h"

namespace gradus {

/// world policy budget spent regret low high best low high reach low high: a line a policy and world at the reference's
/// budget, at every budget with `curves`.
std::vector<std::string> simulation_columns();
std::string render_simulation(const std::vector<Curve>& curves, bool whole);
/// "# ours: reaches the reference's regret at 0.61 of its compute (median of 12 worlds), at 1.02 in the worst, noisy;
/// …".
std::string render_summary(const std::vector<Curve>& curves);
/// Regret over compute, both logarithmic, a panel a world.
std::string plot_simulation(const std::vector<Curve>& curves);

}  // namespace gradus
