#include "design/forecast.h"

#include <algorithm>
#include <cmath>

#include "base/ledger.h"

namespace gradus {
namespace {

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
  const double f = 128 * std::ceil(std::floor(8 * d / 3) / 128);
  return 2 * (n * (4 * d * d + 3 * d * f) + double(scale.vocabulary) * d) + 2 * t * d * n;
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
