/// Policies that `select --simulate` plays: who is trained next, on a pool of designs whose truth they cannot see. No
/// policy may name a design that it has not trained at the target; one that cannot pay for that names the baseline.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ladder/world.h"

namespace gradus {

/// What a policy would say at a budget.
struct Pick {
  int design = -1;  // -1: the baseline, whose lead is 0
  double cost = 0;  // spent
};

/// budgets: ascending, in runs of the lowest rung; one pick each.
using PolicyFunction = std::function<std::vector<Pick>(const Pool&, const std::vector<double>& budgets, uint64_t key)>;
struct Policy {
  std::string name, what;
  PolicyFunction play;
};
/// random, reference, halving, asha, ours.
const std::vector<Policy>& policies();
const Policy& find_policy(const std::string& name);  // UsageError naming the nearest

/// Runs at each rung of the reference's quarter rule: `top` at the target, four times as many on each rung below.
std::vector<int> quarter_counts(int rungs, int top, int designs);
double cost_of(const std::vector<int>& counts, const std::vector<double>& cost);
/// Successive halving's (Jamieson and Talwalkar 2016, arXiv:1502.07943): equal spending on each rung, at least one run
/// at the target, never more than the rung below; empty where the budget does not pay for one design on every rung.
std::vector<int> equal_counts(const std::vector<double>& cost, int designs, double budget);

Pick play_reference(const Pool& pool, uint64_t key);
std::vector<Pick> play_ours(const Pool& pool, const std::vector<double>& budgets, uint64_t key);

}  // namespace gradus
