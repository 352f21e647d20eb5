#include "ladder/scaling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "base/error.h"

namespace gradus {
namespace {

size_t sizes(const std::vector<LossPoint>& curve) {
  std::set<double> all;
  for (const LossPoint& p : curve) all.insert(p.parameters);
  return all.size();
}

/// The four shared numbers as the search moves them: E, a, b, H are their exponentials, kept within reason.
struct Shared {
  double floor, a, b, anneal;
  explicit Shared(std::span<const double> x)
      : floor(std::exp(std::min(x[0], 3.0))),
        a(std::exp(std::clamp(x[1], -4.0, 1.0))),
        b(std::exp(std::clamp(x[2], -4.0, 1.0))),
        anneal(std::exp(std::clamp(x[3], -12.0, 1.0))) {}
};

struct Terms {
  double parameter = 0, token = 0;
};

/// A and B of a curve by weighted least squares, neither negative: weights 1/L² make it that of log L.
Terms solve_curve(const Shared& s, const std::vector<LossPoint>& curve, double least_n, double least_d) {
  double uu = 0, uv = 0, vv = 0, ur = 0, vr = 0;
  for (const LossPoint& p : curve) {
    const double w = 1 / (p.bits * p.bits), u = std::pow(p.parameters / least_n, -s.a),
                 v = std::pow(p.tokens / least_d, -s.b), r = p.bits - s.floor - (p.half ? s.anneal : 0);
    uu += w * u * u, uv += w * u * v, vv += w * v * v, ur += w * u * r, vr += w * v * r;
  }
  const double determinant = uu * vv - uv * uv;
  Terms t{0, 0};
  if (determinant > 1e-12 * uu * vv) t = {(ur * vv - vr * uv) / determinant, (vr * uu - ur * uv) / determinant};
  if (t.parameter < 0 || determinant <= 1e-12 * uu * vv) t = {0, std::max(vr / vv, 0.0)};
  if (t.token < 0) t = {std::max(ur / uu, 0.0), 0};
  return t;
}

ScalingLaw law_of(const Shared& s, const std::vector<std::vector<LossPoint>>& curves, double least_n, double least_d) {
  ScalingLaw law{s.floor, s.a, s.b, s.anneal, {}, {}, least_n, least_d, 0};
  double square = 0, n = 0, free = 4;
  for (size_t i = 0; i < curves.size(); ++i) {
    const Terms t = solve_curve(s, curves[i], least_n, least_d);
    law.parameter_scale.push_back(t.parameter), law.token_scale.push_back(t.token);
    free += 2;
    for (const LossPoint& p : curves[i]) {
      const double fit = law.predict(i, p.parameters, p.tokens) + (p.half ? s.anneal : 0);
      square += std::pow(std::log(fit / p.bits), 2), n += 1;
    }
  }
  law.residual = std::sqrt(square / std::max(1.0, n - free));
  return law;
}

}  // namespace

double ScalingLaw::predict(size_t curve, double parameters, double tokens) const {
  return floor + parameter_scale[curve] * std::pow(parameters / least_parameters, -parameter_exponent) +
         token_scale[curve] * std::pow(tokens / least_tokens, -token_exponent);
}

std::optional<ScalingLaw> fit_scaling(const std::vector<std::vector<LossPoint>>& curves) {
  double least_n = std::numeric_limits<double>::infinity(), least_d = least_n, least = least_n;
  size_t able = 0;
  for (const auto& curve : curves) {
    able += sizes(curve) >= 3;
    for (const LossPoint& p : curve) {
      require(p.bits > 0 && p.parameters > 0 && p.tokens > 0, "points of a loss curve are positive");
      least_n = std::min(least_n, p.parameters), least_d = std::min(least_d, p.tokens), least = std::min(least, p.bits);
    }
  }
  // Floor and two exponents are shared, and what annealing gives where points at half are; two numbers a curve.
  size_t points = 0, free = 3 + 2 * curves.size();
  bool with_half = false;
  for (const auto& curve : curves) {
    points += curve.size();
    for (const LossPoint& p : curve) with_half = with_half || p.half;
  }
  if (able < 2 || points <= free + (with_half ? 1 : 0)) return std::nullopt;  // nothing left to judge the fit by
  const auto square = [&](std::span<const double> x) {
    const ScalingLaw law = law_of(Shared(x), curves, least_n, least_d);
    return law.residual;
  };
  std::vector<double> best;
  double lowest = std::numeric_limits<double>::infinity();
  for (double floor : {0.3, 0.6, 0.85})
    for (double exponent : {0.15, 0.4, 0.8}) {
      const auto found =
          minimise(square, {std::log(floor * least), std::log(exponent), std::log(exponent), std::log(0.02)},
                   {0.3, 0.4, 0.4, 1.0});
      if (const double value = square(found); value < lowest) lowest = value, best = found;
    }
  return law_of(Shared(best), curves, least_n, least_d);
}

namespace {

using Vertex = std::pair<double, std::vector<double>>;
using Function = std::function<double(std::span<const double>)>;

/// Mean of all vertices but the last, then the point `t` of the way from it to the last.
Vertex along(const std::vector<Vertex>& simplex, double t, const Function& f) {
  const size_t n = simplex.size() - 1;
  std::vector<double> x(n);
  for (size_t i = 0; i < n; ++i) {
    double middle = 0;
    for (size_t k = 0; k < n; ++k) middle += simplex[k].second[i] / double(n);
    x[i] = middle + t * (simplex[n].second[i] - middle);
  }
  return {f(x), x};
}

void shrink(std::vector<Vertex>& simplex, const Function& f) {
  for (size_t k = 1; k < simplex.size(); ++k) {
    for (size_t i = 0; i < simplex[k].second.size(); ++i)
      simplex[k].second[i] = 0.5 * (simplex[0].second[i] + simplex[k].second[i]);
    simplex[k].first = f(simplex[k].second);
  }
}

}  // namespace

std::vector<double> minimise(const Function& function, std::vector<double> start, const std::vector<double>& step,
                             int most_calls) {
  const size_t n = start.size();
  int calls = 0;
  const Function f = [&](std::span<const double> x) { return ++calls, function(x); };
  std::vector<Vertex> simplex{{f(start), start}};
  for (size_t i = 0; i < n; ++i) {
    auto x = start;
    x[i] += step[i];
    simplex.emplace_back(f(x), x);
  }
  while (calls < most_calls) {
    std::sort(simplex.begin(), simplex.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    if (simplex[n].first - simplex[0].first < 1e-12 * (1e-6 + std::abs(simplex[0].first))) break;
    const Vertex reflected = along(simplex, -1, f);
    if (reflected.first < simplex[0].first) {
      simplex[n] = std::min(along(simplex, -2, f), reflected);
    } else if (reflected.first < simplex[n - 1].first) {
      simplex[n] = reflected;
    } else {
      const Vertex contracted = along(simplex, reflected.first < simplex[n].first ? -0.5 : 0.5, f);
      if (contracted.first < std::min(reflected.first, simplex[n].first))
        simplex[n] = contracted;
      else
        shrink(simplex, f);
    }
  }
  return std::min_element(simplex.begin(), simplex.end())->second;
}

}  // namespace gradus
