#include "ladder/policy.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace gradus {
namespace {

std::vector<int> shuffled(int n, uint64_t key) {
  std::vector<int> order(size_t(n), 0);
  std::iota(order.begin(), order.end(), 0);
  Stream stream("order", {key});
  stream.shuffle(order);
  return order;
}

struct Seen {
  int design;
  double lead;
};

Pick pick_best(std::vector<Seen>& seen, double cost) {
  const auto best =
      std::max_element(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) { return a.lead < b.lead; });
  return {best == seen.end() ? -1 : best->design, cost};
}

/// Designs at random, each trained at the target alone; the best shown is named.
Pick play_random(const Pool& pool, double budget, uint64_t key) {
  std::vector<Seen> seen;
  double cost = 0;
  const int target = pool.world().rungs() - 1;
  for (int design : shuffled(pool.size(), key)) {
    const Shown shown = pool.run(design, target, 0);
    if (cost + shown.cost > budget) break;
    cost += shown.cost;
    if (!shown.diverged) seen.push_back({design, shown.lead});
  }
  return pick_best(seen, cost);
}

/// The best of a rung by its one run there climb.
Pick play_halving(const Pool& pool, double budget, uint64_t key) {
  const World& w = pool.world();
  // What breaks or is lost was paid for: plan with a little less, and stop where the money ends.
  const std::vector<int> counts = equal_counts(w.cost, pool.size(), budget);
  if (counts.empty()) return {};
  std::vector<int> order = shuffled(pool.size(), key);
  std::vector<Seen> seen;
  double cost = 0;
  for (size_t k = 0; k < counts.size(); ++k) {
    seen.clear();
    for (int i = 0; i < counts[k] && i < int(order.size()); ++i) {
      const Shown shown = pool.run(order[size_t(i)], int(k), 0);
      if (cost + shown.cost > budget) break;
      cost += shown.cost;
      if (!shown.diverged) seen.push_back({order[size_t(i)], shown.lead});
    }
    std::stable_sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) { return a.lead > b.lead; });
    order.clear();
    for (const Seen& s : seen) order.push_back(s.design);
  }
  return pick_best(seen, cost);
}

/// ASHA (Li et al. 2020, arXiv:1810.05934) with one worker: whoever is in the top quarter of a rung climbs, from the
/// highest rung down; else a new design starts.
Pick play_asha(const Pool& pool, double budget, uint64_t key) {
  constexpr int kQuarter = 4;
  const int rungs = pool.world().rungs();
  const std::vector<int> order = shuffled(pool.size(), key);
  std::vector<std::vector<Seen>> at(size_t(rungs), std::vector<Seen>{});  // best first
  std::vector<int> ran(size_t(rungs), 0);
  std::vector<std::vector<char>> climbed(size_t(rungs), std::vector<char>(size_t(pool.size()), 0));
  size_t next = 0;
  double cost = 0;
  for (;;) {
    int design = -1, rung = 0;
    for (int k = rungs - 2; k >= 0 && design < 0; --k) {
      const auto& seen = at[size_t(k)];
      for (size_t i = 0; i < std::min(seen.size(), size_t(ran[size_t(k)] / kQuarter)) && design < 0; ++i)
        if (!climbed[size_t(k)][size_t(seen[i].design)]) design = seen[i].design, rung = k + 1;
    }
    if (design < 0) {
      if (next == order.size()) break;
      design = order[next++];
    } else {
      climbed[size_t(rung - 1)][size_t(design)] = 1;
    }
    const Shown shown = pool.run(design, rung, 0);
    if (cost + shown.cost > budget) break;
    cost += shown.cost;
    ++ran[size_t(rung)];
    if (shown.diverged) continue;
    auto& seen = at[size_t(rung)];
    const Seen s{design, shown.lead};
    seen.insert(
        std::upper_bound(seen.begin(), seen.end(), s, [](const Seen& a, const Seen& b) { return a.lead > b.lead; }), s);
  }
  return pick_best(at.back(), cost);
}

template <class Play>
PolicyFunction each_budget(Play play) {
  return [play](const Pool& pool, const std::vector<double>& budgets, uint64_t key) {
    std::vector<Pick> out;
    for (double budget : budgets) out.push_back(play(pool, budget, key));
    return out;
  };
}

}  // namespace

std::vector<int> quarter_counts(int rungs, int top, int designs) {
  std::vector<int> counts(size_t(rungs), top);
  for (int k = rungs - 2; k >= 0; --k) counts[size_t(k)] = 4 * counts[size_t(k) + 1];
  for (int& n : counts) n = std::min(n, designs);
  return counts;
}

double cost_of(const std::vector<int>& counts, const std::vector<double>& cost) {
  double sum = 0;
  for (size_t k = 0; k < counts.size(); ++k) sum += counts[k] * cost[k];
  return sum;
}

std::vector<int> equal_counts(const std::vector<double>& cost, int designs, double budget) {
  const size_t rungs = cost.size();
  if (std::accumulate(cost.begin(), cost.end(), 0.0) > budget) return {};
  std::vector<int> counts(rungs, 1);
  double left = budget;
  for (size_t k = rungs; k-- > 0;) {  // from the dearest down, so that what a rung cannot use goes to those below
    double below = 0;
    for (size_t j = 0; j < k; ++j) below += cost[j];
    const double share = std::min(left / double(k + 1), left - below * counts[std::min(k + 1, rungs - 1)]);
    counts[k] = std::clamp(int(share / cost[k]), 1, designs);
    if (k + 1 < rungs) counts[k] = std::max(counts[k], counts[k + 1]);
    left -= counts[k] * cost[k];
  }
  return counts;
}

const std::vector<Policy>& policies() {
  static const std::vector<Policy> all{
      {"random", "designs at random, trained at the target alone", each_budget(play_random)},
      {"reference", "Genesys: a quarter per rung, its quadrants and its greedy draw; one budget, its own",
       each_budget([](const Pool& pool, double, uint64_t key) { return play_reference(pool, key); })},
      {"halving", "successive halving: equal spending on each rung", each_budget(play_halving)},
      {"asha", "ASHA: whoever is in the top quarter of a rung climbs", each_budget(play_asha)},
      {"ours", "the run that promises most at the target for its cost", play_ours},
  };
  return all;
}

const Policy& find_policy(const std::string& name) {
  std::vector<std::string> known;
  for (const Policy& p : policies()) {
    if (p.name == name) return p;
    known.push_back(p.name);
  }
  const std::string near = nearest(name, known);
  throw UsageError(
      "no policy '" + name + "'" +
      (near.empty() ? ": random, reference, halving, asha and ours are known" : ": did you mean '" + near + "'?"));
}

}  // namespace gradus
