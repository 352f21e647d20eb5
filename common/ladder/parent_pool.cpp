#include "ladder/parent_pool.h"

#include <cmath>
#include <set>

#include "base/log.h"
#include "ladder/promote.h"

namespace gradus {
namespace {

/// A lead at a lower rung is worth about half of it one rung up (leads moved by factors of 0 to 1 in our pilot), and
/// what is not known of it counts as deviation.
constexpr double kTransfer = 0.5;

/// What fills the slot "mixer", by its file's name, else the root.
std::string family_of(const Experiment& experiment, const DesignName& design) {
  const Design tree = experiment.read_tree(design);
  const UnitNode* node = find_node(tree, "mixer");
  return Path(experiment.units().file_name((node != nullptr ? *node : tree.root).unit)).stem().string();
}

double cost_of(const Experiment& experiment, const DesignName& design) {
  const auto check = read_yaml_if_exists<CheckResult>(experiment.directory(design) / "check.yaml");
  if (!check) return 1;
  const auto fit = check->fits.find(experiment.settings().rungs.front());
  if (fit == check->fits.end() || !(fit->second.seed_flops_per_token > 0)) return 1;
  return fit->second.flops_per_token / fit->second.seed_flops_per_token;
}

}  // namespace

ParentPool read_parent_pool(const Experiment& experiment, int generation) {
  const auto& settings = experiment.settings();
  ParentPool pool;
  std::set<DesignName> quarantined;
  std::map<DesignName, ParentCandidate> known;
  for (size_t level = 0; level < settings.rungs.size(); ++level)
    for (const Standing& row : read_standings(experiment, settings.rungs[level]).rows) {
      if (row.design.generation >= generation || row.diverged || row.audit || row.untrained_no_worse) continue;
      if (row.quarantined()) quarantined.insert(row.design);
      if (row.pairs == 0 && !row.baseline) continue;
      const double kept = std::pow(kTransfer, double(settings.rungs.size() - 1 - level));
      known[row.design] = {row.design, kept * row.posterior,
                           std::hypot(kept * row.posterior_deviation, (1 - kept) * row.posterior), int(level)};
      pool.rows[row.design] = row;
    }
  for (auto& [design, candidate] : known) {
    if (quarantined.contains(design)) continue;
    if (settings.rules.draw.rule == "elites")
      candidate.cost = cost_of(experiment, design), candidate.family = family_of(experiment, design);
    pool.candidates.push_back(candidate);
  }
  return pool;
}

std::string parent_rule(const DrawSettings& draw) {
  const std::string from =
      " among all closed generations, by the highest rung reached; a lead at a lower rung counts " +
      format_g(kTransfer) + " of it a rung";
  if (draw.rule == "quadrants")
    return "quadrants of fitness and confidence (good " + format_g(draw.good_share) + ", explore " +
           format_g(draw.explore) + ", restart " + format_g(draw.restart) + ")" + from;
  if (draw.rule == "islands")
    return "by Thompson on the generation's island, one of " + std::to_string(draw.islands) + from;
  if (draw.rule == "elites") return "elites of cost and family, each cell alike" + from;
  return "drawn from the posteriors (Thompson)" + from;
}

std::vector<DesignName> draw_parents(const std::vector<Standing>& candidates, const std::vector<DesignName>& baselines,
                                     int n, uint64_t key) {
  std::vector<ParentCandidate> pool;
  for (const Standing& s : candidates) pool.push_back({s.design, s.posterior, s.posterior_deviation});
  std::vector<DesignName> out;
  for (const DrawnParent& p : draw_parents(pool, {DrawSettings{}, baselines, n, 1, key})) out.push_back(p.design);
  return out;
}

}  // namespace gradus
