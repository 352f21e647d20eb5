#include "ladder/fitness.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace gradus {
namespace {

constexpr size_t kMany = 2000;            // designs from which a coarse quadrature does
constexpr double kLeastVariance = 1e-10;  // bits per byte squared: nothing is known better

double density(double z) { return std::exp(-0.5 * z * z) / std::sqrt(2 * M_PI); }
double below(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

/// Cholesky factor of the leading n × n part, in place; a pivot at rounding's level is kept positive.
void factor(BudgetMatrix& a, size_t n) {
  for (size_t j = 0; j < n; ++j) {
    for (size_t k = 0; k < j; ++k) a[j][j] -= a[j][k] * a[j][k];
    a[j][j] = std::sqrt(std::max(a[j][j], kLeastVariance * 1e-4));
    for (size_t i = j + 1; i < n; ++i) {
      for (size_t k = 0; k < j; ++k) a[i][j] -= a[i][k] * a[j][k];
      a[i][j] /= a[j][j];
    }
  }
}
/// L⁻¹ b in place.
void forward(const BudgetMatrix& l, BudgetVector& b, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k) b[i] -= l[i][k] * b[k];
    b[i] /= l[i][i];
  }
}

/// θ given what was seen: with V = Σ_oo + R = L Lᵀ and W = L⁻¹ Σ_o·, mean μ + Wᵀ L⁻¹ (y - μ_o), covariance Σ - Wᵀ W.
struct Conditional {
  BudgetVector mean{};
  BudgetMatrix covariance{};
};
Conditional condition(const Population& p, const Looks& d) {
  std::array<size_t, kMostBudgets> seen{};
  size_t n = 0;
  for (size_t b = 0; b < p.budgets; ++b)
    if (d.seen(b)) seen[n++] = b;
  Conditional out{p.mean, p.covariance};
  if (n == 0) return out;
  BudgetMatrix v{};
  BudgetVector off{};
  for (size_t i = 0; i < n; ++i) {
    off[i] = d.lead[seen[i]] - p.mean[seen[i]];
    for (size_t j = 0; j <= i; ++j)
      v[i][j] =
          p.covariance[seen[i]][seen[j]] + p.noise_correlation[seen[i]][seen[j]] * d.error[seen[i]] * d.error[seen[j]];
  }
  factor(v, n);
  forward(v, off, n);
  BudgetMatrix w{};  // w[b]: the column of budget b
  for (size_t b = 0; b < p.budgets; ++b) {
    for (size_t i = 0; i < n; ++i) w[b][i] = p.covariance[seen[i]][b];
    forward(v, w[b], n);
    for (size_t i = 0; i < n; ++i) out.mean[b] += w[b][i] * off[i];
    for (size_t a = 0; a <= b; ++a) {
      for (size_t i = 0; i < n; ++i) out.covariance[a][b] -= w[a][i] * w[b][i];
      out.covariance[b][a] = out.covariance[a][b];
    }
  }
  return out;
}

/// Mean and true variance of a budget by moments over those that have it; {0, 0} below three.
Belief moments_of(std::span<const Looks> designs, size_t budget) {
  double n = 0, sum = 0, square = 0, noise = 0;
  for (const Looks& d : designs)
    if (d.seen(budget)) n += d.weight, sum += d.weight * d.lead[budget];
  if (n < 3) return {0, 0};
  for (const Looks& d : designs)
    if (d.seen(budget)) {
      square += d.weight * (d.lead[budget] - sum / n) * (d.lead[budget] - sum / n);
      noise += d.weight * d.error[budget] * d.error[budget];
    }
  return {sum / n, std::sqrt(std::max(square / (n - 1) - noise / n, 0.05 * square / (n - 1)))};
}

Population prior(std::span<const Looks> designs, const std::vector<Budget>& budgets, const BudgetMatrix& noise) {
  Population p{budgets.size(), {}, {}, noise, {}};
  BudgetVector deviation{};
  const Belief first = moments_of(designs, 0);
  deviation[0] = first.deviation > 0 ? first.deviation : 0.1;  // the spread of a nano rung
  p.mean[0] = first.mean;
  for (size_t b = 1; b < budgets.size(); ++b) {
    const double kept = budgets[b].rung == budgets[b - 1].rung ? 1 : kRungTransfer;
    deviation[b] = kept * deviation[b - 1], p.mean[b] = kept * p.mean[b - 1];
    p.mean_error[b] = std::hypot(kept * p.mean_error[b - 1], kept < 1 ? kTransferDeviation * p.mean[b - 1] : 0);
  }
  for (size_t a = 0; a < budgets.size(); ++a) {
    double correlation = 1;
    for (size_t b = a; b < budgets.size(); ++b) {
      if (b > a) correlation *= budgets[b].rung == budgets[b - 1].rung ? kHalfCorrelation : kRungCorrelation;
      p.covariance[a][b] = p.covariance[b][a] = correlation * deviation[a] * deviation[b];
    }
  }
  return p;
}

/// One step of expectation maximisation, `before` counting kPriorDesigns designs.
Population step(const Population& now, std::span<const Looks> designs, const Population& before) {
  Population next = now;
  double n = kPriorDesigns;
  BudgetMatrix squares{};
  for (size_t a = 0; a < now.budgets; ++a) next.mean[a] = kPriorDesigns * before.mean[a];
  std::vector<BudgetVector> means;
  means.reserve(designs.size());
  for (const Looks& d : designs) {
    const Conditional c = condition(now, d);
    n += d.weight;
    for (size_t a = 0; a < now.budgets; ++a) {
      next.mean[a] += d.weight * c.mean[a];
      for (size_t b = 0; b <= a; ++b) squares[a][b] += d.weight * c.covariance[a][b];
    }
    means.push_back(c.mean);
  }
  for (size_t a = 0; a < now.budgets; ++a) next.mean[a] /= n;
  for (size_t i = 0; i < designs.size(); ++i)
    for (size_t a = 0; a < now.budgets; ++a)
      for (size_t b = 0; b <= a; ++b)
        squares[a][b] += designs[i].weight * (means[i][a] - next.mean[a]) * (means[i][b] - next.mean[b]);
  for (size_t a = 0; a < now.budgets; ++a)
    for (size_t b = 0; b <= a; ++b) {
      const double off = (before.mean[a] - next.mean[a]) * (before.mean[b] - next.mean[b]);
      next.covariance[a][b] = (squares[a][b] + kPriorDesigns * (before.covariance[a][b] + off)) / n;
      next.covariance[b][a] = next.covariance[a][b];
    }
  return next;
}

/// P(the largest of all is below it) < 1e-13: nothing of the maximum lies there. By bisection.
double floor_of_best(std::span<const Belief> beliefs) {
  double low = -INFINITY, high = -INFINITY;
  for (const Belief& b : beliefs) {
    low = std::max(low, b.mean - 8 * b.deviation);
    high = std::max(high, b.mean + 8 * b.deviation);
  }
  for (int i = 0; i < 12; ++i) {
    const double middle = (low + high) / 2;
    double log_all = 0;
    for (size_t j = 0; j < beliefs.size() && log_all > -30; ++j) {
      const double z = (middle - beliefs[j].mean) / beliefs[j].deviation;
      if (z < 8) log_all += std::log(std::max(below(z), 1e-300));
    }
    (log_all < -30 ? low : high) = middle;
  }
  return low;
}

double distance(const Population& a, const Population& b) {
  double most = 0;
  for (size_t i = 0; i < a.budgets; ++i) {
    const double scale = std::sqrt(a.covariance[i][i]);
    most = std::max(most, std::abs(a.mean[i] - b.mean[i]) / scale);
    most = std::max(most, std::abs(std::sqrt(b.covariance[i][i]) / scale - 1));
  }
  return most;
}

}  // namespace

double Population::correlation(size_t a, size_t b) const {
  return covariance[a][b] / std::sqrt(covariance[a][a] * covariance[b][b]);
}

BudgetMatrix independent_noise() {
  BudgetMatrix m{};
  for (size_t i = 0; i < kMostBudgets; ++i) m[i][i] = 1;
  return m;
}

Population learn_population(std::span<const Looks> designs, const std::vector<Budget>& budgets,
                            const BudgetMatrix& noise_correlation, int steps) {
  require(!budgets.empty() && budgets.size() <= kMostBudgets, "one to eight budgets");
  const Population before = prior(designs, budgets, noise_correlation);
  Population now = before;
  for (int i = 0; i < steps; ++i) {
    const Population next = step(now, designs, before);
    const double moved = distance(now, next);
    now = next;
    if (moved < 1e-4) break;
  }
  for (size_t b = 0; b < budgets.size(); ++b) {
    double n = 0;
    for (const Looks& d : designs) n += d.seen(b) ? d.weight : 0;
    const double prior_share = kPriorDesigns / (kPriorDesigns + n);
    now.mean_error[b] =
        std::hypot(std::sqrt(now.covariance[b][b] / (kPriorDesigns + n)), prior_share * before.mean_error[b]);
  }
  return now;
}

Belief believe(const Population& population, const Looks& design, size_t target) {
  require(target < population.budgets, "a budget of the population");
  const Conditional c = condition(population, design);
  return {c.mean[target], std::sqrt(std::max(c.covariance[target][target], kLeastVariance))};
}

double movement(const Population& population, const Looks& design, size_t target, size_t look, double error) {
  const Conditional c = condition(population, design);
  const double shared = c.covariance[target][look];
  return std::abs(shared) / std::sqrt(std::max(c.covariance[look][look] + error * error, kLeastVariance));
}

std::vector<double> probability_best(std::span<const Belief> beliefs) {
  std::vector<double> out(beliefs.size(), 0.0);
  if (beliefs.empty()) return out;
  const double floor = floor_of_best(beliefs);
  std::vector<size_t> able;
  double ceiling = floor, narrowest = INFINITY;
  for (size_t i = 0; i < beliefs.size(); ++i) {
    if (beliefs[i].mean + 8 * beliefs[i].deviation < floor) continue;
    able.push_back(i);
    ceiling = std::max(ceiling, beliefs[i].mean + 8 * beliefs[i].deviation);
    narrowest = std::min(narrowest, beliefs[i].deviation);
  }
  const double finest = able.size() > kMany ? 200 : 4000;
  const int points = int(std::clamp((ceiling - floor) / narrowest * 8, 200.0, finest));
  const double width = std::max(ceiling - floor, 1e-12) / points;
  std::vector<double> log_below(able.size());
  double total = 0;
  // A belief narrower than the grid counts as wide as that; its lower tail lies below the floor.
  for (int k = -8; k < points; ++k) {
    const double x = floor + (k + 0.5) * width;
    double log_all = 0;
    for (size_t j = 0; j < able.size(); ++j) {
      const Belief& b = beliefs[able[j]];
      log_below[j] = std::log(std::max(below((x - b.mean) / std::max(b.deviation, width)), 1e-300));
      log_all += log_below[j];
    }
    for (size_t j = 0; j < able.size(); ++j) {
      const double wide = std::max(beliefs[able[j]].deviation, width), z = (x - beliefs[able[j]].mean) / wide;
      const double p = std::abs(z) > 9 ? 0 : density(z) / wide * std::exp(log_all - log_below[j]) * width;
      out[able[j]] += p, total += p;
    }
  }
  for (double& p : out) p = total > 0 ? p / total : 1.0 / double(out.size());
  return out;
}

double expected_improvement(double mean, double deviation, double best) {
  if (deviation <= 0) return std::max(mean - best, 0.0);
  const double z = (mean - best) / deviation;
  return std::max(deviation * (z * below(z) + density(z)), 0.0);
}

double probability_above(const Belief& x, const Belief& y) {
  return below((x.mean - y.mean) / std::hypot(x.deviation, y.deviation));
}

}  // namespace gradus
