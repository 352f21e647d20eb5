// Who climbs to a rung.
#include <set>

#include "base/log.h"
#include "base/rng.h"
#include "ladder/climb.h"
#include "ladder/multiple.h"
#include "ladder/promote_inside.h"
#include "ladder/statistics.h"

namespace gradus {

/// Of the generation's designs that the decision below trained: those that may climb, by lower bound.
std::vector<Standing> Decision::finalists(const Standings& standings, const Selection& below) {
  std::vector<Standing> out;
  for (const Chosen& c : below.chosen) {
    const DesignName d = *DesignName::parse(c.design);
    const Standing* row = standings.find(d);
    if (is_baseline(d) || !row) continue;
    ++selection_.considered;
    if (c.role == "audit")
      pass_over(d, "audit: trained to measure the gate, never ranked", row);
    else if (row->diverged)
      pass_over(d, "diverged", row);
    else if (row->untrained_no_worse)
      pass_over(d, "no better than untrained", row);
    else if (row->quarantined())
      pass_over(d, describe(*row), row);
    else
      out.push_back(*row);
  }
  finished_ = int(out.size());
  if (rules_.false_share > 0) out = discoveries(out);
  std::stable_sort(out.begin(), out.end(), [](const Standing& a, const Standing& b) { return a.lower > b.lower; });
  return out;
}

/// Those better than the baseline by Benjamini and Hochberg; the others are passed over.
std::vector<Standing> Decision::discoveries(const std::vector<Standing>& rows) {
  std::vector<double> p;
  for (const Standing& row : rows)
    p.push_back(row.pairs > 0 && row.standard_error > 0 ? student_tail(row.difference / row.standard_error, row.degrees)
                                                        : 1);
  const auto better = benjamini_hochberg(p, rules_.false_share);
  std::vector<Standing> out;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (better[i])
      out.push_back(rows[i]);
    else
      pass_over(rows[i].design,
                "not better by Benjamini and Hochberg at " + format_g(rules_.false_share) + " (p = " + format_g(p[i]) +
                    "): " + describe(rows[i]),
                &rows[i]);
  }
  return out;
}

/// How many climb, by which order: `order` is put into it.
Decision::Climbing Decision::climbing(size_t level, std::vector<Standing>& order) {
  std::string why = "the lower bound of the difference to the baseline";
  const Spending spending = spending_before();
  // While others are still to come the share is rounded down, and nobody climbs for being the least bad.
  const int share = complete_ ? promoted_count(rules_, finished_) : int(rules_.promote_share * finished_ + 1e-9);
  int n = std::min(share, int(order.size()));
  if (rules_.budget.counts == "quarter") {
    n = std::min(quarter_allowance(spending, level) + climbed_before(), int(order.size()));
    why += ", a quarter of what the rung below has used";
  } else if (rules_.budget.counts == "worth") {
    const ClimbValues values = value_climbs(experiment_, level);
    const auto worth = [&](const Standing& s) {
      const auto found = values.worth.find(s.design);
      return found == values.worth.end() ? 0 : found->second;
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](const Standing& a, const Standing& b) { return worth(a) > worth(b); });
    n = int(std::count_if(order.begin(), order.end(), [&](const Standing& s) { return worth(s) >= values.fresh; }));
    if (complete_) n = std::min(std::max(n, rules_.promote_least), int(order.size()));
    why = "what a run promises at " + rungs().back() + " for its FLOPs, against a new design's first";
  }
  if (const auto allowed = allowance(spending, level, rules_.upper_seeds); allowed && *allowed + climbed_before() < n)
    return {*allowed + climbed_before(), why, "; no more by the " + describe(spending)};
  return {n, why, ""};
}

/// Those of the lowest rung whose further seeds are settled too, or that have none.
Selection Decision::repeated(const std::string& lowest) {
  const Selection seeds = need(lowest + kSeeds);
  Selection out = need(lowest);
  if (!before_ || rules_.seeds == 1) return out;
  std::set<std::string> ready;
  for (const Chosen& c : seeds.chosen) ready.insert(c.design);
  for (const Chosen& c : seeds.passed_over) ready.insert(c.design);
  std::erase_if(out.chosen, [&](const Chosen& c) { return !ready.contains(c.design); });
  return out;
}

void Decision::rung(size_t level) {
  const std::string &scale = rungs()[level], below = rungs()[level - 1];
  const Selection trained = level == 1 ? repeated(below) : need(below);
  const Standings standings = read_standings(experiment_, below);
  const auto is_settled = [&](const DesignName& d) {
    return !before_ || std::any_of(trained.chosen.begin(), trained.chosen.end(),
                                   [&](const Chosen& c) { return c.design == d.text(); });
  };
  if (!is_settled(baselines_[0]) || (before_ && !standings.find(baselines_[0]))) return;  // nothing to compare with yet
  std::vector<Standing> order = finalists(standings, trained);
  const auto [n, why, limit] = climbing(level, order);
  selection_.noise = standings.noise.deviation;
  selection_.rule = "the " + std::to_string(n) + " best of " + std::to_string(finished_) + " by " + why + " at " +
                    below + " (confidence " + format_g(rules_.confidence) + ", noise " +
                    format_fixed(standings.noise.deviation, 4) + ": " + standings.noise.source + "); " +
                    format_g(100 * rules_.audit_share) + " % of the others as audit" + limit;
  // The baseline is repeated, so that the rung has a noise of its own.
  const int baseline_seeds = std::max(rules_.upper_seeds, rules_.upper_baseline_seeds);
  for (const DesignName& d : baselines_)
    if (const Standing* row = standings.find(d); row && !row->diverged && is_settled(d))
      choose(d, "baseline", scale, {0, baseline_seeds}, {row->multiplier},
             "baseline at the learning rate found at " + rungs()[0]);
  int left = n - climbed_before();
  for (size_t k = 0; k < order.size(); ++k) {
    const Standing& row = order[k];
    if (chosen_before(row.design)) continue;
    const std::string place = "number " + std::to_string(k + 1) + " of " + std::to_string(order.size()) + " at " +
                              below + ": " + describe(row);
    const Stream draw("audit", {uint64_t(experiment_.settings().seed), uint64_t(row.design.generation),
                                uint64_t(row.design.slot), level});
    if (left-- > 0)
      choose(row.design, "candidate", scale, {0, rules_.upper_seeds}, {row.multiplier}, place, &row);
    else if (complete_ && draw.uniform(0) < rules_.audit_share)
      choose(row.design, "audit", scale, {0, rules_.upper_seeds}, {row.multiplier}, "drawn for audit; " + place, &row);
    else
      pass_over(row.design, place, &row);
  }
}

}  // namespace gradus
