#include "check/plan.h"

#include <algorithm>
#include <cctype>

#include "base/rng.h"

namespace gradus {
namespace {

constexpr double kFlopsACall = 50'000;  // about 2 µs of one core: what a call of an operator costs beside its FLOPs
constexpr double kWithBackward = 3;     // forward and backward over forward

/// Collects passes with their costs.
struct Planner {
  const Subjects& subjects;
  const CallCost& cost;
  double tolerance;
  uint64_t key;
  int64_t context;
  std::vector<Pass> passes;
  uint64_t n = 0;

  Pass& add(Subject& subject, std::string name, double flops, int64_t length, size_t n_cuts,
            std::function<Leak()> run) {
    passes.push_back({.name = std::move(name),
                      .subject = &subject,
                      .flops = flops,
                      .beyond = length > context,
                      .length = length,
                      .n_cuts = n_cuts,
                      .lenient = &subject == &subjects.scrambled,
                      .run = std::move(run)});
    return passes.back();
  }

  Pass& cuts(Subject& subject, Nature nature, std::vector<Future> futures, Mode mode, int64_t length,
             std::vector<int64_t> at, bool alone = false) {
    CutPass p{nature, std::move(futures), mode, length, std::move(at), alone, tolerance};
    p.rough = &subject == &subjects.scrambled;
    const double flops = alone ? p.rows() * cost(1, length) : cost(p.rows(), length);
    std::string name = std::string(to_string(nature)) + ", " + to_string(mode) + ", length " + std::to_string(length) +
                       (alone ? ", B = 1" : "");
    const size_t n_cuts = p.cuts.size();
    return add(subject, std::move(name), flops, length, n_cuts,
               [&subject, p, k = key + 1000 * ++n] { return try_cuts(subject, p, k); });
  }

  Pass& prefixes(Nature nature, Mode mode, int64_t length, std::vector<int64_t> at) {
    double flops = cost(1, length);
    for (int64_t t : at) flops += t < length ? cost(1, t) : 0;
    Subject& subject = subjects.opened;
    return add(
        subject,
        "prefixes, " + std::string(to_string(nature)) + ", " + to_string(mode) + ", length " + std::to_string(length),
        flops, length, at.size(), [&subject, nature, mode, length, at, t = tolerance, k = key + 1000 * ++n] {
          return try_prefixes(subject, nature, mode, length, at, t, k);
        });
  }

  Pass& gradients(Subject& subject, bool training, int64_t length, std::vector<int64_t> at) {
    const double flops = 2 * kWithBackward * cost(static_cast<double>(at.size()), length);
    const size_t n_cuts = at.size();
    return add(subject, "gradients, " + to_string(Mode{training, true}) + ", length " + std::to_string(length), flops,
               length, n_cuts, [&subject, training, length, at = std::move(at), t = tolerance, k = key + 1000 * ++n] {
                 return try_gradients(subject, training, length, at, t, k);
               });
  }
};

std::vector<int64_t> every(const std::vector<int64_t>& all, size_t n, uint64_t first) {
  std::vector<int64_t> some;
  const size_t step = std::max<size_t>(1, all.size() / n);
  for (size_t i = first % step; i < all.size(); i += step) some.push_back(all[i]);
  return some;
}

/// 1, 2, 3, odd, the edges of chunks and of literals, the context and twice it; the most telling first.
std::vector<int64_t> telling_lengths(int64_t context, const std::set<int64_t>& literals, uint64_t key) {
  std::vector<int64_t> lengths{context, 1, 2 * context, 3, context - 1, context + 1, 2};
  std::vector<int64_t> rest;
  for (int64_t n : literals)
    for (int64_t d : {1, 0, -1}) rest.push_back(n + d), rest.push_back(2 * n + d);
  for (int64_t w = 8; w <= context; w *= 2)
    for (int64_t d : {1, -1}) rest.push_back(w + d);
  const Stream stream("lengths", {key});
  for (uint64_t i = 0; i < 4; ++i)
    rest.push_back(5 + static_cast<int64_t>(stream.uniform(i) * static_cast<double>(2 * context - 5)));
  Stream order("order of lengths", {key});
  order.shuffle(rest);
  lengths.insert(lengths.end(), rest.begin(), rest.end());
  std::vector<int64_t> once;
  for (int64_t n : lengths)
    if (n >= 1 && n <= 2 * context && std::find(once.begin(), once.end(), n) == once.end()) once.push_back(n);
  return once;
}

}  // namespace

CallCost::CallCost(const CostPoint& half, const CostPoint& whole) {
  const auto t = static_cast<double>(whole.length);
  b_ = std::max(0.0, (whole.flops - 2 * half.flops) / (t * t / 2));
  a_ = whole.flops / t - b_ * t;
  if (whole.calls > half.calls * 3 / 2)
    calls_ = static_cast<double>(whole.calls) / t;
  else
    fixed_ = static_cast<double>(whole.calls);
}

double CallCost::operator()(double rows, int64_t length) const {
  const auto t = static_cast<double>(length);
  return rows * (a_ * t + b_ * t * t) + kFlopsACall * (fixed_ + calls_ * t);
}

std::vector<Pass> causality_passes(const Subjects& s, const CallCost& cost, int64_t context,
                                   const std::set<int64_t>& literals, double tolerance, uint64_t key, double flops,
                                   bool exhaustive) {
  const int64_t shorter = std::min(kShort, context);
  Planner plan{s, cost, tolerance, key, context, {}};
  constexpr Mode kEval = kModes[0], kTrain = kModes[1];
  const std::vector<int64_t> all = all_cuts(shorter), few{1, shorter / 4 + 1, shorter / 2, shorter - 1};
  const std::vector<int64_t> lengths = telling_lengths(context, literals, key);
  const Mode rotated = kModes[key % 4], opposite = kModes[(key + 2) % 4];

  plan.cuts(s.opened, Nature::kNormal, {Future::kFresh, Future::kLarge}, kEval, shorter, all).always = true;
  for (Mode mode : kModes)
    plan.cuts(s.opened, Nature::kNormal, {Future::kFresh, Future::kHeld}, mode, shorter, every(few, 2, key), true)
        .always = true;
  for (Mode mode : {kTrain, kEval})
    plan.prefixes(Nature::kNormal, mode, shorter,
                  {1, 2, 3, shorter / 4 + 1, shorter / 2 - 1, shorter / 2, shorter / 2 + 1, shorter - 1})
        .always = true;
  plan.gradients(s.opened, true, shorter, every(all, 4, key)).always = true;

  // As trained: at the context, with as many cuts as a quarter of the FLOPs allows; then lengths, likewise.
  const auto affordable = static_cast<size_t>(std::clamp(flops / 4 / cost(1, context) - 1, 1.0, 7.0));
  plan.cuts(s.opened, Nature::kNormal, {Future::kFresh, Future::kLarge, Future::kPermuted}, kTrain, context,
            edge_cuts(context, literals, affordable, key));
  auto within = [&](int64_t length, double share) {  // the prefixes that fit beside the whole
    std::vector<int64_t> some;
    double left = share * flops - cost(1, length);
    for (int64_t t : lengths)
      if (t < length && (left -= cost(1, t)) > 0) some.push_back(t);
    return some;
  };
  plan.prefixes(Nature::kNormal, kTrain, context, within(context, 0.15));
  plan.prefixes(Nature::kNormal, key % 2 ? kEval : kTrain, 2 * context, within(2 * context, 0.45));
  plan.prefixes(Nature::kNormal, key % 2 ? kTrain : kEval, 2 * context, within(2 * context, 0.45));
  // What opens for some inputs only does so at many positions: an eighth of the cuts.
  auto some = [&](uint64_t i) { return every(all, 9, key + i); };
  plan.cuts(s.initial, Nature::kTokens, {Future::kFresh, Future::kHeld}, kTrain, shorter, some(1));
  plan.cuts(s.opened, Nature::kHeld, {Future::kFresh, Future::kNearDuplicate}, rotated, shorter, some(2));
  plan.cuts(s.opened, Nature::kTokens, {Future::kHeld, Future::kFresh}, kEval, shorter, some(3));
  plan.cuts(s.opened, Nature::kLarge, {Future::kPermuted, Future::kFresh}, opposite, shorter, some(4));
  plan.cuts(s.opened, Nature::kSmall, {Future::kFresh, Future::kZeros}, kTrain, shorter, some(5));
  plan.cuts(s.opened, Nature::kNormal, {Future::kSpikes}, kTrain, shorter, some(6));
  plan.cuts(s.scrambled, Nature::kNormal, {Future::kFresh, Future::kSpikes}, rotated, shorter, some(7));
  plan.cuts(s.scrambled, Nature::kSpikes, {Future::kFresh, Future::kSpikes}, kTrain, shorter, some(8));
  plan.cuts(s.opened, Nature::kNormal, {Future::kLarge, Future::kFresh}, kTrain, shorter, all);
  plan.gradients(s.opened, true, shorter, every(all, 9, key + 3));
  plan.cuts(s.opened, Nature::kNormal, {Future::kFresh, Future::kHeld}, opposite, shorter, few, true);
  plan.cuts(s.initial, Nature::kTokens, {Future::kFresh, Future::kHeld}, kTrain, shorter, all);
  plan.cuts(s.opened, Nature::kHeld, {Future::kFresh, Future::kNearDuplicate}, rotated, shorter, all);
  plan.cuts(s.opened, Nature::kLarge, {Future::kPermuted, Future::kFresh}, opposite, shorter, all);
  plan.cuts(s.opened, Nature::kTokens, {Future::kHeld, Future::kFresh}, kEval, shorter, all);
  plan.cuts(s.opened, Nature::kNormal, {Future::kZeros, Future::kPermuted}, kModes[2], shorter, all);
  plan.cuts(s.initial, Nature::kNormal, {Future::kFresh, Future::kLarge}, kEval, shorter, all);
  plan.cuts(s.opened, Nature::kSmall, {Future::kFresh, Future::kLarge}, kTrain, shorter, all);
  plan.gradients(s.opened, true, shorter, all);
  plan.gradients(s.initial, true, shorter, every(all, 16, key + 1));
  plan.gradients(s.opened, false, shorter, every(all, 16, key + 2));
  plan.gradients(s.opened, true, context, edge_cuts(context, literals, 3, key + 5));
  plan.cuts(s.opened, Nature::kHeld, {Future::kHeld, Future::kZeros}, opposite, shorter, all);
  plan.cuts(s.opened, Nature::kNormal, {Future::kNearDuplicate, Future::kHeld}, kModes[3], shorter, all);
  // Not of exact repetitions: among equals a selection may choose by the length.
  plan.prefixes(Nature::kHeld, rotated, context, lengths);

  uint64_t i = 0;
  for (int64_t length : lengths) {
    if (length < 2) continue;
    const Mode mode = kModes[(key + ++i) % 4];
    plan.cuts(s.opened, kNatures[(key + i) % std::size(kNatures)],
              {kFutures[(key + i) % std::size(kFutures)], Future::kFresh}, mode, length,
              edge_cuts(length, literals, 5, key + i));
    plan.cuts(s.opened, Nature::kNormal, {Future::kFresh, kFutures[(key + i + 3) % std::size(kFutures)]},
              kModes[(key + i + 1) % 4], length, edge_cuts(length, literals, 2, key + i + 1), true);
  }
  for (int64_t cut : all) plan.cuts(s.opened, Nature::kNormal, {Future::kFresh}, rotated, shorter, {cut}, true);
  if (!exhaustive) return plan.passes;

  for (Subject* subject : {&s.opened, &s.initial, &s.scrambled})
    for (Mode mode : kModes)
      for (Nature nature : kNatures) {
        for (Future future : kFutures) plan.cuts(*subject, nature, {future}, mode, shorter, all);
        plan.cuts(*subject, nature, {Future::kFresh, Future::kLarge}, mode, context, all_cuts(context));
        plan.prefixes(nature, mode, 2 * context, all_cuts(2 * context));
      }
  for (Mode mode : kModes)
    for (int64_t length : lengths)
      if (length > 1)
        plan.cuts(s.opened, Nature::kNormal, {Future::kFresh, Future::kLarge}, mode, length, all_cuts(length));
  for (bool training : {true, false})
    for (Subject* subject : {&s.opened, &s.initial}) plan.gradients(*subject, training, shorter, all);
  plan.gradients(s.opened, true, context, all_cuts(context));
  return plan.passes;
}

std::set<int64_t> source_literals(const Design& design, const UnitStore& units, int64_t most) {
  std::set<int64_t> found;
  auto take = [&](int64_t n) {
    if (n >= 2 && n <= most) found.insert(n);
  };
  for (const SlotPath& path : all_paths(design)) {
    const UnitNode* node = find_node(design, path);
    for (const auto& [name, value] : node->arguments)
      if (value.is_number_integer()) take(value.get<int64_t>());
    const std::string source(units.source(node->unit));
    for (size_t i = 0; i < source.size();) {
      const bool starts = std::isdigit(static_cast<unsigned char>(source[i])) &&
                          (i == 0 || (!std::isalnum(static_cast<unsigned char>(source[i - 1])) &&
                                      source[i - 1] != '_' && source[i - 1] != '.'));
      size_t end = i;
      while (end < source.size() && std::isdigit(static_cast<unsigned char>(source[end]))) ++end;
      if (starts && end - i < 7) take(std::stoll(source.substr(i, end - i)));
      i = std::max(end, i + 1);
    }
  }
  return found;
}

}  // namespace gradus
