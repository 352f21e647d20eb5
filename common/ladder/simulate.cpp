#include "ladder/simulate.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include "base/error.h"

namespace gradus {
namespace {

constexpr int kResamples = 400;
constexpr double kNever = std::numeric_limits<double>::infinity();

/// What the plays of one policy came to: [play][budget].
struct Outcomes {
  std::vector<std::vector<double>> regret, best, spent;
};

double regret_of(const Pool& pool, int design) {
  return design < 0 ? std::max(0.0, pool.truth(pool.best())) : pool.regret(design);
}

Outcomes play_all(const std::string& name, const World& world, const Policy& policy, int plays,
                  const std::vector<double>& budgets) {
  Outcomes out;
  for (auto* table : {&out.regret, &out.best, &out.spent}) table->resize(size_t(plays));
  std::atomic<int> next = 0;
  const auto work = [&] {
    for (int i; (i = next++) < plays;) {
      const uint64_t key = stream_key("play:" + name, {uint64_t(i)});
      const Pool pool(world, key);
      for (const Pick& pick : policy.play(pool, budgets, key)) {
        out.regret[size_t(i)].push_back(regret_of(pool, pick.design));
        out.best[size_t(i)].push_back(pick.design == pool.best());
        out.spent[size_t(i)].push_back(pick.cost);
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned t = 1; t < std::clamp(std::thread::hardware_concurrency(), 1u, 16u); ++t) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
  return out;
}

/// Plays drawn with replacement, the same for every policy: differences between policies keep their pairing.
std::vector<std::vector<int>> resamples(int plays) {
  Stream stream("bootstrap", {uint64_t(plays)});
  std::vector<std::vector<int>> out(kResamples, std::vector<int>(size_t(plays), 0));
  for (auto& sample : out)
    for (int& i : sample) i = int(stream.next_below(uint64_t(plays)));
  return out;
}

double mean_of(const std::vector<std::vector<double>>& table, size_t column, const std::vector<int>* sample) {
  double sum = 0;
  if (sample == nullptr)
    for (const auto& row : table) sum += row[column];
  else
    for (int i : *sample) sum += table[size_t(i)][column];
  return sum / double(table.size());
}

/// of(nullptr): of all plays as they are.
using Statistic = std::function<double(const std::vector<int>*)>;
Estimate estimate(const std::vector<std::vector<int>>& samples, const Statistic& of) {
  std::vector<double> values;
  for (const auto& sample : samples) values.push_back(of(&sample));
  std::sort(values.begin(), values.end());
  const auto at = [&](double p) { return values[size_t(p * double(values.size() - 1) + 0.5)]; };
  return {of(nullptr), at(0.025), at(0.975)};
}

/// Where a curve first comes down to `regret`.
double reach_of(const std::vector<double>& spent, const std::vector<double>& curve, double regret) {
  for (size_t j = 0; j < curve.size(); ++j) {
    if (curve[j] > regret) continue;
    if (j == 0 || !(curve[j - 1] > curve[j])) return spent[j];
    const double part = (curve[j - 1] - regret) / (curve[j - 1] - curve[j]);
    return spent[j - 1] * std::pow(spent[j] / spent[j - 1], part);
  }
  return kNever;
}

Curve curve_of(const std::string& world, const std::string& policy, const Outcomes& o, const Outcomes& reference,
               const std::vector<double>& budgets, const std::vector<std::vector<int>>& samples) {
  Curve curve{world, policy, {}, {}};
  const double unit = mean_of(reference.spent, 0, nullptr);
  for (size_t j = 0; j < budgets.size(); ++j)
    curve.points.push_back({budgets[j] / unit, mean_of(o.spent, j, nullptr) / unit,
                            estimate(samples, [&](const auto* s) { return mean_of(o.regret, j, s); }),
                            estimate(samples, [&](const auto* s) { return mean_of(o.best, j, s); })});
  curve.reach = estimate(samples, [&](const auto* s) {
    std::vector<double> values, spent;
    for (size_t j = 0; j < budgets.size(); ++j)
      values.push_back(mean_of(o.regret, j, s)), spent.push_back(budgets[j] / mean_of(reference.spent, 0, s));
    return reach_of(spent, values, mean_of(reference.regret, 0, s));
  });
  return curve;
}

}  // namespace

std::vector<double> simulation_budgets() {
  return {0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3};
}

std::vector<Curve> simulate(const std::string& name, const World& world, int plays,
                            const std::vector<std::string>& names) {
  require(plays > 0, "a play");
  const auto samples = resamples(plays);
  const double unit = cost_of(quarter_counts(world.rungs(), world.top, world.designs), world.cost);
  std::vector<double> budgets;
  for (double b : simulation_budgets()) budgets.push_back(b * unit);
  const Outcomes reference = play_all(name, world, find_policy("reference"), plays, {unit});
  std::vector<Curve> out;
  for (const Policy& policy : policies()) {
    if (!names.empty() && std::find(names.begin(), names.end(), policy.name) == names.end()) continue;
    if (policy.name == "reference")
      out.push_back(curve_of(name, policy.name, reference, reference, {mean_of(reference.spent, 0, nullptr)}, samples));
    else
      out.push_back(
          curve_of(name, policy.name, play_all(name, world, policy, plays, budgets), reference, budgets, samples));
  }
  return out;
}

Summary summarize(const std::vector<Curve>& curves, const std::string& policy) {
  Summary out{policy, "", 0, 0, {}};
  std::vector<double> reach;
  for (const Curve& c : curves) {
    if (c.policy != policy) continue;
    reach.push_back(c.reach.value);
    if (c.reach.value > out.worst) out.worst = c.reach.value, out.worst_world = c.world;
    if (c.reach.value > 1) out.losses.push_back(c.world);
  }
  if (reach.empty()) return out;
  std::sort(reach.begin(), reach.end());
  out.median = (reach[(reach.size() - 1) / 2] + reach[reach.size() / 2]) / 2;
  return out;
}

}  // namespace gradus
