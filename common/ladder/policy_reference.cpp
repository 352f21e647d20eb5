// The reference ladder (Genesys, arXiv:2506.20249, its code of 2025-07): every design at the lowest rung; then, while a
// rung has budget (a quarter of the runs below), the best-rated design of a quadrant, lowest open rung first.
#include <algorithm>

#include "ladder/policy.h"

namespace gradus {
namespace {

constexpr double kExplore = 0.2;  // of the draws are from "poor, low confidence"
constexpr double kNoise = 0.05;   // of the draws fall anywhere in the pool: the rest take its first, greedily
constexpr double kGood = 0.25;    // share that counts as good, and as of high confidence

struct Entry {
  int design, rung = 0;   // next rung to train at
  double sum = 0, n = 0;  // leads in spreads of their rungs: each scale has equal weight
  bool out = false;       // diverged
  double rating() const { return n > 0 ? sum / n : -1e9; }
};

class Ladder {
 public:
  Ladder(const Pool& pool, uint64_t key) : pool_(pool), world_(pool.world()), draws_("reference", {key}) {
    budget_ = quarter_counts(world_.rungs(), world_.top, pool.size());
    used_.resize(budget_.size());
    for (int i = 0; i < pool.size(); ++i) entries_.push_back({i});
  }
  Pick play() {
    for (int i = 0; i < budget_[0]; ++i) train(entries_[size_t(i)]);
    while (Entry* next = choose()) train(*next);
    Pick pick{-1, cost_};
    double best = -1e9;
    for (const Entry& e : entries_)
      if (!e.out && e.rung == world_.rungs() && e.rating() > best) best = e.rating(), pick.design = e.design;
    return pick;
  }

 private:
  void train(Entry& e) {
    const Shown shown = pool_.run(e.design, e.rung, 0);
    cost_ += shown.cost;
    ++used_[size_t(e.rung)];
    if (shown.diverged)
      e.out = true;
    else
      e.sum += shown.lead / world_.spread[size_t(e.rung)], ++e.n, ++e.rung;
  }
  /// The dynamic hand-out: a rung is open for a quarter of what the rung below has used.
  bool open(const Entry& e) const {
    if (e.out || e.rung == 0 || e.rung >= world_.rungs()) return false;
    const auto k = size_t(e.rung);
    return used_[k] < budget_[k] && 4 * used_[k] < used_[k - 1];
  }
  Entry* choose() {
    std::vector<Entry*> order;
    for (Entry& e : entries_)
      if (!e.out && e.rung > 0) order.push_back(&e);
    std::stable_sort(order.begin(), order.end(),
                     [](const Entry* a, const Entry* b) { return a->rating() > b->rating(); });
    // Confidence is the rungs a design has behind it; above the boundary of the top quarter it is high.
    std::vector<int> points;
    for (const Entry* e : order) points.push_back(e->rung);
    std::sort(points.rbegin(), points.rend());
    const size_t quarter = size_t(kGood * double(order.size()));
    if (quarter + 1 >= order.size()) return nullptr;
    const double boundary = (points[quarter] + points[quarter > 0 ? quarter - 1 : 0]) / 2.0;
    std::vector<Entry*> pools[2], rest;  // good, poor: of low confidence
    for (size_t i = 0; i < order.size(); ++i) {
      if (!open(*order[i])) continue;
      rest.push_back(order[i]);
      if (order[i]->rung <= boundary) pools[i < quarter ? 0 : 1].push_back(order[i]);
    }
    const bool explore = draws_.next_uniform() < kExplore;
    std::vector<Entry*>* from = &pools[explore ? 1 : 0];
    if (from->empty()) from = &pools[explore ? 0 : 1];
    if (from->empty()) from = &rest;
    if (from->empty()) return nullptr;
    return draws_.next_uniform() < kNoise ? (*from)[draws_.next_below(from->size())] : from->front();
  }

  const Pool& pool_;
  const World& world_;
  Stream draws_;
  std::vector<int> budget_, used_;
  std::vector<Entry> entries_;
  double cost_ = 0;
};

}  // namespace

Pick play_reference(const Pool& pool, uint64_t key) { return Ladder(pool, key).play(); }

}  // namespace gradus
