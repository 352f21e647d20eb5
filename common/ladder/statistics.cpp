#include "ladder/statistics.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

namespace gradus {

Moments moments(std::span<const double> values) {
  Moments m;
  m.n = int(values.size());
  if (m.n == 0) return m;
  for (double v : values) m.mean += v / m.n;
  if (m.n < 2) return m;
  for (double v : values) m.variance += (v - m.mean) * (v - m.mean) / (m.n - 1);
  return m;
}

double student_quantile(double p, double degrees) { return boost::math::quantile(boost::math::students_t(degrees), p); }

double student_tail(double t, double degrees) {
  return boost::math::cdf(boost::math::complement(boost::math::students_t(degrees), t));
}

double sequential_evidence(double t, int n) {
  if (n < 2) return 1;
  const double spread = 1 + n * kEffect * kEffect, nu = n - 1;
  if (std::isinf(t)) return std::pow(spread, nu / 2);
  return std::exp(-0.5 * std::log(spread) +
                  (nu + 1) / 2 * (std::log1p(t * t / nu) - std::log1p(t * t / (nu * spread))));
}

double sequential_critical_t(int n, double evidence) {
  if (n < 2) return std::numeric_limits<double>::infinity();
  const double spread = 1 + n * kEffect * kEffect, nu = n - 1;
  // (1 + x) / (1 + x / spread) = a  with  x = t² / ν
  const double a = std::pow(evidence * std::sqrt(spread), 2 / (nu + 1));
  if (a >= spread) return std::numeric_limits<double>::infinity();
  return std::sqrt(nu * (a - 1) / (1 - a / spread));
}

}  // namespace gradus
