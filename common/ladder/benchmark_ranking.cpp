#include "ladder/benchmark_ranking.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"

namespace gradus {
namespace {

using Matrix = std::vector<std::vector<double>>;

/// Gaussian elimination with the largest pivot.
std::vector<double> solve(Matrix a, std::vector<double> b) {
  const size_t n = b.size();
  for (size_t i = 0; i < n; ++i) {
    size_t pivot = i;
    for (size_t j = i + 1; j < n; ++j)
      if (std::abs(a[j][i]) > std::abs(a[pivot][i])) pivot = j;
    std::swap(a[i], a[pivot]), std::swap(b[i], b[pivot]);
    if (a[i][i] == 0) continue;  // nobody played: stays 0
    for (size_t j = i + 1; j < n; ++j) {
      const double factor = a[j][i] / a[i][i];
      if (factor == 0) continue;
      for (size_t k = i; k < n; ++k) a[j][k] -= factor * a[i][k];
      b[j] -= factor * b[i];
    }
  }
  std::vector<double> x(n, 0);
  for (size_t i = n; i-- > 0;) {
    double sum = b[i];
    for (size_t k = i + 1; k < n; ++k) sum -= a[i][k] * x[k];
    x[i] = a[i][i] == 0 ? 0 : sum / a[i][i];
  }
  return x;
}

/// All games: how many each pair played, and what came of them.
struct Games {
  explicit Games(size_t n) : played(n, std::vector<double>(n, 0)), margin(n, 0), wins(n, 0), total(n, 0) {}
  Matrix played;
  std::vector<double> margin, wins, total;  // sums of margins; wins less losses; games
  void add(size_t i, size_t j, double difference, double draw_margin) {
    const double d = std::abs(difference) < draw_margin ? 0 : difference;
    played[i][j] += 1, played[j][i] += 1;
    margin[i] += d, margin[j] -= d;
    const double won = d > 0 ? 1 : d < 0 ? -1 : 0;
    wins[i] += won, wins[j] -= won;
    total[i] += 1, total[j] += 1;
  }
};

/// Massey 1997: r_i - r_j = margin, by least squares; M r = p with the last row replaced by Σ r = 0.
std::vector<double> massey(const Games& games) {
  Matrix m = games.played;
  std::vector<double> p = games.margin;
  for (size_t i = 0; i < m.size(); ++i) {
    for (double& x : m[i]) x = -x;
    m[i][i] = games.total[i];
  }
  std::fill(m.back().begin(), m.back().end(), 1.0);
  p.back() = 0;
  return solve(m, p);
}

/// Colley 2002: (2 + n_i) r_i - Σ_j n_ij r_j = 1 + (wins - losses) / 2; margins do not count.
std::vector<double> colley(const Games& games) {
  Matrix m = games.played;
  std::vector<double> b;
  for (size_t i = 0; i < m.size(); ++i) {
    for (double& x : m[i]) x = -x;
    m[i][i] = 2 + games.total[i];
    b.push_back(1 + games.wins[i] / 2);
  }
  return solve(m, b);
}

/// Why a task does not count; empty: it does.
std::string fault_of(const BenchmarkTable& table, size_t task, const RankingRules& rules) {
  double best = -INFINITY;
  for (const auto& row : table.score) {
    if (std::isnan(row[task])) return "missing for some design";
    best = std::max(best, row[task]);
  }
  if (best == 0) return "all 0";
  // Scores are decimal: .27 - .25 is .02, whatever binary says.
  if (best - table.chance[task] < rules.filter - 1e-9)
    return "the best is " + format_fixed(best, 3) + ", chance " + format_fixed(table.chance[task], 3);
  return "";
}

}  // namespace

BenchmarkRanking rank_benchmarks(const BenchmarkTable& table, const RankingRules& rules) {
  BenchmarkRanking out;
  const size_t n = table.designs.size();
  std::vector<size_t> counting;
  for (size_t t = 0; t < table.tasks.size(); ++t) {
    const std::string fault = fault_of(table, t, rules);
    if (fault.empty())
      counting.push_back(t), out.tasks.push_back(table.tasks[t]);
    else
      out.left_out.push_back(table.tasks[t] + ": " + fault);
  }
  if (n == 0) return out;
  Games games(n);
  for (size_t t : counting)
    for (size_t i = 0; i < n; ++i)
      for (size_t j = i + 1; j < n; ++j)
        games.add(i, j, table.score[i][t] - table.score[j][t], rules.draw_margin - 1e-9);
  const auto m = massey(games), c = colley(games);
  for (size_t i = 0; i < n; ++i) {
    double mean = 0;
    for (size_t t : counting) mean += table.score[i][t] / double(counting.size());
    out.designs.push_back({table.designs[i], m[i], c[i], (games.wins[i] + games.total[i]) / 2, mean});
  }
  std::stable_sort(out.designs.begin(), out.designs.end(),
                   [](const RankedDesign& a, const RankedDesign& b) { return a.massey > b.massey; });
  return out;
}

}  // namespace gradus
