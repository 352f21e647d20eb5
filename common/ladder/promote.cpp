#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "base/rng.h"
#include "ladder/admission.h"
#include "ladder/parent_pool.h"
#include "ladder/promote_inside.h"

namespace gradus {

namespace {

Chosen chosen_entry(const DesignName& d, const std::string& role, const std::string& reason, const Standing* standing) {
  Chosen c{d.text(), role, {}, 0, 0, 0, reason};
  if (standing) c.estimate = standing->difference, c.lower = standing->lower, c.upper = standing->upper;
  return c;
}

}  // namespace

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
  if (!earlier && before_) return complete_ = false, Selection{};
  if (!earlier)
    throw Error("cannot decide '" + selection_.stage + "' of generation " + std::to_string(generation) + ": stage '" +
                stage + "' is not decided: bin/select EXP --stage " + stage);
  const bool whole = std::filesystem::exists(experiment_.selection(generation, stage));
  if (!whole && !before_)
    throw Error("cannot decide '" + selection_.stage + "' of generation " + std::to_string(generation) + ": stage '" +
                stage + "' is decided in part: bin/select EXP --stage " + stage +
                " adds who is ready by now, --without-unfinished ends it");
  Selection kept = *earlier;
  std::erase_if(kept.chosen, [&](const Chosen& c) { return !settled(*earlier, c); });
  complete_ &= whole && (missing_.empty() || without_unfinished_);
  if (!missing_.empty() && !without_unfinished_ && !before_)
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
    if (!without_unfinished_ && before_) return false;
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
  if (selection_.generation > 0 && !without_unfinished_)
    complete_ = int(all.size() - baselines_.size()) >= experiment_.settings().proposals;
  const Spending spending = spending_before();
  auto allowed = allowance(spending, 0, double(rules_.learning_rates.size()) + rules_.seeds - 1);
  for (const DesignName& d : all) {
    const Admission a = admission(experiment_, d);
    ++selection_.considered;
    const bool paid = is_baseline(d) || chosen_before(d) || allowed.value_or(1) > 0;
    if (a.kind == Admission::Kind::kPassed && !paid) {
      pass_over(d, "passed the gate; " + describe(spending));
    } else if (a.kind == Admission::Kind::kPassed) {
      if (allowed && !is_baseline(d) && !chosen_before(d)) --*allowed;
      choose(d, is_baseline(d) ? "baseline" : "candidate", scale, {0, one_rate() ? seeds_of(d) : 1},
             rules_.learning_rates,
             is_baseline(d) ? "baseline: what all designs are compared with" : "passed the gate");
    } else if (d == baselines_[0]) {
      throw Error("the reference baseline " + d.text() + " has not passed the gate: " + a.reason);
    } else if (a.kind == Admission::Kind::kUnfinished && !without_unfinished_ && before_) {
      complete_ = false;
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
  const int needed = generation - 1 - (rules_.promotion == "async" ? int(rules_.staleness) : 0);
  if (needed > 0 && !experiment_.read_selection(needed, "close"))
    throw Error("cannot draw parents of generation " + std::to_string(generation) + ": generation " +
                std::to_string(needed) + " is not closed: bin/select EXP --stage close --generation " +
                std::to_string(needed));
  ParentPool pool = read_parent_pool(experiment_, generation);
  selection_.considered = int(pool.candidates.size());
  selection_.rule = parent_rule(rules_.draw);
  const auto drawn =
      draw_parents(pool.candidates, {rules_.draw, baselines_, rules_.parents, generation,
                                     stream_key("parents", {uint64_t(settings.seed), uint64_t(generation)})});
  for (const DrawnParent& parent : drawn) {
    const auto row = pool.rows.find(parent.design);
    const Standing* standing = row == pool.rows.end() ? nullptr : &row->second;
    const bool reference = parent.design == baselines_[0];
    choose(parent.design, "parent", "", {0, 0}, {},
           parent.how + ": " + (reference || standing == nullptr ? "the baseline, at 0" : describe(*standing)),
           standing);
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

ReadyDecision Decision::make_ready(const Selection& before) {
  before_ = before;
  Selection made = make();
  std::erase_if(made.chosen, [&](const Chosen& c) { return chosen_before(*DesignName::parse(c.design)); });
  if (!complete_) made.passed_over.clear();  // they may be chosen yet
  return {made, complete_};
}

Selection decide(const Experiment& experiment, int generation, const std::string& stage, bool without_unfinished) {
  require(is_selection_stage(experiment.settings(), stage), "a known stage");
  return Decision(experiment, generation, stage, without_unfinished).make();
}

ReadyDecision decide_ready(const Experiment& experiment, int generation, const std::string& stage,
                           const Selection& before, bool without_unfinished) {
  require(is_selection_stage(experiment.settings(), stage), "a known stage");
  return Decision(experiment, generation, stage, without_unfinished).make_ready(before);
}

}  // namespace gradus
