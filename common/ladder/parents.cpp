#include "ladder/parents.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"

namespace gradus {
namespace {

using Candidates = std::vector<ParentCandidate>;

bool is_among(const DesignName& d, const std::vector<DesignName>& list) {
  return std::find(list.begin(), list.end(), d) != list.end();
}

std::vector<DrawnParent> thompson(const Candidates& candidates, const ParentRequest& request, const std::string& how) {
  std::vector<std::pair<double, const ParentCandidate*>> draws;
  for (const ParentCandidate& c : candidates) {
    const Stream stream("parent", {request.key, uint64_t(c.design.generation), uint64_t(c.design.slot)});
    draws.emplace_back(c.posterior + c.deviation * stream.normal(0), &c);
  }
  std::stable_sort(draws.begin(), draws.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<DrawnParent> out;
  for (const auto& [value, c] : draws)
    if (int(out.size()) < request.n) out.push_back({c->design, how});
  return out;
}

/// In the top share of a quantity: above the middle between the last inside and the first outside.
std::vector<bool> top_of(const std::vector<double>& values, double share) {
  std::vector<double> sorted = values;
  std::sort(sorted.rbegin(), sorted.rend());
  const size_t inside = size_t(share * double(values.size()));
  const double boundary = inside == 0               ? sorted.front()
                          : inside == sorted.size() ? -INFINITY
                                                    : (sorted[inside - 1] + sorted[inside]) / 2;
  std::vector<bool> out;
  for (double v : values) out.push_back(v > boundary);
  return out;
}

/// Places by both quantities, summed (Borda); ties go to the order of names.
std::vector<size_t> by_borda(const std::vector<size_t>& pool, const std::vector<double>& fitness,
                             const std::vector<double>& confidence) {
  std::map<size_t, double> places;
  for (size_t i : pool)
    for (size_t j : pool) places[i] += (fitness[j] > fitness[i]) + (confidence[j] > confidence[i]);
  std::vector<size_t> order = pool;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return places[a] < places[b]; });
  return order;
}

class Quadrants {
 public:
  Quadrants(const Candidates& candidates, const ParentRequest& request)
      : candidates_(candidates), request_(request), draws_("quadrants", {request.key}) {
    for (const ParentCandidate& c : candidates)
      fitness_.push_back(c.posterior), points_.push_back(confidence_points(c.rung));
    if (candidates.empty()) return;
    good_ = top_of(fitness_, request.settings.good_share), sure_ = top_of(points_, request.settings.good_share);
  }
  std::vector<DrawnParent> draw() {
    std::vector<DrawnParent> out;
    while (int(out.size()) < request_.n && (restart(out) || from_quadrant(out))) {
    }
    return out;
  }

 private:
  bool taken(const DesignName& d, const std::vector<DrawnParent>& out) const {
    return std::any_of(out.begin(), out.end(), [&](const DrawnParent& p) { return p.design == d; });
  }
  bool restart(std::vector<DrawnParent>& out) {
    const bool wanted = draws_.next_uniform() < request_.settings.restart || candidates_.empty();
    std::vector<DesignName> free;
    for (const DesignName& d : request_.baselines)
      if (!taken(d, out)) free.push_back(d);
    if (!wanted || free.empty()) return false;
    out.push_back({free[draws_.next_below(free.size())], "restart: a baseline"});
    return true;
  }
  bool from_quadrant(std::vector<DrawnParent>& out) {
    std::vector<size_t> exploit, explore, all;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      if (taken(candidates_[i].design, out)) continue;
      all.push_back(i);
      if (sure_[i]) (good_[i] ? exploit : explore).push_back(i);
    }
    bool exploring = draws_.next_uniform() < request_.settings.explore;
    if ((exploring ? explore : exploit).empty()) exploring = !exploring;
    const std::vector<size_t>& quadrant = exploring ? explore : exploit;
    const auto order = by_borda(quadrant.empty() ? all : quadrant, fitness_, points_);
    if (order.empty()) return false;
    const size_t m = order.size();
    uint64_t ticket = draws_.next_below(m * (m + 1) / 2);  // the k-th holds m - k + 1 of them
    size_t k = 0;
    while (ticket >= m - k) ticket -= m - k++;
    out.push_back({candidates_[order[k]].design, quadrant.empty() ? "no design is of high confidence"
                                                 : exploring      ? "poor, high confidence"
                                                                  : "good, high confidence"});
    return true;
  }

  const Candidates& candidates_;
  const ParentRequest& request_;
  Stream draws_;
  std::vector<double> fitness_, points_;
  std::vector<bool> good_, sure_;
};

std::vector<DrawnParent> islands(const Candidates& candidates, const ParentRequest& request) {
  const int64_t n = request.settings.islands, turn = request.generation / n, here = request.generation % n;
  const auto living_on = [&](int64_t island) {
    Candidates out;
    for (const ParentCandidate& c : candidates)
      if (is_among(c.design, request.baselines) || c.design.generation % n == island) out.push_back(c);
    return out;
  };
  auto out = thompson(living_on(here), request, "island " + std::to_string(here));
  const bool visit = turn > 0 && turn % request.settings.migrate_turns == 0;
  if (!visit) return out;
  const int64_t before = (here + n - 1) % n;
  for (const DrawnParent& guest : thompson(living_on(before), request, "guest of island " + std::to_string(before))) {
    if (std::any_of(out.begin(), out.end(), [&](const DrawnParent& p) { return p.design == guest.design; })) continue;
    if (int(out.size()) == request.n) out.pop_back();
    out.push_back(guest);
    break;
  }
  return out;
}

std::vector<DrawnParent> elites(const Candidates& candidates, const ParentRequest& request) {
  std::map<std::pair<std::string, int>, const ParentCandidate*> cells;
  for (const ParentCandidate& c : candidates) {
    const ParentCandidate*& best = cells[{c.family, int(std::floor(2 * std::log2(std::max(c.cost, 1e-3)) + 0.5))}];
    if (best == nullptr || c.posterior > best->posterior) best = &c;
  }
  std::vector<const ParentCandidate*> order;
  for (const auto& [cell, best] : cells) order.push_back(best);
  Stream stream("elites", {request.key});
  stream.shuffle(order);
  std::vector<DrawnParent> out;
  for (const ParentCandidate* c : order)
    if (int(out.size()) < request.n) out.push_back({c->design, "the best of " + c->family + " at its cost"});
  return out;
}

}  // namespace

double confidence_points(int rung) { return 2 + (rung + 1) * (rung + 2) / 2.0; }

std::vector<DrawnParent> draw_parents(const std::vector<ParentCandidate>& given, const ParentRequest& request) {
  Candidates candidates = given;
  std::sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) { return a.design < b.design; });
  const DesignName& reference = request.baselines.at(0);
  if (std::none_of(candidates.begin(), candidates.end(), [&](const auto& c) { return c.design == reference; }))
    candidates.insert(candidates.begin(), ParentCandidate{reference, 0, 0, 0, 1, "the baseline"});
  const std::string& rule = request.settings.rule;
  if (rule == "quadrants") return Quadrants(candidates, request).draw();
  if (rule == "islands") return islands(candidates, request);
  if (rule == "elites") return elites(candidates, request);
  require(rule == "thompson", "a known rule of parents");
  return thompson(candidates, request, "drawn from its posterior");
}

}  // namespace gradus
