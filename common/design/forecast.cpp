#include "design/forecast.h"

#include <algorithm>
#include <cmath>

#include "base/ledger.h"

namespace gradus {
namespace {

// Of the seed's SwiGLU.
double hidden_width(const Scale& scale) { return 128 * std::ceil(std::floor(8 * double(scale.d_model) / 3) / 128); }

constexpr double kStartSeconds = 2;  // libtorch from a shared file system, and the corpus mapped

double arithmetic(const Experiment& experiment, const std::string& kind, const std::string& scale_name,
                  const Resources& r) {
  const Settings& s = experiment.settings();
  if (kind == "implement") return 10;
  if (kind == "check") return s.check.tier == "fast" ? 3 : s.check.tier == "full" ? 20 : 60;  // design.md §5, with room
  const Scale& scale = experiment.scale(scale_name);
  const double speed = r.gflops * 1e9, forward = seed_forward_flops(scale);
  if (kind == "pretrain") return 3 * forward * double(scale.tokens) / (speed * double(r.nodes * r.ranks));
  return forward * 2 * double(s.evaluate.tokens > 0 ? s.evaluate.tokens : 4'000'000) / speed;  // two shards
}

}  // namespace

double seed_forward_flops(const Scale& scale) {
  const double d = double(scale.d_model), n = double(scale.n_blocks), t = double(scale.context);
  const double f = hidden_width(scale);
  return 2 * (n * (4 * d * d + 3 * d * f) + double(scale.vocabulary) * d) + 2 * t * d * n;
}

GenerationForecast forecast_generation(const Settings& settings, int64_t at_once) {
  GenerationForecast out;
  const Rules& rules = settings.rules;
  double designs = settings.proposals + double(settings.baselines.size());
  out.files = 12 * designs;
  for (size_t i = 0; i < settings.rungs.size(); ++i) {
    const Scale& scale = settings.scales.at(settings.rungs[i]);
    const double seeds = i == 0 ? double(rules.learning_rates.size()) + rules.seeds - 1 : rules.upper_seeds;
    const double runs = designs * seeds + (i == 0 ? rules.baseline_seeds : rules.upper_baseline_seeds);
    const double d = double(scale.d_model), n = double(scale.n_blocks), f = hidden_width(scale);
    const double weights = 4 * (double(scale.vocabulary) * d + n * (4 * d * d + 6 * d + 3 * d * f) + d);
    out.runs += runs;
    out.flops += 3 * runs * seed_forward_flops(scale) * double(scale.tokens);
    // Two checkpoints of weights and two moments each, while a run goes on.
    out.bytes += runs * weights + 6 * weights * std::min(runs, double(at_once));
    out.files += 6 * runs + 10 * std::min(runs, double(at_once));
    designs = std::max(double(rules.promote_least), std::ceil(designs * (rules.promote_share + rules.audit_share)));
  }
  return out;
}

double forecast_seconds(const Experiment& experiment, const std::string& kind, const std::string& scale,
                        const Resources& resources) {
  std::vector<double> seconds;
  for (const LedgerLine& line : read_ledger(experiment.root())) {
    if (line.stage != kind || line.seconds <= 0) continue;
    if (!scale.empty() && line.file.find("/" + scale + "-s") == std::string::npos) continue;
    seconds.push_back(line.seconds);
  }
  if (seconds.size() < 3) return kStartSeconds + arithmetic(experiment, kind, scale, resources);
  std::nth_element(seconds.begin(), seconds.begin() + long(seconds.size() / 2), seconds.end());
  return kStartSeconds + seconds[seconds.size() / 2];
}

}  // namespace gradus
