#include "ladder/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/log.h"
#include "base/rng.h"
#include "ladder/promote.h"
#include "ladder/statistics.h"

namespace gradus {
namespace {

constexpr const char* kHalf = " at half";

struct Scored {
  double value = 0, error = 0;
};
using Scores = std::map<DesignName, Scored>;

bool counts(const Standings& rung, const Standing& s) {
  const bool reference = s.design == rung.reference;
  return !s.diverged && !s.untrained_no_worse && !s.quarantined() && (reference || s.pairs > 0);
}

Scores lead(const Standings& rung, bool half) {
  Scores out;
  for (const Standing& s : rung.rows)
    if (counts(rung, s) && !(half && s.design != rung.reference && s.half_error == 0))
      out[s.design] = half ? Scored{s.half_difference, s.half_error} : Scored{s.difference, s.standard_error};
  return out;
}

CalibrationRow compare(const std::string& name, const Scores& proxy, const std::string& target_name,
                       const Scores& target, double confidence, uint64_t seed) {
  CalibrationRow row{name, target_name};
  Paired paired;
  std::vector<double> all;
  for (const auto& [design, p] : proxy) {
    all.push_back(p.value);
    const auto t = target.find(design);
    if (t == target.end()) continue;
    paired.proxy.push_back(p.value), paired.proxy_error.push_back(p.error);
    paired.target.push_back(t->second.value), paired.target_error.push_back(t->second.error);
  }
  row.designs = int(paired.size());
  paired.unrestricted_variance = moments(all).variance;
  row.statistics = measure_agreement(paired, confidence, stream_key(name + " " + target_name, {seed}));
  // Two points of one curve share their noise: nothing to correct, and no pair is beyond it on its own.
  if (name == target_name + kHalf)
    std::erase_if(row.statistics, [](const Statistic& s) {
      return s.name.find("corrected") != s.name.npos || s.name.find("separated") != s.name.npos;
    });
  return row;
}

AuditRow audit(const Standings& rung, double confidence) {
  AuditRow row{rung.scale};
  std::vector<double> promoted, audits;
  for (const Standing& s : rung.rows)
    if (counts(rung, s) && !s.baseline) (s.audit ? audits : promoted).push_back(s.difference);
  row.promoted = int(promoted.size()), row.audits = int(audits.size());
  row.regret = std::numeric_limits<double>::quiet_NaN();
  if (!promoted.empty() && !audits.empty()) {
    std::sort(promoted.begin(), promoted.end());
    const size_t n = promoted.size();
    const double median = (promoted[n / 2] + promoted[(n - 1) / 2]) / 2;
    for (double value : audits) row.above_median += value > median, row.above_best += value > promoted.back();
    row.regret = *std::max_element(audits.begin(), audits.end()) - promoted.back();
  }
  row.share_above_median = exact_share(row.above_median, row.audits, confidence);
  row.share_above_best = exact_share(row.above_best, row.audits, confidence);
  return row;
}

std::vector<ProbeColumn> read_probes(const Experiment& experiment) {
  std::map<std::string, ProbeColumn> columns;
  for (const DesignName& d : experiment.all_designs()) {
    const auto probes = read_yaml_if_exists<Probes>(experiment.directory(d) / "probes.yaml");
    if (!probes) continue;
    for (const ProbeScore& s : probes->scores) {
      const std::string name = "probe " + s.task + " " + s.setting;
      columns[name].name = name;
      columns[name].value[d] = s.accuracy - s.chance;
      columns[name].error[d] = s.deviation / std::sqrt(double(std::max<int64_t>(s.seeds, 1)));
    }
  }
  std::vector<ProbeColumn> out;
  for (auto& [name, column] : columns) out.push_back(column);
  return out;
}

}  // namespace

Calibration calibrate(const std::vector<Standings>& rungs, const std::vector<ProbeColumn>& probes, double confidence,
                      uint64_t seed) {
  Calibration out{confidence};
  const auto add = [&](const std::string& name, const Scores& proxy, size_t target) {
    out.rows.push_back(compare(name, proxy, rungs[target].scale, lead(rungs[target], false), confidence, seed));
  };
  for (size_t target = 0; target < rungs.size(); ++target) {
    for (size_t level = 0; level < target; ++level) {
      add(rungs[level].scale + kHalf, lead(rungs[level], true), target);
      add(rungs[level].scale, lead(rungs[level], false), target);
    }
    add(rungs[target].scale + kHalf, lead(rungs[target], true), target);
    for (const ProbeColumn& probe : probes) {
      Scores scores;
      for (const auto& [design, value] : probe.value) scores[design] = {value, probe.error.at(design)};
      add(probe.name, scores, target);
    }
    if (target > 0) out.audits.push_back(audit(rungs[target], confidence));
  }
  return out;
}

Calibration calibrate(const Experiment& experiment, double confidence) {
  std::vector<Standings> rungs;
  for (const std::string& scale : experiment.settings().rungs) rungs.push_back(read_standings(experiment, scale));
  return calibrate(rungs, read_probes(experiment), confidence, uint64_t(experiment.settings().seed));
}

std::string calibration_table(const Calibration& calibration) {
  std::string out = "# proxy\ttarget\tdesigns\tstatistic\tvalue\tlower\tupper\tpairs\n";
  const auto add = [&](const std::string& proxy, const std::string& target, int designs, const Statistic& s) {
    out += proxy + "\t" + target + "\t" + std::to_string(designs) + "\t" + s.name;
    for (double v : {s.value, s.lower, s.upper}) out += "\t" + format_g(v);
    out += "\t" + (s.pairs > 0 ? format_g(s.pairs) : ".") + "\n";
  };
  for (const CalibrationRow& row : calibration.rows)
    for (const Statistic& s : row.statistics) add(row.proxy, row.target, row.designs, s);
  for (const AuditRow& a : calibration.audits) {
    if (a.audits == 0) continue;
    const double none = std::numeric_limits<double>::quiet_NaN();
    const auto share = [&](const char* name, const Share& s) {
      add("audit", a.target, a.audits, {name, s.value, s.lower, s.upper});
    };
    share("share_above_promoted_median", a.share_above_median);
    share("share_above_promoted_best", a.share_above_best);
    add("audit", a.target, a.audits, {"regret", a.regret, none, none});
  }
  return out;
}

}  // namespace gradus
