#include "ladder/duel.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ladder/statistics.h"

namespace gradus {

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kBeats:
      return "beats";
    case Outcome::kLoses:
      return "loses";
    case Outcome::kUndecided:
      return "undecided";
  }
  return "undecided";
}

Duel judge_duel(std::span<const double> differences, double error) {
  // Both signs share the error: evidence 1/(2·error) is exceeded in at most 2·error of the null plays, half each way.
  const double decisive = 1 / (2 * error);
  Duel duel;
  double most = 1;
  for (size_t n = 1; n <= differences.size(); ++n) {
    const Moments m = moments(differences.first(n));
    const double standard_error = std::sqrt(m.variance / double(n));
    duel.pairs = int(n);
    duel.difference = m.mean;
    duel.half_width =
        n < 2 ? std::numeric_limits<double>::infinity() : sequential_critical_t(int(n), decisive) * standard_error;
    if (int(n) < kLeastPairs || m.mean == 0) continue;
    const double t = m.mean / standard_error;  // equal differences: infinite, which is what they say
    const double evidence = sequential_evidence(t, int(n));
    most = std::max(most, evidence);
    duel.p = std::min(1.0, 0.5 / most);
    if (evidence < decisive) continue;
    duel.outcome = m.mean > 0 ? Outcome::kBeats : Outcome::kLoses;
    return duel;
  }
  return duel;
}

}  // namespace gradus
