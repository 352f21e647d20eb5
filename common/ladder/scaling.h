/// A design's loss beyond the rungs it was trained at: L(N, D) = E + A/N^a + B/D^b (Hoffmann et al. 2022,
/// arXiv:2203.15556), E, a and b shared by all designs of an experiment, A and B a design's own; at half its tokens a
/// run has not yet annealed, which costs it H. Wants three rungs; what a fit says beyond them is a guess with a width.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace gradus {

struct LossPoint {
  double parameters = 0, tokens = 0, bits = 0;
  bool half = false;  // seen at half of a run of twice these tokens
};

struct ScalingLaw {
  double floor = 0;                                   // E
  double parameter_exponent = 0, token_exponent = 0;  // a, b
  double anneal = 0;                                  // H
  std::vector<double> parameter_scale, token_scale;  // A, B a curve, at least 0; N and D count in units of the smallest
  double least_parameters = 1, least_tokens = 1;
  double residual = 0;  // deviation of log loss about the fit
  double predict(size_t curve, double parameters, double tokens) const;
};

/// Least squares of log loss over all curves; none where fewer than two curves have three sizes each.
std::optional<ScalingLaw> fit_scaling(const std::vector<std::vector<LossPoint>>& curves);

/// The lowest point of a function of few numbers (Nelder and Mead 1965), from `start` with steps `step`.
std::vector<double> minimise(const std::function<double(std::span<const double>)>& f, std::vector<double> start,
                             const std::vector<double>& step, int most_calls = 4000);

}  // namespace gradus
