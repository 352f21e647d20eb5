/// Inside promote: one decision in the making, in two sources.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ladder/budget.h"
#include "ladder/promote.h"

namespace gradus {

/// One decision in the making.
class Decision {
 public:
  Decision(const Experiment& experiment, int generation, const std::string& stage, bool without_unfinished)
      : experiment_(experiment), rules_(experiment.settings().rules), without_unfinished_(without_unfinished) {
    selection_.generation = generation;
    selection_.stage = stage;
    selection_.experiment = experiment.settings_hash();
    baselines_ = read_baselines(experiment);
  }
  Selection make();
  /// Whoever is ready, beyond what was chosen before.
  ReadyDecision make_ready(const Selection& before);

 private:
  void parents();
  void search();
  void seeds();
  void rung(size_t level);
  void close();
  const std::vector<std::string>& rungs() const { return experiment_.settings().rungs; }
  Selection need(const std::string& stage);
  Selection repeated(const std::string& lowest);
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
  bool chosen_before(const DesignName& d) const {
    return before_ && std::any_of(before_->chosen.begin(), before_->chosen.end(),
                                  [&](const Chosen& c) { return c.design == d.text(); });
  }
  std::vector<Standing> finalists(const Standings& standings, const Selection& below);
  std::vector<Standing> discoveries(const std::vector<Standing>& rows);
  struct Climbing {
    int n;
    std::string why, limit;  // by which order; what else held them back
  };
  Climbing climbing(size_t level, std::vector<Standing>& order);
  /// Read only where a rule asks for it.
  Spending spending_before() const {
    if (!(rules_.budget.cap > 0) && rules_.budget.counts != "quarter") return {};
    // In parts, what the parts so far took is spent; a decision made again is counted without itself.
    return read_spending(experiment_, before_ ? DecisionName{} : DecisionName{selection_.generation, selection_.stage});
  }
  int climbed_before() const {
    return !before_ ? 0 : int(std::count_if(before_->chosen.begin(), before_->chosen.end(), [](const Chosen& c) {
      return c.role == "candidate";
    }));
  }

  const Experiment& experiment_;
  const Rules& rules_;
  bool without_unfinished_;
  std::optional<Selection> before_;  // async: the parts so far
  bool complete_ = true;             // async: nobody is left to wait for
  std::vector<DesignName> baselines_;
  Selection selection_;
  std::vector<std::string> missing_;
  std::map<std::string, Selection> needed_;
  int finished_ = 0;  // that may climb, before any test
};

}  // namespace gradus
