#include "agent/novelty.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"

namespace gradus {
namespace {

/// Below this the candidate is a variant of a known design (one argument, one small unit), not a new idea.
constexpr double kVariant = 0.15;
/// Costs the seed's FLOPs times this without remark.
constexpr double kFreeCost = 1.5;

struct Relative {
  std::string name;
  double distance;
};

std::vector<Relative> relatives(const Design& design, const std::vector<KnownDesign>& known) {
  std::vector<Relative> out;
  for (const KnownDesign& k : known) out.push_back({k.name, tree_distance(design, k.design)});
  std::stable_sort(out.begin(), out.end(),
                   [](const Relative& a, const Relative& b) { return a.distance < b.distance; });
  return out;
}

/// The rating of a lawful, new, affordable candidate: 5 less a point for a mere variant, less for cost above the
/// seed's.
double rate(double novelty, double cost, const ReviewSettings& settings) {
  double rating = 5;
  if (novelty < kVariant) rating -= 0.5 + 0.5 * (1 - novelty / kVariant);
  if (cost > kFreeCost && settings.largest_cost > kFreeCost)
    rating -= std::min(1.0, (cost - kFreeCost) / (settings.largest_cost - kFreeCost));
  return rating;
}

}  // namespace

double flops_ratio(const Fit& fit) {
  return fit.seed_flops_per_token > 0 ? fit.flops_per_token / fit.seed_flops_per_token : 0;
}

std::string duplicate_of(const Examination& examination, const std::vector<KnownDesign>& known) {
  for (const KnownDesign& k : known)
    if (!examination.design_id.empty() && k.design_id == examination.design_id) return k.name;
  const double ratio = flops_ratio(examination.fit);
  for (const KnownDesign& k : known) {
    const bool same_cost = ratio == 0 || k.flops_ratio == 0 || std::abs(ratio - k.flops_ratio) < 1e-6 * ratio;
    if (!examination.trace_id.empty() && k.trace_id == examination.trace_id && same_cost) return k.name;
  }
  return "";
}

Review judge(const Design& design, const Examination& examination, const std::vector<KnownDesign>& known,
             const ReviewSettings& settings) {
  Review review;
  review.design_id = examination.design_id, review.trace_id = examination.trace_id;
  const auto near = relatives(design, known);
  for (size_t i = 0; i < near.size() && int(i) < settings.n_relatives; ++i) review.relatives.push_back(near[i].name);
  review.novelty = near.empty() ? 1 : near.front().distance;
  if (!examination.lawful) {
    review.reasons = {examination.fault};
    return review;
  }
  review.flops_ratio = flops_ratio(examination.fit);
  if (const std::string twin = duplicate_of(examination, known); !twin.empty()) {
    const auto k = std::find_if(known.begin(), known.end(), [&](const KnownDesign& d) { return d.name == twin; });
    review.novelty = 0;
    review.reasons = {"duplicate of " + twin +
                      (k->design_id == examination.design_id
                           ? ": the same tree of the same units"
                           : ": written differently, but it computes the same operators in the same order")};
    return review;
  }
  const std::string cost = format_fixed(review.flops_ratio, 2) + " times the seed's FLOPs a token at equal parameters";
  if (review.flops_ratio > settings.largest_cost) {
    review.rating = 1;
    review.reasons = {"too costly: " + cost + ", at most " + format_g(settings.largest_cost) + " are allowed"};
    return review;
  }
  review.rating = rate(review.novelty, review.flops_ratio, settings);
  review.accepted = review.rating >= settings.accept_rating;
  if (near.empty())
    review.reasons.push_back("nothing to compare with yet");
  else if (review.novelty < kVariant)
    review.reasons.push_back("a variant of " + near[0].name + ": " + format_fixed(100 * review.novelty, 0) +
                             " % of the tree differs");
  else
    review.reasons.push_back("new: " + format_fixed(100 * review.novelty, 0) +
                             " % of the tree differs from the nearest, " + near[0].name);
  review.reasons.push_back("costs " + cost + (review.flops_ratio > kFreeCost ? ", which counts against it" : ""));
  if (!review.accepted) review.reasons.insert(review.reasons.begin(), "changes too little for what it costs");
  return review;
}

}  // namespace gradus
