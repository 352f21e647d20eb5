#include "ladder/outlook.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "base/log.h"
#include "ladder/population.h"
#include "ladder/promote.h"
#include "ladder/statistics.h"

namespace gradus {
namespace {

constexpr double kSure = 1.64;    // deviations from which a lead's sign is taken for known
constexpr size_t kLearnt = 3000;  // designs of a kind, climbed or not, that the population is learned from

bool counts(const Standing& s) {
  return !s.audit && !s.diverged && !s.untrained_no_worse && !s.quarantined() && s.pairs > 0;
}

struct Seen {
  Looks looks;
  size_t rung = 0;
};
using AllSeen = std::map<DesignName, Seen>;

AllSeen gather(const std::vector<Standings>& rungs, size_t first) {
  AllSeen seen;
  std::set<DesignName> out;
  for (const Standings& r : rungs)
    for (const Standing& s : r.rows)
      if (!counts(s) && s.design != r.reference && s.pairs > 0) out.insert(s.design);
  for (size_t level = first; level < rungs.size(); ++level)
    for (const Standing& s : rungs[level].rows) {
      if (!counts(s) || out.count(s.design)) continue;
      Seen& d = seen[s.design];
      const size_t b = 2 * (level - first);
      if (s.half_error > 0) d.looks.lead[b] = s.half_difference, d.looks.error[b] = s.half_error;
      d.looks.lead[b + 1] = s.difference, d.looks.error[b + 1] = std::max(s.standard_error, 1e-6);
      d.rung = level;
    }
  return seen;
}

/// Of those that climbed and of the others: all, or every so many-th, which stands for those between.
std::vector<Looks> learners(const AllSeen& seen, size_t first) {
  std::vector<Looks> out;
  for (const bool climbed : {true, false}) {
    std::vector<const Looks*> group;
    for (const auto& [design, s] : seen)
      if ((s.rung > first) == climbed) group.push_back(&s.looks);
    const size_t stride = 1 + group.size() / kLearnt, kept = (group.size() + stride - 1) / stride;
    for (size_t i = 0; i < group.size(); i += stride) {
      out.push_back(*group[i]);
      out.back().weight = double(group.size()) / double(kept);
    }
  }
  return out;
}

/// Leads of sure but opposite sign, or a lead that the curve's slope takes across 0 at twice the tokens.
bool crosses(const Looks& l, size_t budgets) {
  bool ahead = false, behind = false;
  for (size_t b = 0; b < budgets; ++b) {
    if (!l.seen(b)) continue;
    ahead |= l.lead[b] > kSure * l.error[b];
    behind |= l.lead[b] < -kSure * l.error[b];
  }
  for (size_t b = budgets; b-- > 1;)
    if (l.seen(b)) {
      const double twice = 2 * l.lead[b] - l.lead[b - 1];
      return (ahead && behind) || (l.seen(b - 1) && b % 2 == 1 && twice * l.lead[b] < 0 &&
                                   std::abs(twice) > kSure * std::hypot(2 * l.error[b], l.error[b - 1]));
    }
  return ahead && behind;
}

void weigh(OutlookTable& table, const std::vector<Standings>& rungs, const AllSeen& seen, const RunCosts& costs,
           size_t first) {
  const size_t target = table.budgets.size() - 1;
  std::vector<Belief> beliefs{{0, 1e-6}};  // the reference
  for (const Outlook& o : table.rows) beliefs.push_back(o.lead);
  const auto best = probability_best(beliefs);
  // Best and second best mean, the reference at 0 among them.
  double highest = 0, second = -std::numeric_limits<double>::infinity();
  for (const Outlook& o : table.rows) {
    if (o.lead.mean > highest)
      second = highest, highest = o.lead.mean;
    else
      second = std::max(second, o.lead.mean);
  }
  for (size_t i = 0; i < table.rows.size(); ++i) {
    Outlook& o = table.rows[i];
    o.p_best = best[i + 1];
    o.lead.deviation = std::hypot(o.lead.deviation, table.population.mean_error[target]);
    o.p_better = probability_above(o.lead, beliefs[0]);
    const size_t next = std::min(seen.at(o.design).rung + 1, rungs.size() - 1);
    o.next = rungs[next].scale;
    const double other = o.lead.mean == highest ? second : highest;
    const double moves = movement(table.population, seen.at(o.design).looks, target, 2 * (next - first) + 1,
                                  std::sqrt(2.0) * rungs[next].noise.deviation);
    const auto hours = costs.hours.find(o.next);
    const auto ratio = costs.ratio.find(o.design);
    o.hours = hours == costs.hours.end() ? std::numeric_limits<double>::quiet_NaN()
                                         : hours->second * (ratio == costs.ratio.end() ? 1 : ratio->second);
    o.improvement_per_hour = expected_improvement(-std::abs(o.lead.mean - other), moves, 0) / o.hours;
  }
}

/// The scaling fit's lead over the reference beyond the ladder, for designs and reference with three rungs.
void extrapolate(OutlookTable& table, const std::vector<Standings>& rungs, const std::vector<double>& tokens,
                 const std::vector<double>& parameters) {
  std::vector<std::vector<LossPoint>> curves;
  std::map<DesignName, size_t> place;
  std::map<DesignName, std::vector<LossPoint>> all;
  for (size_t level = 0; level < rungs.size(); ++level)
    for (const Standing& s : rungs[level].rows) {
      if (s.diverged || s.quarantined() || s.untrained_no_worse || s.audit || s.bits_per_byte <= 0) continue;
      const double n = s.parameters > 0 ? double(s.parameters) : parameters[level];
      all[s.design].push_back({n, tokens[level], s.bits_per_byte});
    }
  for (const auto& [design, curve] : all)
    if (curve.size() >= 3) place[design] = curves.size(), curves.push_back(curve);
  const auto reference = place.find(rungs[0].reference);
  const auto law = fit_scaling(curves);
  if (!law || reference == place.end()) return;
  const double n = kBeyond * parameters.back(), d = kBeyond * tokens.back();
  for (Outlook& o : table.rows) {
    const auto found = place.find(o.design);
    if (found == place.end()) continue;
    o.beyond = law->predict(reference->second, n, d) - law->predict(found->second, n, d);
    o.crossing |= *o.beyond * o.lead.mean < 0;
  }
}

RunCosts read_costs(const Experiment& experiment, const DesignName& reference) {
  RunCosts costs;
  std::map<std::string, std::map<DesignName, std::vector<double>>> seconds;  // scale, design
  for (const TrainingTime& t : training_times(experiment)) seconds[t.scale][t.design].push_back(t.seconds);
  const auto middle = [](std::vector<double> v) {
    std::nth_element(v.begin(), v.begin() + long(v.size() / 2), v.end());
    return v[v.size() / 2];
  };
  double seconds_a_flop = 0;
  for (const std::string& scale : experiment.settings().rungs) {
    const Scale& s = experiment.scale(scale);
    const double flops = 6.0 * double(s.tokens) * 12 * double(s.n_blocks) * double(s.d_model) * double(s.d_model);
    const auto here = seconds.find(scale);
    if (here != seconds.end()) {
      std::vector<double> all;
      for (const auto& [design, v] : here->second) all.push_back(middle(v));
      const auto own = here->second.find(reference);
      const double base = own != here->second.end() ? middle(own->second) : middle(all);
      seconds_a_flop = base / flops;
      for (const auto& [design, v] : here->second) costs.ratio[design] = middle(v) / base;
    }
    if (seconds_a_flop > 0) costs.hours[scale] = seconds_a_flop * flops / 3600;
  }
  return costs;
}

}  // namespace

OutlookTable look_ahead(const std::vector<Standings>& rungs, const RunCosts& costs, double half_correlation,
                        const std::vector<double>& tokens, const std::vector<double>& parameters) {
  OutlookTable table;
  table.target = rungs.back().scale;
  const size_t first = rungs.size() - std::min(rungs.size(), kMostBudgets / 2);
  BudgetMatrix noise = independent_noise();
  for (size_t level = first; level < rungs.size(); ++level) {
    const size_t b = table.budgets.size();
    table.budgets.push_back({rungs[level].scale + " at half", level, false});
    table.budgets.push_back({rungs[level].scale, level, true});
    noise[b][b + 1] = noise[b + 1][b] = half_correlation;
  }
  const AllSeen seen = gather(rungs, first);
  table.population = learn_population(learners(seen, first), table.budgets, noise);
  for (const auto& [design, s] : seen) {
    Outlook o{design, rungs[s.rung].scale};
    o.lead = believe(table.population, s.looks, table.budgets.size() - 1);
    o.crossing = crosses(s.looks, table.budgets.size());
    table.rows.push_back(o);
  }
  weigh(table, rungs, seen, costs, first);
  extrapolate(table, rungs, tokens, parameters);
  std::stable_sort(table.rows.begin(), table.rows.end(), [](const Outlook& a, const Outlook& b) {
    return std::tuple(-a.p_best, -a.lead.mean) < std::tuple(-b.p_best, -b.lead.mean);
  });
  return table;
}

double half_noise_correlation(const Arms& arms, const DesignName& reference) {
  const auto base = arms.find(reference);
  double hh = 0, ee = 0, he = 0, degrees = 0;
  for (const auto& [design, arm] : arms) {
    if (design == reference || base == arms.end()) continue;
    const auto a = base->second.best_multiplier(), b = arm.best_multiplier();
    if (!a || !b) continue;
    std::vector<double> half, end;
    for (const RunScore& r : base->second.at(*a))
      for (const RunScore& s : arm.at(*b))
        if (r.run.seed == s.run.seed && !r.diverged && !s.diverged)
          half.push_back(r.half - s.half), end.push_back(r.validation - s.validation);
    const Moments h = moments(half), e = moments(end);
    if (h.n < 2) continue;
    hh += h.variance * (h.n - 1), ee += e.variance * (e.n - 1), degrees += h.n - 1;
    for (size_t i = 0; i < half.size(); ++i) he += (half[i] - h.mean) * (end[i] - e.mean);
  }
  if (hh <= 0 || ee <= 0) return 0.5;
  return std::clamp((4 * 0.5 + degrees * he / std::sqrt(hh * ee)) / (4 + degrees), 0.0, 0.95);
}

OutlookTable look_ahead(const Experiment& experiment) {
  std::vector<Standings> rungs;
  std::vector<double> tokens, parameters;
  double correlation = 0.5;
  for (const std::string& scale : experiment.settings().rungs) {
    rungs.push_back(read_standings(experiment, scale));
    if (rungs.size() == 1) correlation = half_noise_correlation(read_arms(experiment, scale), rungs[0].reference);
    tokens.push_back(double(experiment.scale(scale).tokens));
    const Standing* reference = rungs.back().find(rungs.back().reference);
    parameters.push_back(reference && reference->parameters > 0 ? double(reference->parameters) : 1);
  }
  return look_ahead(rungs, read_costs(experiment, rungs[0].reference), correlation, tokens, parameters);
}

std::string outlook_table(const OutlookTable& table) {
  std::string out = "# design\trung\tlead_at_" + table.target +
                    "\tdeviation\tp_better\tp_best\tnext\thours\timprovement_per_hour\tcrossing\tbeyond\n";
  for (const Outlook& o : table.rows) {
    out += o.design.text() + "\t" + o.rung;
    for (double v : {o.lead.mean, o.lead.deviation, o.p_better, o.p_best}) out += "\t" + format_g(v);
    out += "\t" + o.next + "\t" + format_g(o.hours) + "\t" + format_g(o.improvement_per_hour);
    out += std::string("\t") + (o.crossing ? "yes" : "no") + "\t" + (o.beyond ? format_g(*o.beyond) : ".") + "\n";
  }
  return out;
}

}  // namespace gradus
