#include "ladder/machine.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <queue>

namespace gradus {
namespace {

struct Design {
  int generation = 0, rung = 0;  // where it runs or has run
  double inherited = 0;          // true lead from its parent, in spreads
  double shown = 0;              // at its rung, in spreads of the target
  bool done = false, out = false, climbed = false;
};

class Machine {
 public:
  Machine(const World& world, const MachineSettings& settings, bool async, uint64_t key)
      : settings_(settings), async_(async), key_(key), world_(sized(world, settings)), pool_(world_, key) {
    designs_.resize(size_t(world_.designs));
    for (int i = 0; i < world_.designs; ++i) designs_[size_t(i)].generation = i / settings.proposals;
    asked_.assign(size_t(settings.generations), std::vector<int>(size_t(world_.rungs()), 0));
    finished_ = asked_;
  }
  MachinePlay play() {
    open_generations();
    start();
    while (!running_.empty()) {
      const auto [time, design] = running_.top();
      running_.pop();
      now_ = time, ++free_;
      finish(design);
      decide(designs_[size_t(design)].generation);
      open_generations();
      start();
    }
    return {now_, busy_ / (now_ * settings_.workers), cost_, named()};
  }

 private:
  static World sized(World w, const MachineSettings& s) {
    w.designs = s.generations * s.proposals;
    return w;
  }
  int top() const { return world_.rungs() - 1; }

  /// Parents are drawn when enough generations before are over.
  void open_generations() {
    const int lag = async_ ? settings_.staleness : 0;
    while (opened_ < settings_.generations && (opened_ - 1 - lag < 0 || closed(opened_ - 1 - lag))) {
      for (int i = opened_ * settings_.proposals; i < (opened_ + 1) * settings_.proposals; ++i) {
        designs_[size_t(i)].inherited = settings_.inherit * parent_lead(opened_, i);
        ask(i, 0);
      }
      ++opened_;
    }
  }
  /// One of the four best shown of earlier generations, by the highest rung; a higher rung's word counts more.
  double parent_lead(int generation, int child) const {
    std::vector<std::pair<double, int>> best;
    for (int i = 0; i < generation * settings_.proposals; ++i) {
      const Design& d = designs_[size_t(i)];
      if (d.out || (!d.done && d.rung == 0)) continue;
      best.emplace_back(-d.shown * std::pow(0.5, top() - d.rung), i);
    }
    if (best.empty()) return 0;
    std::sort(best.begin(), best.end());
    const Stream draw("machine-parent", {key_, uint64_t(child)});
    const auto pick = size_t(draw.uniform(0) * double(std::min<size_t>(best.size(), 4)));
    return std::max(0.0, truth(best[pick].second));
  }
  double truth(int i) const { return pool_.truth(i) / world_.spread.back() + designs_[size_t(i)].inherited; }
  bool closed(int generation) const {
    for (int k = 0; k <= top(); ++k) {
      const int asked = asked_[size_t(generation)][size_t(k)];
      if (finished_[size_t(generation)][size_t(k)] < asked) return false;
      if (k > 0 && asked < allowed(generation, k)) return false;
    }
    return opened_ > generation;
  }
  /// Of those that finished the rung below; rounded up when that is complete.
  int allowed(int generation, int rung) const {
    int finished = 0, below = 0;
    for (int i = generation * settings_.proposals; i < (generation + 1) * settings_.proposals; ++i) {
      const Design& d = designs_[size_t(i)];
      below += d.rung >= rung - 1;
      finished += !d.out && (d.rung >= rung || (d.rung == rung - 1 && d.done));
    }
    const bool complete =
        settled(generation, rung - 1) && (rung == 1 || asked_[size_t(generation)][size_t(rung - 1)] == below);
    const double share = settings_.promote_share * finished;
    return complete ? std::min(finished, int(std::ceil(share - 1e-9))) : async_ ? int(share + 1e-9) : 0;
  }
  /// Nobody will come to this rung any more, and all that came have ended.
  bool settled(int generation, int rung) const {
    const auto g = size_t(generation), k = size_t(rung);
    if (finished_[g][k] < asked_[g][k] || (rung == 0 && asked_[g][k] < settings_.proposals)) return false;
    return rung == 0 || (settled(generation, rung - 1) && asked_[g][k] >= allowed(generation, rung));
  }
  void decide(int generation) {
    for (int k = 1; k <= top(); ++k) {
      std::vector<std::pair<double, int>> order;
      for (int i = generation * settings_.proposals; i < (generation + 1) * settings_.proposals; ++i) {
        const Design& d = designs_[size_t(i)];
        if (!d.out && d.rung == k - 1 && d.done) order.emplace_back(-d.shown, i);
      }
      std::sort(order.begin(), order.end());
      int left = allowed(generation, k) - asked_[size_t(generation)][size_t(k)];
      for (const auto& [shown, i] : order)
        if (left-- > 0) ask(i, k);
    }
  }
  void ask(int i, int rung) {
    designs_[size_t(i)].rung = rung, designs_[size_t(i)].done = false;
    ++asked_[size_t(designs_[size_t(i)].generation)][size_t(rung)];
    waiting_.push_back(i);
  }
  /// The highest rung first: those are waited for.
  void start() {
    std::stable_sort(waiting_.begin(), waiting_.end(),
                     [&](int a, int b) { return designs_[size_t(a)].rung > designs_[size_t(b)].rung; });
    for (; free_ > 0 && !waiting_.empty(); --free_) {
      const int i = waiting_.front();
      waiting_.pop_front();
      const Design& d = designs_[size_t(i)];
      const Stream luck("machine-time", {key_, uint64_t(i), uint64_t(d.rung)});
      const double time = pool_.run(i, d.rung, 0).cost * std::exp(settings_.spread_time * luck.normal(0));
      busy_ += time, cost_ += pool_.run(i, d.rung, 0).cost;
      running_.emplace(now_ + time, i);
    }
  }
  void finish(int i) {
    Design& d = designs_[size_t(i)];
    const Shown shown = pool_.run(i, d.rung, 0);
    ++finished_[size_t(d.generation)][size_t(d.rung)];
    d.out = shown.diverged, d.done = true;
    d.shown = shown.lead / world_.spread[size_t(d.rung)] + d.inherited;
  }
  double named() const {
    int best = -1;
    for (int i = 0; i < int(designs_.size()); ++i) {
      const Design& d = designs_[size_t(i)];
      if (!d.out && d.done && d.rung == top() && (best < 0 || d.shown > designs_[size_t(best)].shown)) best = i;
    }
    return best < 0 ? 0 : truth(best);
  }

  MachineSettings settings_;
  bool async_;
  uint64_t key_;
  World world_;
  Pool pool_;
  std::vector<Design> designs_;
  std::vector<std::vector<int>> asked_, finished_;  // by generation and rung
  std::deque<int> waiting_;
  std::priority_queue<std::pair<double, int>, std::vector<std::pair<double, int>>, std::greater<>> running_;
  int opened_ = 0, free_ = settings_.workers;
  double now_ = 0, busy_ = 0, cost_ = 0;
};

/// Mean with 1.96 standard errors.
Estimate estimate(const std::vector<double>& values) {
  double mean = 0, square = 0;
  for (double v : values) mean += v / double(values.size());
  for (double v : values) square += (v - mean) * (v - mean);
  const double error = values.size() < 2 ? 0 : std::sqrt(square / double(values.size() - 1) / double(values.size()));
  return {mean, mean - 1.96 * error, mean + 1.96 * error};
}

}  // namespace

MachinePlay play_machine(const World& world, const MachineSettings& settings, bool async, uint64_t key) {
  return Machine(world, settings, async, key).play();
}

MachineComparison compare_promotion(const std::string& name, const World& world, const MachineSettings& settings,
                                    int plays) {
  std::vector<double> barrier, async, hours, lead, time_lead, time;
  MachineSettings longer = settings;
  longer.generations = int(settings.generations * kGenerationsInTime);
  for (int i = 0; i < plays; ++i) {
    const uint64_t key = stream_key("machine:" + name, {uint64_t(i)});
    const MachinePlay b = play_machine(world, settings, false, key), a = play_machine(world, settings, true, key),
                      c = play_machine(world, longer, true, key);
    barrier.push_back(b.busy), async.push_back(a.busy), hours.push_back(a.hours / b.hours);
    lead.push_back(a.lead - b.lead), time_lead.push_back(c.lead - b.lead), time.push_back(c.hours / b.hours);
  }
  return {name,           estimate(barrier),   estimate(async), estimate(hours),
          estimate(lead), estimate(time_lead), estimate(time)};
}

}  // namespace gradus
