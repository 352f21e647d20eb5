// Ours: train what promises most at the target for its cost. The outlook of every design comes from all of its runs
// (target.h). A run's value is the improvement that its design might bring over the best known, by expectation, times
// the share of what is uncertain about the design that the run would settle, over its cost.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "ladder/fitness.h"
#include "ladder/policy.h"
#include "ladder/target.h"

namespace gradus {
namespace {

constexpr int kRepeated = 8;        // designs that get a second seed at once: the noise estimate
constexpr int kSearches = 8;        // searches of the learning rate after which they stop, if most gained nothing
constexpr int kShareBatch = 512;    // one in so many designs is chosen at once, at least one
constexpr double kRefit = 1 / 20.;  // more runs since the last fit: fit again

class Ascent {
 public:
  Ascent(const Pool& pool, const std::vector<double>& budgets, uint64_t key)
      : pool_(pool), world_(pool.world()), budgets_(budgets), model_(world_.rungs()), order_(size_t(pool.size()), 0) {
    climbs_.assign(size_t(pool.size()), Climb(size_t(world_.rungs())));
    designs_.resize(size_t(pool.size()));
    std::iota(order_.begin(), order_.end(), 0);
    Stream stream(stream_key("order", {key}));
    stream.shuffle(order_);
  }
  std::vector<Pick> play() {
    for (; next_ < std::min(size_t(kRepeated), order_.size()); ++next_)
      for (int seed = 0; seed < 2; ++seed) train(int(next_), 0);
    fit();
    while (picks_.size() < budgets_.size()) {
      const auto batch = choose();
      if (batch.empty()) break;
      for (int i : batch) act(i);
      if (double(runs_ - fitted_) > kRefit * double(fitted_)) fit();
    }
    while (picks_.size() < budgets_.size()) picks_.push_back(pick(budgets_[picks_.size()]));
    return picks_;
  }

 private:
  struct Entry {
    TargetLead outlook;
    Step step;  // its next run
    bool out = false, searched = false;
    int rate = 0;
  };
  // Designs are named by their place in order_.
  Entry& at(int i) { return designs_[size_t(i)]; }
  Climb& climb(int i) { return climbs_[size_t(i)]; }
  Shown run(int i, int rung, int seed, int rate) const { return pool_.run(order_[size_t(i)], rung, seed, rate); }

  /// Before its first climb a design finds its learning rate and shows its noise, at the lowest rung.
  void act(int i) {
    Entry& e = at(i);
    next_ = std::max(next_, size_t(i) + 1);
    if (e.step.rung == 1 && climb(i)[1].n == 0) {
      search(i);
      if (climb(i)[0].n == 1) train(i, 0);
    }
    train(i, e.step.rung);
    look(e, climb(i));
  }
  void search(int i) {
    Entry& e = at(i);
    if (e.searched || (searches_ >= kSearches && 2 * gains_ < searches_)) return;
    const Shown here = run(i, 0, 0, 0);
    Shown best = here;
    for (int rate : {-1, 1}) {
      const Shown shown = run(i, 0, 0, rate);
      pay(shown.cost);
      if (shown.lead > best.lead) best = shown, e.rate = rate;
    }
    e.searched = true, ++searches_, gains_ += best.lead > here.lead + model_.noise(0);
    if (e.rate == 0) return;
    climb(i)[0] = {};
    climb(i)[0].add(best.lead, best.half_lead);
  }
  void train(int i, int rung) {
    Entry& e = at(i);
    if (e.out) return;
    const Shown shown = run(i, rung, climb(i)[size_t(rung)].n, e.rate);
    pay(shown.cost);
    if (shown.diverged)
      e.out = true;
    else
      climb(i)[size_t(rung)].add(shown.lead, shown.half_lead), trained_ |= rung + 1 == world_.rungs();
  }
  /// Money is kept for one run at the target until there is one. Budgets that would end are settled first.
  void pay(double cost) {
    const double kept = trained_ ? 0 : world_.cost.back();
    while (picks_.size() < budgets_.size() && cost_ + cost + kept > budgets_[picks_.size()])
      picks_.push_back(pick(budgets_[picks_.size()]));
    cost_ += cost, ++runs_;
  }
  void look(Entry& e, const Climb& of) {
    e.outlook = model_.lead(of);
    e.step = model_.next_step(of, world_.cost);
  }
  void fit() {
    model_.fit(std::span(climbs_.data(), next_));
    for (size_t k = 0; k < next_; ++k) look(designs_[k], climbs_[k]);
    look(fresh_, Climb(size_t(world_.rungs())));
    fitted_ = runs_;
  }

  std::vector<int> choose() {
    double first = fresh_.outlook.mean, second = first;
    for (size_t k = 0; k < next_; ++k) {
      const Entry& e = designs_[k];
      if (e.out) continue;
      second = std::max(second, std::min(first, e.outlook.mean)), first = std::max(first, e.outlook.mean);
    }
    const size_t n = 1 + order_.size() / kShareBatch;
    std::vector<std::pair<double, int>> actions;
    for (size_t k = 0; k < std::min(next_ + n, order_.size()); ++k) {
      Entry& e = designs_[k];
      if (e.out) continue;
      if (k >= next_) e.outlook = fresh_.outlook, e.step = fresh_.step;
      if (e.step.rung < 0) continue;
      const double other = e.outlook.mean == first ? second : first;
      const double promise = expected_improvement(-std::abs(e.outlook.mean - other), e.outlook.deviation, 0);
      actions.emplace_back(-promise * e.step.worth, int(k));
    }
    const size_t most = std::min(n, actions.size());
    std::partial_sort(actions.begin(), actions.begin() + long(most), actions.end());
    std::vector<int> out;
    for (size_t k = 0; k < most; ++k) out.push_back(actions[k].second);
    return out;
  }

  /// Whoever has the best outlook is trained at the target, unless it was or there is no money; the best of those
  /// trained there is named.
  Pick pick(double budget) const {
    size_t leader = order_.size();
    Pick out{-1, cost_};
    double best = -1e9;
    for (size_t k = 0; k < next_; ++k) {
      const Entry& e = designs_[k];
      if (e.out || climbs_[k][0].n == 0) continue;
      if (leader == order_.size() || e.outlook.mean > designs_[leader].outlook.mean) leader = k;
      if (climbs_[k].back().n > 0 && e.outlook.mean > best) best = e.outlook.mean, out.design = order_[k];
    }
    if (leader == order_.size() || climbs_[leader].back().n > 0) return out;
    const Shown shown = run(int(leader), world_.rungs() - 1, 0, designs_[leader].rate);
    if (cost_ + shown.cost > budget) return out;
    out.cost += shown.cost;
    if (shown.diverged) return out;
    Climb climbed = climbs_[leader];
    climbed.back().add(shown.lead, shown.half_lead);
    if (model_.lead(climbed).mean > best) out.design = order_[leader];
    return out;
  }

  const Pool& pool_;
  const World& world_;
  const std::vector<double>& budgets_;
  TargetModel model_;
  std::vector<int> order_;  // as proposed; those before next_ have been trained
  size_t next_ = 0;
  std::vector<Climb> climbs_;
  std::vector<Entry> designs_;
  Entry fresh_;  // one that nothing is known of
  std::vector<Pick> picks_;
  int searches_ = 0, gains_ = 0;
  int64_t runs_ = 0, fitted_ = 0;
  bool trained_ = false;
  double cost_ = 0;
};

}  // namespace

std::vector<Pick> play_ours(const Pool& pool, const std::vector<double>& budgets, uint64_t key) {
  return Ascent(pool, budgets, key).play();
}

}  // namespace gradus
