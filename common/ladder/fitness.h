/// What a design is worth at the dearest rung, from all that was seen of it: several budgets (a rung, and the same rung
/// at half its tokens) are several noisy looks at correlated quantities. Pure functions of numbers; nothing is read.
///
/// Law: a design's true leads θ over the budgets ~ N(μ, Σ), learned from the population; observed y_b = θ_b + noise of
/// its own standard error. Designs that did not climb lack the dear budgets for a reason that lies in the cheap ones,
/// which are observed: missing at random (Rubin 1976), so that maximum likelihood needs no correction of range.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gradus {

inline constexpr size_t kMostBudgets = 8;
using BudgetVector = std::array<double, kMostBudgets>;
using BudgetMatrix = std::array<BudgetVector, kMostBudgets>;

/// A design's leads over the reference, bits per byte, cheapest budget first; positive is better.
struct Looks {
  BudgetVector lead{}, error{};  // error: standard error of the lead; 0 or less: not looked at
  double weight = 1;             // stands for so many designs
  bool seen(size_t budget) const { return error[budget] > 0; }
};

/// A budget: which rung it belongs to, and whether it is the rung's end.
struct Budget {
  std::string name;  // "nano at half"
  size_t rung = 0;
  bool end = true;
};

struct Population {
  size_t budgets = 0;
  BudgetVector mean{};
  BudgetMatrix covariance{};
  BudgetMatrix noise_correlation{};  // of one run's points; 1 on the diagonal
  BudgetVector mean_error{};         // how well `mean` is known: shared by all designs, so no matter among them
  double correlation(size_t a, size_t b) const;
};

/// What is believed before anything is seen, worth kPriorDesigns designs: leads shrink by kRungTransfer a rung and
/// agree by kRungCorrelation between neighbours, kHalfCorrelation along a curve (tests/pilot/README.md).
inline constexpr double kPriorDesigns = 4, kRungTransfer = 0.57, kTransferDeviation = 0.3, kRungCorrelation = 0.8,
                        kHalfCorrelation = 0.95;
/// Expectation maximisation with that prior, at most `steps` steps.
Population learn_population(std::span<const Looks> designs, const std::vector<Budget>& budgets,
                            const BudgetMatrix& noise_correlation, int steps = 40);
BudgetMatrix independent_noise();

struct Belief {
  double mean = 0, deviation = 0;  // of the true lead at a budget
};
Belief believe(const Population& population, const Looks& design, size_t target);
/// How far the belief's mean will move when the budget `look` is measured with this standard error: √ of the variance
/// that the look removes (the knowledge gradient's σ̃, Frazier, Powell and Dayanik 2009).
double movement(const Population& population, const Looks& design, size_t target, size_t look, double error);

/// P(each is the largest) of independent normals, by quadrature; sums to 1.
std::vector<double> probability_best(std::span<const Belief> beliefs);
/// E[max(x - best, 0)], x ~ N(mean, deviation²).
double expected_improvement(double mean, double deviation, double best);
/// P(x > y) of independent normals.
double probability_above(const Belief& x, const Belief& y);

}  // namespace gradus
