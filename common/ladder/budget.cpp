#include "ladder/budget.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/ledger.h"
#include "base/log.h"
#include "design/forecast.h"

namespace gradus {
namespace {

constexpr double kQuarter = 0.25;  // of a rung climbs to the next: the reference's selection ratio

/// What the decisions have asked of a rung, whichever stage they are of.
void read_asked(const Experiment& experiment, RungSpending& rung, const std::vector<Selection>& decisions) {
  std::set<std::string> designs, runs;
  for (const Selection& decision : decisions)
    for (const Chosen& c : decision.chosen)
      for (const std::string& text : c.runs) {
        const auto design = DesignName::parse(c.design);
        const auto run = RunName::parse(text);
        if (!design || !run || run->scale != rung.scale || !runs.insert(c.design + " " + text).second) continue;
        if (c.role != "baseline") designs.insert(c.design);
        const bool trained = std::filesystem::exists(experiment.run_directory(*design, *run) / "pretrain.yaml");
        ++(trained ? rung.runs : rung.open);
      }
  rung.designs = int(designs.size());
}

std::vector<Selection> read_decisions(const Experiment& experiment, const DecisionName& without) {
  std::vector<Selection> out;
  std::set<int> generations{1};
  for (int g : experiment.generations()) generations.insert(g);
  for (int g : generations)
    for (const std::string& rung : experiment.settings().rungs)
      for (const char* suffix : {"", "-seeds"})
        if (g == without.generation && rung + suffix == without.stage)
          continue;
        else if (auto decision = experiment.read_selection(g, rung + suffix))
          out.push_back(std::move(*decision));
  return out;
}

int designs_cap(const Spending& s, size_t level) {
  return std::max(1, int(std::floor(s.cap * std::pow(kQuarter, double(level)) + 1e-9)));
}

}  // namespace

Spending read_spending(const Experiment& experiment, const DecisionName& without) {
  const auto& settings = experiment.settings();
  Spending out{settings.rules.budget.unit, settings.rules.budget.cap, 0, 0, 0, 0, {}};
  const auto decisions = read_decisions(experiment, without);
  double flops = 0, open_flops = 0, hours = 0;
  for (const std::string& name : settings.rungs) {
    const Scale& scale = experiment.scale(name);
    RungSpending rung{name, 0, 0, 0, 3 * seed_forward_flops(scale) * double(scale.tokens)};
    read_asked(experiment, rung, decisions);
    if (out.unit == "designs") {  // no run's file need be read
      out.rungs.push_back(rung);
      continue;
    }
    for (const auto& [design, run] : experiment.finished_runs(name))
      if (const auto result = read_yaml_if_exists<RunResult>(experiment.run_directory(design, run) / "pretrain.yaml"))
        flops += result->flops;
    open_flops += double(rung.open) * rung.run_flops;
    out.rungs.push_back(rung);
  }
  for (const LedgerLine& line : out.unit == "designs" ? std::vector<LedgerLine>{} : read_ledger(experiment.root()))
    if (line.stage == "pretrain" || line.stage == "evaluate") hours += line.seconds / 3600;
  if (flops > 0) out.hours_per_flop = hours / flops;
  if (out.unit == "designs")
    out.spent = out.rungs.empty() ? 0 : out.rungs[0].designs;
  else if (out.unit == "flops")
    out.spent = flops, out.committed = open_flops;
  else
    out.spent = hours, out.committed = open_flops * out.hours_per_flop;
  const double each = forecast_generation(settings, 1).flops;
  if (out.unit != "designs") out.generation = out.unit == "flops" ? each : each * out.hours_per_flop;
  return out;
}

std::string describe(const Spending& s) {
  std::string text = "budget: ";
  for (size_t i = 0; i < s.rungs.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(s.rungs[i].designs);
    if (s.unit == "designs" && s.cap > 0) text += " of " + std::to_string(designs_cap(s, i));
    text += (i == 0 ? " designs at " : " at ") + s.rungs[i].scale;
    if (s.rungs[i].open > 0) text += " (" + std::to_string(s.rungs[i].open) + " runs open)";
  }
  if (s.unit == "designs") return text + (s.cap > 0 ? "; " + format_g(std::max(0.0, s.left())) + " left" : "; no cap");
  const std::string unit = s.unit == "flops" ? " FLOP" : " GPU-hours";
  text += "; " + format_g(std::round(s.spent * 1e4) / 1e4) + unit + " spent, " + format_g(s.committed) + " committed";
  if (s.cap > 0) text += ", " + format_g(std::max(0.0, s.left())) + " left of " + format_g(s.cap);
  text += s.cap > 0 ? "" : ", no cap";
  return text +
         (s.generation > 0 ? "; a generation takes about " + format_g(std::round(s.generation * 1e4) / 1e4) : "");
}

int quarter_allowance(const Spending& s, size_t level) {
  return std::max(0, int(std::floor(kQuarter * s.rungs.at(level - 1).designs + 1e-9)) - s.rungs.at(level).designs);
}

std::optional<int> allowance(const Spending& s, size_t level, double runs_each) {
  if (!(s.cap > 0)) return std::nullopt;
  if (s.unit == "designs") {
    const bool last = level > 1 && level + 1 == s.rungs.size();
    for (size_t k = 0; last && k < level; ++k)
      if (s.rungs[k].designs < designs_cap(s, k)) return 0;
    return std::max(0, designs_cap(s, level) - s.rungs.at(level).designs);
  }
  double each = runs_each * s.rungs.at(level).run_flops;
  if (s.unit == "gpu_hours") {
    if (s.hours_per_flop == 0) return std::nullopt;  // nothing was measured: the first runs tell
    each *= s.hours_per_flop;
  }
  return int(std::clamp(std::floor(s.left() / each + 1e-9), 0.0, 1e9));
}

}  // namespace gradus
