/// The little statistics the ladder needs: Student's t, and a t-test that may be looked at after every pair.
#pragma once

#include <span>

namespace gradus {

struct Moments {
  int n = 0;
  double mean = 0, variance = 0;  // sample variance (n - 1); 0 for fewer than two values
};
Moments moments(std::span<const double> values);

/// t with P(T ≤ t) = p for Student's distribution; degrees > 0.
double student_quantile(double p, double degrees);
/// P(T > t).
double student_tail(double t, double degrees);

/// Evidence against "mean difference 0" from n normal differences with t = mean √n / s: the Bayes factor with the
/// right-Haar prior on σ and an effect mean/σ ~ N(0, kEffect²). It is an e-process: under the null the chance that it
/// *ever* exceeds k is at most 1/k, however often one looks (Pérez-Ortiz, Lardy, de Heide, Grünwald 2022,
/// arXiv:2208.07610). With ν = n - 1 and g = kEffect²:
///   E = (1 + n g)^(-1/2) · ((1 + t²/ν) / (1 + t²/(ν (1 + n g))))^((ν + 1)/2)
double sequential_evidence(double t, int n);
/// The |t| at which the evidence of n differences reaches `evidence`; infinite where n is too small for that.
double sequential_critical_t(int n, double evidence);

/// Effects worth finding are several seed deviations wide at small scales (0.05-0.3 against 0.01-0.03 bits per byte).
inline constexpr double kEffect = 5;

}  // namespace gradus
