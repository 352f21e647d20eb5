#include "ladder/rank.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "base/log.h"
#include "ladder/multiple.h"
#include "ladder/statistics.h"

namespace gradus {
namespace {

struct Differences {
  std::vector<double> validation, half, fresh_confirmation;
};

/// Reference minus arm on the seeds both have, each at its own learning rate. Where several rates were tried, the first
/// seed chose the rate, so it is not fresh.
Differences pair_up(const Arm& reference, const Arm& arm) {
  Differences out;
  const auto a = reference.best_multiplier(), b = arm.best_multiplier();
  if (!a || !b) return out;
  const bool searched = arm.multipliers_tried().size() > 1 || reference.multipliers_tried().size() > 1;
  const int64_t first = arm.runs.front().run.seed;
  for (const RunScore& r : reference.at(*a))
    for (const RunScore& s : arm.at(*b)) {
      if (r.run.seed != s.run.seed) continue;
      out.validation.push_back(r.validation - s.validation);
      if (r.half > 0 && s.half > 0) out.half.push_back(r.half - s.half);  // 0: not known
      if (!searched || s.run.seed != first) out.fresh_confirmation.push_back(r.confirmation - s.confirmation);
    }
  return out;
}

void fill_scores(Standing& row, const Arm& arm) {
  row.multiplier = arm.best_multiplier().value_or(1);
  row.rates_tried = int(arm.multipliers_tried().size());
  const auto runs = arm.at(row.multiplier);
  row.seeds = int(runs.size());
  for (const RunScore& r : runs) {
    row.bits_per_byte += r.validation / row.seeds;
    row.diverged |= r.diverged;
    row.untrained_no_worse |= r.untrained > 0 && r.untrained <= r.validation;
    row.parameters = r.parameters, row.tokens = std::max(row.tokens, r.tokens);
  }
}

double lowest_score(const Arm& arm) {
  double lowest = kDivergedBitsPerByte;
  for (const RunScore& r : arm.runs) lowest = std::min({lowest, r.validation, r.confirmation});
  return lowest;
}

/// Two-sided quantiles of t by degrees, each computed once: a population has few different degrees.
class Quantiles {
 public:
  explicit Quantiles(double confidence) : p_(0.5 + confidence / 2) {}
  double at(double degrees) {
    const auto [place, fresh] = known_.try_emplace(degrees, 0.0);
    if (fresh) place->second = student_quantile(p_, degrees);
    return place->second;
  }

 private:
  double p_;
  std::map<double, double> known_;
};

void fill_difference(Standing& row, const Differences& d, const Noise& noise, Quantiles& quantiles) {
  row.pairs = int(d.validation.size());
  if (row.pairs > 0) {
    row.difference = moments(d.validation).mean;
    if (!d.half.empty())
      row.half_difference = moments(d.half).mean, row.half_error = moderate(d.half, noise).standard_error;
    const Moderated m = moderate(d.validation, noise);
    row.standard_error = m.standard_error, row.degrees = m.degrees;
    const double t = quantiles.at(m.degrees);
    row.lower = row.difference - t * m.standard_error;
    row.upper = row.difference + t * m.standard_error;
  }
  row.fresh_pairs = int(d.fresh_confirmation.size());
  if (row.fresh_pairs > 0) {
    row.confirmation_difference = moments(d.fresh_confirmation).mean;
    const Moderated m = moderate(d.fresh_confirmation, noise);
    if (m.standard_error > 0)
      row.confirmation_p = student_tail(row.confirmation_difference / m.standard_error, m.degrees);
  }
}

bool competes(const Standing& row) {
  return !row.baseline && !row.diverged && !row.audit && !row.untrained_no_worse && !row.quarantined() && row.pairs > 0;
}

/// Shrunk towards the mean of the competitors by τ²/(τ² + se²), τ² their true variance by moments. Below three
/// competitors there is no population to shrink to.
void fill_posteriors(std::vector<Standing>& rows) {
  std::vector<double> values;
  double noise = 0;
  for (const Standing& row : rows)
    if (competes(row)) values.push_back(row.difference), noise += row.standard_error * row.standard_error;
  const Moments m = moments(values);
  const double true_variance = m.n < 3 ? 0 : std::max(0.0, m.variance - noise / m.n);
  for (Standing& row : rows) {
    const double square = row.standard_error * row.standard_error;
    const double reliability = m.n < 3 || square == 0 ? 1 : true_variance / (true_variance + square);
    row.posterior = row.difference + (1 - reliability) * (m.mean - row.difference);
    // A reliability of 0 is itself an estimate: a little of the spread stays.
    row.posterior_deviation = row.standard_error * std::sqrt(std::max(reliability, 0.05));
    if (row.baseline) row.posterior = row.difference, row.posterior_deviation = row.standard_error;
  }
}

/// Holm 1979: the k-th smallest of m values of p must be below error/(m - k + 1).
void confirm(std::vector<Standing>& rows, double error) {
  std::vector<Standing*> tried;
  for (Standing& row : rows)
    if (!row.baseline && !row.audit) tried.push_back(&row);
  std::vector<double> p;
  for (const Standing* row : tried) p.push_back(row->confirmation_p);
  const auto holds = holm(p, error);
  for (size_t k = 0; k < tried.size(); ++k)
    tried[k]->confirmed = holds[k] && competes(*tried[k]) && tried[k]->fresh_pairs > 0;
}

}  // namespace

const Standing* Standings::find(const DesignName& design) const {
  for (const Standing& row : rows)
    if (row.design == design) return &row;
  return nullptr;
}

Standings rank_arms(const std::string& scale, const Arms& arms, const std::vector<DesignName>& baselines,
                    const std::set<DesignName>& audit, double confidence, const std::optional<Noise>& below,
                    double floor_share) {
  Standings out{scale, baselines.at(0)};
  out.noise = estimate_noise(arms, baselines, below);
  const auto reference = arms.find(baselines[0]);
  double floor = 0;
  if (reference != arms.end()) {
    Standing row;
    fill_scores(row, reference->second);
    if (!row.diverged) floor = (1 - floor_share) * row.bits_per_byte;
  }
  Quantiles quantiles(confidence);
  for (const auto& [design, arm] : arms) {
    Standing row;
    row.design = design;
    row.baseline = std::find(baselines.begin(), baselines.end(), design) != baselines.end();
    row.audit = audit.count(design) != 0;
    fill_scores(row, arm);
    if (!row.baseline && lowest_score(arm) < floor) row.plausible_floor = floor;
    if (reference != arms.end() && design != baselines[0])
      fill_difference(row, pair_up(reference->second, arm), out.noise, quantiles);
    if (design == baselines[0]) out.reference_bits_per_byte = row.bits_per_byte;
    out.rows.push_back(row);
  }
  fill_posteriors(out.rows);
  confirm(out.rows, (1 - confidence) / 2);
  std::stable_sort(out.rows.begin(), out.rows.end(), [](const Standing& a, const Standing& b) {
    const auto key = [](const Standing& s) {
      return std::tuple(s.diverged || s.untrained_no_worse || s.quarantined(), s.audit, -s.difference);
    };
    return key(a) < key(b);
  });
  return out;
}

std::string describe(const Standing& s) {
  if (s.diverged) return "diverged at every learning rate tried";
  if (s.quarantined())
    return "quarantined: a run is below the plausible floor of " + format_fixed(s.plausible_floor, 4) +
           " bits per byte (rules.floor_share): look for a leak";
  if (s.pairs == 0) return "no seed in common with the baseline";
  std::string text = format_fixed(std::abs(s.difference), 4) + " bits per byte " +
                     (s.difference >= 0 ? "better" : "worse") + " than the baseline (" + format_fixed(s.lower, 4) +
                     " to " + format_fixed(s.upper, 4) + "; " + std::to_string(s.pairs) +
                     (s.pairs == 1 ? " seed" : " seeds") + ", learning rate " + format_g(s.multiplier) + "×)";
  return text;
}

}  // namespace gradus
