#include "ladder/promote.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "base/rng.h"
#include "ladder/admission.h"

namespace gradus {
namespace {

constexpr const char* kSeeds = "-seeds";

/// A lead at a lower rung is worth about half of it one rung up (leads moved by factors of 0 to 1 in our pilot), and
/// what is not known of it counts as deviation.
constexpr double kTransfer = 0.5;

std::vector<DesignName> baselines_of(const Experiment& experiment) {
  auto designs = experiment.designs(0);
  if (designs.empty()) throw Error("'" + experiment.root().string() + "' has no baseline: run bin/new again");
  return designs;
}

/// One decision in the making.
class Decision {
 public:
  Decision(const Experiment& experiment, int generation, const std::string& stage, bool without_unfinished)
      : experiment_(experiment), rules_(experiment.settings().rules), without_unfinished_(without_unfinished) {
    selection_.generation = generation;
    selection_.stage = stage;
    selection_.experiment = experiment.settings_hash();
    baselines_ = baselines_of(experiment);
  }
  Selection make();

 private:
  void parents();
  void search();
  void seeds();
  void rung(size_t level);
  void close();
  const std::vector<std::string>& rungs() const { return experiment_.settings().rungs; }
  Selection need(const std::string& stage);
  bool settled(const Selection& selection, const Chosen& chosen);
  bool is_baseline(const DesignName& d) const {
    return std::find(baselines_.begin(), baselines_.end(), d) != baselines_.end();
  }
  int seeds_of(const DesignName& d) const {
    return is_baseline(d) ? std::max(rules_.baseline_seeds, rules_.seeds) : rules_.seeds;
  }
  bool one_rate() const { return rules_.learning_rates.size() == 1; }  // nothing to search: all seeds at once
  void choose(const DesignName& d, const std::string& role, const std::string& scale, std::pair<int, int> seeds,
              const std::vector<double>& multipliers, const std::string& reason, const Standing* standing = nullptr);
  void pass_over(const DesignName& d, const std::string& reason, const Standing* standing = nullptr);
  std::vector<Standing> finalists(const Standings& standings, const Selection& below);

  const Experiment& experiment_;
  const Rules& rules_;
  bool without_unfinished_;
  std::vector<DesignName> baselines_;
  Selection selection_;
  std::vector<std::string> missing_;
  std::map<std::string, Selection> needed_;
};

Chosen chosen_entry(const DesignName& d, const std::string& role, const std::string& reason, const Standing* standing) {
  Chosen c{d.text(), role, {}, 0, 0, 0, reason};
  if (standing) c.estimate = standing->difference, c.lower = standing->lower, c.upper = standing->upper;
  return c;
}

void Decision::choose(const DesignName& d, const std::string& role, const std::string& scale, std::pair<int, int> seeds,
                      const std::vector<double>& multipliers, const std::string& reason, const Standing* standing) {
  Chosen c = chosen_entry(d, role, reason, standing);
  for (int seed = seeds.first; seed < seeds.second; ++seed)
    for (double m : multipliers) c.runs.push_back(RunName{scale, seed, m}.text());
  selection_.chosen.push_back(c);
}

void Decision::pass_over(const DesignName& d, const std::string& reason, const Standing* standing) {
  selection_.passed_over.push_back(chosen_entry(d, is_baseline(d) ? "baseline" : "candidate", reason, standing));
}

/// An earlier decision of this generation with all its runs settled.
Selection Decision::need(const std::string& stage) {
  if (const auto found = needed_.find(stage); found != needed_.end()) return found->second;
  const int generation = selection_.generation;
  auto earlier = experiment_.read_selection(generation, stage);
  if (!earlier)
    throw Error("cannot decide '" + selection_.stage + "' of generation " + std::to_string(generation) + ": stage '" +
                stage + "' is not decided: bin/select EXP --stage " + stage);
  Selection kept = *earlier;
  std::erase_if(kept.chosen, [&](const Chosen& c) { return !settled(*earlier, c); });
  if (!missing_.empty() && !without_unfinished_)
    throw Error("cannot decide '" + selection_.stage + "' of generation " + std::to_string(generation) + ": " +
                std::to_string(missing_.size()) + " of the runs of '" + stage + "' are missing, first " +
                missing_.front());
  needed_[stage] = kept;
  return kept;
}

bool Decision::settled(const Selection& selection, const Chosen& chosen) {
  const auto design = DesignName::parse(chosen.design);
  if (!design) throw Error("'" + chosen.design + "' in the decision '" + selection.stage + "' is no design");
  for (const std::string& text : chosen.runs) {
    const auto run = RunName::parse(text);
    if (!run) throw Error("'" + text + "' in the decision '" + selection.stage + "' is no run");
    const auto what = unsettled(experiment_, *design, *run);
    if (!what) continue;
    missing_.push_back(chosen.design + " " + text + " (" + *what + ")");
    if (!without_unfinished_) continue;
    if (*design == baselines_[0])
      throw Error("the reference baseline's run " + text + " is missing (" + *what + "): nothing can be compared");
    pass_over(*design, "run " + text + " is missing: " + *what);
    return false;
  }
  return true;
}

void Decision::search() {
  const std::string& scale = rungs().front();
  std::string rates;
  for (double m : rules_.learning_rates) rates += (rates.empty() ? "" : ", ") + format_g(m) + "×";
  selection_.rule =
      "every design that passed the gate and the baselines train at " + scale +
      (one_rate() ? " at the one learning rate " + rates + ", on all their seeds at once"
                  : " on seed 0 at the learning rates " + rates + ": the best of them counts, for both arms alike");
  std::vector<DesignName> all = baselines_;
  if (selection_.generation > 0)
    for (const DesignName& d : experiment_.designs(selection_.generation)) all.push_back(d);
  for (const DesignName& d : all) {
    const Admission a = admission(experiment_, d);
    ++selection_.considered;
    if (a.kind == Admission::Kind::kPassed) {
      choose(d, is_baseline(d) ? "baseline" : "candidate", scale, {0, one_rate() ? seeds_of(d) : 1},
             rules_.learning_rates,
             is_baseline(d) ? "baseline: what all designs are compared with" : "passed the gate");
    } else if (d == baselines_[0]) {
      throw Error("the reference baseline " + d.text() + " has not passed the gate: " + a.reason);
    } else if (a.kind == Admission::Kind::kUnfinished && !without_unfinished_) {
      throw Error("cannot decide '" + scale + "' of generation " + std::to_string(selection_.generation) + ": " +
                  d.text() + " has no " + a.reason + ".yaml: bin/" + a.reason + " " +
                  experiment_.directory(d).string());
    } else {
      pass_over(d, a.kind == Admission::Kind::kUnfinished ? "unfinished: no " + a.reason + ".yaml" : a.reason);
    }
  }
}

void Decision::seeds() {
  const std::string& scale = rungs().front();
  const Selection search = need(scale);
  selection_.rule = "each arm repeats at its own best learning rate of seed 0: designs on seeds 1 to " +
                    std::to_string(rules_.seeds - 1) + ", baselines to " + std::to_string(rules_.baseline_seeds - 1) +
                    " (the noise estimate); seeds are paired";
  const Arms arms = read_arms(experiment_, scale);
  for (const Chosen& c : search.chosen) {
    const DesignName d = *DesignName::parse(c.design);
    const Arm& arm = arms.at(d);
    ++selection_.considered;
    const double multiplier = *arm.best_multiplier();
    const bool diverged = arm.at(multiplier).front().diverged;
    const int n = seeds_of(d);
    if (diverged)
      pass_over(d, "diverged at every learning rate");
    else if (n > 1)
      choose(d, c.role, scale, {1, n}, {multiplier},
             "learning rate " + format_g(multiplier) +
                 "× was best on seed 0: " + format_fixed(arm.at(multiplier).front().validation, 4) + " bits per byte");
  }
}

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
  std::stable_sort(out.begin(), out.end(), [](const Standing& a, const Standing& b) { return a.lower > b.lower; });
  return out;
}

void Decision::rung(size_t level) {
  const std::string &scale = rungs()[level], below = rungs()[level - 1];
  if (level == 1) need(below + kSeeds);
  const Selection trained = need(below);
  const Standings standings = read_standings(experiment_, below);
  const std::vector<Standing> order = finalists(standings, trained);
  const int n = promoted_count(rules_, int(order.size()));
  selection_.noise = standings.noise.deviation;
  selection_.rule = "the " + std::to_string(n) + " best of " + std::to_string(order.size()) +
                    " by the lower bound of the " + "difference to the baseline at " + below + " (confidence " +
                    format_g(rules_.confidence) + ", noise " + format_fixed(standings.noise.deviation, 4) + ": " +
                    standings.noise.source + "); " + format_g(100 * rules_.audit_share) + " % of the others as audit";
  // The baseline is repeated, so that the rung has a noise of its own.
  const int baseline_seeds = std::max(rules_.upper_seeds, rules_.upper_baseline_seeds);
  for (const DesignName& d : baselines_)
    if (const Standing* row = standings.find(d); row && !row->diverged)
      choose(d, "baseline", scale, {0, baseline_seeds}, {row->multiplier},
             "baseline at the learning rate found at " + rungs()[0]);
  for (size_t k = 0; k < order.size(); ++k) {
    const Standing& row = order[k];
    const std::string place = "number " + std::to_string(k + 1) + " of " + std::to_string(order.size()) + " at " +
                              below + ": " + describe(row);
    const Stream draw("audit", {uint64_t(experiment_.settings().seed), uint64_t(row.design.generation),
                                uint64_t(row.design.slot), level});
    if (int(k) < n)
      choose(row.design, "candidate", scale, {0, rules_.upper_seeds}, {row.multiplier}, place, &row);
    else if (draw.uniform(0) < rules_.audit_share)
      choose(row.design, "audit", scale, {0, rules_.upper_seeds}, {row.multiplier}, "drawn for audit; " + place, &row);
    else
      pass_over(row.design, place, &row);
  }
}

void Decision::close() {
  selection_.rule = "the standing of each design at the highest rung it reached, best first";
  std::vector<std::string> stages = selection_stages(experiment_.settings());
  for (const std::string& stage : stages)
    if (stage != "parents" && stage != "close") need(stage);
  std::set<DesignName> seen;
  for (size_t level = rungs().size(); level-- > 0;) {
    const Selection decision = need(rungs()[level]);
    const Standings standings = read_standings(experiment_, rungs()[level]);
    if (selection_.noise == 0) selection_.noise = standings.noise.deviation;
    for (const Standing& row : standings.rows) {
      const auto chosen = std::find_if(decision.chosen.begin(), decision.chosen.end(),
                                       [&](const Chosen& c) { return c.design == row.design.text(); });
      if (chosen == decision.chosen.end() || is_baseline(row.design) || !seen.insert(row.design).second) continue;
      ++selection_.considered;
      const std::string at =
          "at " + rungs()[level] + " " + describe(row) + (row.confirmed ? "; confirmed on fresh seeds" : "");
      if (row.diverged || row.quarantined() || chosen->role == "audit")
        pass_over(row.design, chosen->role == "audit" ? "audit; " + at : at, &row);
      else
        selection_.chosen.push_back(chosen_entry(row.design, "candidate", at, &row));
    }
  }
}

void Decision::parents() {
  const int generation = selection_.generation;
  const auto& settings = experiment_.settings();
  if (generation <= 1) {
    selection_.rule = "the first generation starts from the baselines";
    for (const DesignName& d : baselines_) choose(d, "parent", "", {0, 0}, {}, "baseline"), ++selection_.considered;
    return;
  }
  if (!experiment_.read_selection(generation - 1, "close"))
    throw Error("cannot draw parents of generation " + std::to_string(generation) + ": generation " +
                std::to_string(generation - 1) + " is not closed: bin/select EXP --stage close --generation " +
                std::to_string(generation - 1));
  selection_.rule =
      "drawn from the posteriors (Thompson) of all closed generations, by the highest rung reached; a lead at a "
      "lower rung counts " +
      format_g(kTransfer) + " of it a rung";
  std::map<DesignName, Standing> best;
  std::set<DesignName> quarantined;
  for (size_t level = 0; level < rungs().size(); ++level)
    for (Standing row : read_standings(experiment_, rungs()[level]).rows) {
      if (row.design.generation >= generation || row.diverged || row.audit || row.untrained_no_worse) continue;
      if (row.quarantined()) quarantined.insert(row.design);
      if (row.pairs == 0 && !row.baseline) continue;
      const double kept = std::pow(kTransfer, double(rungs().size() - 1 - level));
      row.posterior_deviation = std::hypot(kept * row.posterior_deviation, (1 - kept) * row.posterior);
      row.posterior *= kept;
      best[row.design] = row;
    }
  std::vector<Standing> candidates;
  for (const auto& [d, row] : best)
    if (!quarantined.contains(d)) candidates.push_back(row);  // at whichever rung
  selection_.considered = int(candidates.size());
  const auto drawn = draw_parents(candidates, baselines_, rules_.parents,
                                  stream_key("parents", {uint64_t(settings.seed), uint64_t(generation)}));
  for (const DesignName& d : drawn) {
    const Standing* row = best.count(d) ? &best.at(d) : nullptr;
    choose(d, "parent", "", {0, 0}, {}, d == baselines_[0] ? "the baseline, at 0" : describe(*row), row);
  }
}

Selection Decision::make() {
  const std::string& stage = selection_.stage;
  if (stage == "parents")
    parents();
  else if (stage == "close")
    close();
  else if (stage == rungs().front() + kSeeds)
    seeds();
  else if (stage == rungs().front())
    search();
  else
    rung(size_t(std::find(rungs().begin(), rungs().end(), stage) - rungs().begin()));
  // A design stands once: chosen, or passed over for the first reason found.
  std::set<std::string> seen;
  for (const Chosen& c : selection_.chosen) seen.insert(c.design);
  std::erase_if(selection_.passed_over, [&](const Chosen& c) { return !seen.insert(c.design).second; });
  return selection_;
}

}  // namespace

std::vector<std::string> selection_stages(const Settings& settings) {
  std::vector<std::string> stages{"parents"};
  for (const std::string& rung : settings.rungs) {
    stages.push_back(rung);
    if (rung == settings.rungs.front()) stages.push_back(rung + kSeeds);
  }
  stages.push_back("close");
  return stages;
}

bool is_selection_stage(const Settings& settings, const std::string& stage) {
  const auto stages = selection_stages(settings);
  return std::find(stages.begin(), stages.end(), stage) != stages.end();
}

Standings read_standings(const Experiment& experiment, const std::string& scale) {
  const auto& settings = experiment.settings();
  std::set<DesignName> audit;
  for (int generation : experiment.generations())
    if (const auto decision = experiment.read_selection(generation, scale))
      for (const Chosen& c : decision->chosen)
        if (const auto d = DesignName::parse(c.design); d && c.role == "audit") audit.insert(*d);
  std::optional<Noise> below;
  const auto baselines = baselines_of(experiment);
  for (const std::string& rung : settings.rungs) {
    const Arms arms = read_arms(experiment, rung);
    if (rung == scale)
      return rank_arms(scale, arms, baselines, audit, settings.rules.confidence, below, settings.rules.floor_share);
    below = estimate_noise(arms, baselines, below);
  }
  return rank_arms(scale, read_arms(experiment, scale), baselines, audit, settings.rules.confidence, below,
                   settings.rules.floor_share);
}

int promoted_count(const Rules& rules, int finished) {
  const int share = int(std::ceil(rules.promote_share * finished - 1e-9));
  return std::min(finished, std::max(rules.promote_least, share));
}

std::vector<DesignName> draw_parents(const std::vector<Standing>& candidates, const std::vector<DesignName>& baselines,
                                     int n, uint64_t key) {
  struct Draw {
    double value;
    DesignName design;
  };
  std::vector<Draw> draws;
  if (std::none_of(candidates.begin(), candidates.end(),
                   [&](const Standing& s) { return s.design == baselines.at(0); }))
    draws.push_back({0, baselines.at(0)});
  for (const Standing& s : candidates) {
    const Stream stream("parent", {key, uint64_t(s.design.generation), uint64_t(s.design.slot)});
    draws.push_back({s.posterior + s.posterior_deviation * stream.normal(0), s.design});
  }
  std::stable_sort(draws.begin(), draws.end(), [](const Draw& a, const Draw& b) { return a.value > b.value; });
  std::vector<DesignName> out;
  for (const Draw& d : draws)
    if (int(out.size()) < n) out.push_back(d.design);
  return out;
}

Selection decide(const Experiment& experiment, int generation, const std::string& stage, bool without_unfinished) {
  require(is_selection_stage(experiment.settings(), stage), "a known stage");
  return Decision(experiment, generation, stage, without_unfinished).make();
}

}  // namespace gradus
