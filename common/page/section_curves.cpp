#include <algorithm>
#include <cmath>
#include <set>

#include "ladder/agreement.h"
#include "page/correlation.h"
#include "page/sections.h"
#include "train/hdf5.h"
#include "train/run_log.h"

namespace gradus {
namespace {

using nlohmann::json;

/// Curves shown together at a rung; more are a tangle.
constexpr size_t kCurvesShown = 12;
/// Scaling fits shown: the baselines and the best.
constexpr size_t kFitsShown = 24;

bool counts(const Standing& row) { return !row.diverged && !row.quarantined() && !row.untrained_no_worse; }

/// Baselines, then the best designs in the order of the leaderboard.
std::vector<const Standing*> shown(const Standings& standings) {
  std::vector<const Standing*> out;
  for (const Standing& row : standings.rows)
    if (row.baseline) out.push_back(&row);
  for (const Standing& row : standings.rows)
    if (!row.baseline && counts(row) && out.size() < kCurvesShown) out.push_back(&row);
  return out;
}

double flops_a_token(const DesignFacts& design, const std::string& scale) {
  for (const RunFacts& run : design.runs)
    if (run.run.scale == scale && run.result && run.result->tokens > 0)
      return run.result->flops / double(run.result->tokens);
  return std::nan("");
}

double mean_flops(const DesignFacts& design, const std::string& scale) {
  double flops = 0;
  int n = 0;
  for (const RunFacts& run : design.runs)
    if (run.run.scale == scale && run.result && run.result->verdict == "done") flops += run.result->flops, ++n;
  return n > 0 ? flops / n : 0;
}

/// metrics.h5 where the run has ended (a tenth of the time of log.jsonl), else the log; nothing where neither reads.
RunCurve read_points(const Path& run) {
  RunCurve curve;
  try {
    if (std::filesystem::exists(run / "metrics.h5")) {
      const Hdf5File file = Hdf5File::open(run / "metrics.h5");
      curve.steps = file.read<int64_t>("train/step");
      curve.loss = file.read<double>("train/loss");
      curve.validation_steps = file.read<int64_t>("validation/step");
      curve.bits_per_byte = file.read<double>("validation/bits_per_byte");
    } else if (std::filesystem::exists(run / "log.jsonl")) {
      curve = read_curve(run);
    }
  } catch (const std::exception&) {  // what cannot be read has no curve
    return {};
  }
  return curve;
}

json pair_json(const Facts& facts, size_t lower) {
  const Standings& below = facts.rungs[lower];
  json designs = json::array(), x = json::array(), y = json::array();
  Paired paired;  // higher is better
  for (const Standing& row : below.rows) {
    const Standing* above = facts.standing(lower + 1, row.design);
    if (above == nullptr || !counts(row) || !counts(*above)) continue;
    designs.push_back(facts.index.at(row.design));
    x.push_back(rounded(row.bits_per_byte)), y.push_back(rounded(above->bits_per_byte));
    paired.proxy.push_back(-row.bits_per_byte), paired.proxy_error.push_back(0);
    paired.target.push_back(-above->bits_per_byte), paired.target_error.push_back(0);
  }
  const auto statistics = measure_agreement(paired, facts.experiment.settings().rules.confidence, lower);
  const auto of = [&](const std::string& name) {
    for (const Statistic& s : statistics)
      if (s.name == name && paired.size() > 2) return interval_json(s.value, s.lower, s.upper);
    return interval_json(NAN, NAN, NAN);
  };
  return {{"lower", below.scale},
          {"upper", facts.rungs[lower + 1].scale},
          {"n", paired.size()},
          {"spearman", of("spearman")},
          {"kendall", of("kendall_tau_b")},
          {"pairwise", of("pairwise_accuracy")},
          {"lower_noise", rounded(below.noise.deviation, 4)},
          {"upper_noise", rounded(facts.rungs[lower + 1].noise.deviation, 4)},
          {"designs", designs},
          {"x", x},
          {"y", y}};
}

json fits_json(const Facts& facts) {
  json out = json::array();
  std::vector<std::pair<double, const DesignFacts*>> climbers;  // by rung reached, then by how good
  for (const DesignFacts& design : facts.designs) {
    const int top = facts.highest_rung(design.name);
    if (top < 1) continue;
    const Standing* row = facts.standing(size_t(top), design.name);
    climbers.push_back({(row->baseline ? -1e6 : 0.0) - 1e3 * top + row->bits_per_byte, &design});
  }
  std::sort(climbers.begin(), climbers.end());
  for (const auto& [order, design] : climbers) {
    std::vector<double> compute, bits;
    json names = json::array(), errors = json::array(), points = json::array(), flops = json::array();
    double deviation = 0;
    for (size_t rung = 0; rung < facts.rungs.size(); ++rung) {
      const Standing* row = facts.standing(rung, design->name);
      const double spent = mean_flops(*design, facts.rungs[rung].scale);
      if (row == nullptr || !counts(*row) || spent <= 0) continue;
      const double error = facts.rungs[rung].noise.deviation / std::sqrt(std::max(1, row->seeds));
      compute.push_back(spent), bits.push_back(row->bits_per_byte);
      names.push_back(facts.rungs[rung].scale), points.push_back(rounded(row->bits_per_byte));
      flops.push_back(rounded(spent, 5)), errors.push_back(rounded(error, 3));
      deviation = std::max(deviation, error / row->bits_per_byte);
    }
    if (compute.size() < 2 || out.size() >= kFitsShown) continue;
    const PowerFit fit = fit_power(compute, bits, deviation);
    out.push_back({{"design", facts.index.at(design->name)},
                   {"rungs", names},
                   {"flops", flops},
                   {"bits", points},
                   {"errors", errors},
                   {"coefficient", rounded(fit.coefficient)},
                   {"exponent", rounded(fit.exponent)},
                   {"error", rounded(fit.error, 3)},
                   {"residual", rounded(fit.residual, 3)}});
  }
  return out;
}

}  // namespace

json curve_json(const Path& run, size_t points) {
  const RunCurve curve = read_points(run);
  if (curve.steps.empty()) return json::object();
  json s = json::array(), l = json::array(), vs = json::array(), vb = json::array();
  const double last = double(curve.steps.back()), growth = std::pow(last, 1.0 / double(points));
  double edge = 1, sum = 0;
  int n = 0;
  for (size_t i = 0; i < curve.steps.size(); ++i) {
    if (std::isfinite(curve.loss[i])) sum += curve.loss[i], ++n;
    if (double(curve.steps[i]) < edge && i + 1 < curve.steps.size()) continue;
    if (n > 0) s.push_back(curve.steps[i]), l.push_back(rounded(sum / n, 5));
    sum = 0, n = 0;
    while (edge <= double(curve.steps[i])) edge = std::max(edge + 1e-9, edge * std::max(growth, 1.0 + 1e-6));
  }
  const size_t stride = 1 + curve.validation_steps.size() / points;
  for (size_t i = 0; i < curve.validation_steps.size(); ++i) {
    if (i % stride != 0 && i + 1 != curve.validation_steps.size()) continue;
    vs.push_back(curve.validation_steps[i]), vb.push_back(rounded(curve.bits_per_byte[i], 5));
  }
  return {{"s", s}, {"l", l}, {"vs", vs}, {"vb", vb}};
}

json curves_section(const Facts& facts) {
  json out = json::array();
  for (const Standings& standings : facts.rungs) {
    json lines = json::array();
    for (const Standing* row : shown(standings)) {
      const DesignFacts& design = facts.designs[facts.index.at(row->design)];
      json seeds = json::array();
      for (const RunFacts& run : design.runs) {
        if (run.run.scale != standings.scale || run.run.learning_rate_multiplier != row->multiplier) continue;
        json curve = curve_json(facts.experiment.run_directory(design.name, run.run));
        if (curve.empty()) continue;
        curve["seed"] = run.run.seed;
        seeds.push_back(curve);
      }
      if (seeds.empty()) continue;
      lines.push_back({{"design", facts.index.at(row->design)},
                       {"multiplier", rounded(row->multiplier, 3)},
                       {"flops_per_token", rounded(flops_a_token(design, standings.scale), 5)},
                       {"seeds", seeds}});
    }
    out.push_back({{"rung", standings.scale},
                   {"batch_tokens", facts.experiment.scale(standings.scale).batch_tokens},
                   {"lines", lines}});
  }
  return out;
}

json transfer_section(const Facts& facts) {
  json pairs = json::array();
  for (size_t lower = 0; lower + 1 < facts.rungs.size(); ++lower) pairs.push_back(pair_json(facts, lower));
  return {{"pairs", pairs}, {"fits", fits_json(facts)}};
}

}  // namespace gradus
