#include "ladder/target.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <numeric>
#include <tuple>

#include "base/error.h"

namespace gradus {
namespace {

constexpr size_t kNone = size_t(-1);

/// Before there is data: neighbouring rungs agree by this correlation, and leads shrink by this factor (nano to micro
/// .79 and .55 in tests/pilot), believed as much as so many designs.
constexpr double kCorrelation = 0.7, kShrink = 0.6, kPairs = 6;
/// A seed's variance over the designs', believed as much as so many repeats.
constexpr double kNoiseShare = 0.2, kRepeats = 1;
/// Designs' noise is skewed: their mean variance over the middle one (noise spread by half a factor e: 1.6).
constexpr double kMeanOverMiddle = 1.5;
/// A design's own noise is moderated by that of its rung, which counts as so many repeats.
constexpr double kOwnRepeats = 3;

/// Centre and variance of values by their quartiles: wild designs are not to say how wide the others are.
struct Middle {
  double centre = 0, variance = 0;
};
Middle middle_of(std::vector<double> values) {
  if (values.size() < 4) {
    const double mean = values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
    double square = 0;
    for (double x : values) square += (x - mean) * (x - mean);
    return {mean, values.size() < 2 ? 0 : square / double(values.size() - 1)};
  }
  std::sort(values.begin(), values.end());
  const auto at = [&](double p) {
    const double x = p * double(values.size() - 1);
    const auto i = size_t(x);
    return values[i] + (x - double(i)) * (values[std::min(i + 1, values.size() - 1)] - values[i]);
  };
  const double deviation = (at(0.75) - at(0.25)) / 1.349;
  return {at(0.5), deviation * deviation};
}

/// Solves a symmetric positive system of three by Gaussian elimination.
std::array<double, 3> solve(std::array<std::array<double, 4>, 3> rows) {
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = i + 1; j < 3; ++j) {
      const double factor = rows[j][i] / rows[i][i];
      for (size_t k = i; k < 4; ++k) rows[j][k] -= factor * rows[i][k];
    }
  std::array<double, 3> x{};
  for (size_t i = 3; i-- > 0;) {
    x[i] = rows[i][3];
    for (size_t k = i + 1; k < 3; ++k) x[i] -= rows[i][k] * x[k];
    x[i] /= rows[i][i];
  }
  return x;
}

}  // namespace

void Shows::add(double value, double half_lead) {
  ++n;
  const double before = value - lead;
  lead += before / n;
  square += before * (value - lead);
  trend += (value - half_lead - trend) / n;
}

TargetModel::TargetModel(int rungs) : rungs_(size_t(rungs)) { require(rungs >= 1, "a rung"); }

double TargetModel::noise(int rung) const { return std::sqrt(rungs_[size_t(rung)].noise); }

double TargetModel::correlation(int rung) const {
  const Rung& r = rungs_[size_t(rung)];
  if (r.up.rest == 0) return kCorrelation;
  const double explained = r.up.slope * r.up.slope * r.variance;
  return std::copysign(std::sqrt(explained / (explained + r.up.rest)), r.up.slope);
}

/// Of the designs with several seeds: the middle of their variances, not moved by one wild design.
void TargetModel::fit_noise(std::span<const Climb> climbs) {
  for (size_t k = 0; k < rungs_.size(); ++k) {
    std::vector<double> own, leads;
    for (const Climb& climb : climbs) {
      const Shows& s = climb[k];
      if (s.n > 0) leads.push_back(s.lead);
      if (s.n < 2) continue;
      const double degrees = s.n - 1;
      static const double one = boost::math::quantile(boost::math::chi_squared(1), 0.5);
      own.push_back(s.square / (s.n == 2 ? one : degrees - 2.0 / 3 + 0.07 / degrees));  // median of χ²
    }
    const double below = k == 0 ? 0 : rungs_[k - 1].variance + rungs_[k - 1].noise;
    double spread = below * kShrink * kShrink;
    if (leads.size() > 3) spread = std::max(spread, middle_of(leads).variance);
    // Until a rung has repeats of its own, its noise is as large beside the spread as that of the rung below.
    const double share = below == 0 ? kNoiseShare : rungs_[k - 1].noise / below;
    double middle = 0;
    if (!own.empty()) {
      std::nth_element(own.begin(), own.begin() + long(own.size() / 2), own.end());
      middle = own[own.size() / 2];
    }
    const double n = double(own.size());
    rungs_[k].noise = (kRepeats * share * spread + n * middle) / (kRepeats + n);
    rungs_[k].variance = std::max(spread - rungs_[k].noise, 0.05 * spread);
  }
}

void TargetModel::fit_lowest(std::span<const Climb> climbs) {
  Rung& r = rungs_[0];
  std::vector<double> leads, trends;
  double seeds = 0;  // mean of 1/n
  for (const Climb& climb : climbs)
    if (climb[0].n > 0) leads.push_back(climb[0].lead), trends.push_back(climb[0].trend), seeds += 1.0 / climb[0].n;
  if (!leads.empty()) seeds /= double(leads.size());
  const Middle lead = middle_of(leads), trend = middle_of(trends);
  r.mean = lead.centre, r.mean_trend = trend.centre;
  r.variance = std::max(lead.variance - seeds * r.noise, 0.05 * lead.variance);
}

/// y = mean_above + slope (x - mean) + bend (trend - mean_trend), by least squares with the prior as further pairs; x
/// is what is known after the rung's runs, so that its error does not flatten the slope (Berkson 1950). Pairs weigh by
/// what of their scatter is not their own noise.
void TargetModel::fit_line(std::span<const Climb> climbs, size_t k) {
  Rung& r = rungs_[k];
  const double rest = (1 - kCorrelation * kCorrelation) * kShrink * kShrink * r.variance;
  r.up = {kCorrelation * kShrink, 0, rest, kShrink * r.mean};
  std::vector<Pair> pairs;
  double trend_square = 1e-12;
  for (const Climb& climb : climbs) {
    if (climb[k].n == 0 || climb[k + 1].n == 0) continue;
    const State s = filtered(climb, k, kNone);
    pairs.push_back({s.mean - r.mean, climb[k].trend - r.mean_trend, climb[k + 1].lead, s.variance,
                     variance_of_mean(climb, k + 1)});
    trend_square += pairs.back().t * pairs.back().t;
  }
  for (int pass = 0; pass < 3 && !pairs.empty() && r.variance > 0; ++pass)
    fit_pairs(r, pairs, rest, trend_square / double(pairs.size()));
  Rung& next = rungs_[k + 1];
  next.mean = r.up.mean_above;
  next.variance = r.up.slope * r.up.slope * r.variance + r.up.rest;
  std::vector<double> trends;
  for (const Climb& climb : climbs)
    if (climb[k + 1].n > 0) trends.push_back(climb[k + 1].trend);
  next.mean_trend = middle_of(trends).centre;
}

void TargetModel::fit_pairs(Rung& r, const std::vector<Pair>& pairs, double rest, double trend_square) {
  Line& up = r.up;
  const double slope = kCorrelation * kShrink, before = up.rest, bend = up.slope * up.slope;
  std::array<std::array<double, 4>, 3> rows{{{kPairs / 2, 0, 0, kPairs / 2 * kShrink * r.mean},
                                             {0, kPairs * r.variance, 0, kPairs * r.variance * slope},
                                             {0, 0, kPairs * trend_square, 0}}};
  for (const Pair& p : pairs) {
    const double weight = before / (before + bend * p.x_variance + p.y_variance);
    const std::array<double, 4> row{1, p.x, p.t, p.y};
    for (size_t i = 0; i < 3; ++i)
      for (size_t j = 0; j < 4; ++j) rows[i][j] += weight * row[i] * row[j];
  }
  std::tie(up.mean_above, up.slope, up.bend) = std::tuple_cat(solve(rows));
  double square = kPairs * rest, n = kPairs;
  for (const Pair& p : pairs) {
    const double off = p.y - up.mean_above - up.slope * p.x - up.bend * p.t;
    const double known = up.slope * up.slope * p.x_variance + p.y_variance, weight = before / (before + known);
    square += weight * (off * off - known), n += weight;
  }
  up.rest = std::max(square / n, 0.1 * rest);
}

void TargetModel::fit(std::span<const Climb> climbs) {
  fit_noise(climbs);
  fit_lowest(climbs);
  for (size_t k = 0; k + 1 < rungs_.size(); ++k) fit_line(climbs, k);
}

/// Of a design's seeds over those of its rung, from all rungs that repeat it: a lottery is one everywhere.
double TargetModel::own_noise(const Climb& climb) const {
  double square = kOwnRepeats, degrees = kOwnRepeats;
  for (size_t k = 0; k < climb.size(); ++k)
    if (climb[k].n > 1 && rungs_[k].noise > 0) square += climb[k].square / rungs_[k].noise, degrees += climb[k].n - 1;
  return kMeanOverMiddle * square / degrees;
}

double TargetModel::variance_of_mean(const Climb& climb, size_t rung) const {
  return std::max(own_noise(climb) * rungs_[rung].noise, 1e-18) / std::max(climb[rung].n, 1);
}

TargetModel::State TargetModel::above(const State& s, const Shows& shows, size_t k) const {
  const Rung& r = rungs_[k];
  const double trend = shows.n > 0 ? r.up.bend * (shows.trend - r.mean_trend) : 0;
  return {r.up.mean_above + r.up.slope * (s.mean - r.mean) + trend, r.up.slope * r.up.slope * s.variance + r.up.rest};
}

TargetModel::State TargetModel::filtered(const Climb& climb, size_t rung, size_t extra) const {
  State s{rungs_[0].mean, rungs_[0].variance};
  const double own = own_noise(climb);
  for (size_t k = 0;; ++k) {
    const double noise = std::max(own * rungs_[k].noise, 1e-18);
    double precision = climb[k].n / noise;
    s.mean += s.variance * precision / (1 + s.variance * precision) * (climb[k].lead - s.mean);
    if (k == extra) precision += 1 / noise;  // one more run, whatever it says
    s.variance /= 1 + s.variance * precision;
    if (k == rung) return s;
    s = above(s, climb[k], k);
  }
}

TargetLead TargetModel::lead(const Climb& climb) const {
  const State s = filtered(climb, rungs_.size() - 1, kNone);
  return {s.mean, std::sqrt(std::max(s.variance, 0.0))};
}

double TargetModel::settles(const Climb& climb, int rung) const {
  const size_t last = rungs_.size() - 1;
  const double now = filtered(climb, last, kNone).variance;
  return now > 0 ? std::max(0.0, now - filtered(climb, last, size_t(rung)).variance) / now : 0;
}

Step TargetModel::next_step(const Climb& climb, std::span<const double> cost) const {
  const size_t last = rungs_.size() - 1;
  const double now = filtered(climb, last, kNone).variance;
  Step best;
  for (size_t k = 0; k <= last && (k == 0 || climb[k - 1].n > 0) && now > 0; ++k) {
    if (climb[k].n >= kMostSeeds) continue;
    const double worth = (now - filtered(climb, last, k).variance) / now / cost[k];
    if (worth > best.worth) best = {int(k), worth};
  }
  return best;
}

}  // namespace gradus
