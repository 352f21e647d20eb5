#include <algorithm>
#include <cmath>
#include <set>

#include "base/log.h"
#include "base/tool.h"
#include "ladder/admission.h"
#include "page/leaderboard.h"
#include "page/sections.h"

namespace gradus {
namespace {

using nlohmann::json;

/// Counts of a rung: designs asked to be trained there, by role, and what its runs cost.
struct RungCounts {
  std::set<DesignName> asked, trained, diverged, audits;
  int runs = 0;
  double flops = 0, tokens = 0, seconds = 0;
};

RungCounts count_rung(const Facts& facts, const std::string& rung) {
  RungCounts counts;
  for (const Selection& selection : facts.selections) {
    if (selection.stage != rung) continue;
    for (const Chosen& chosen : selection.chosen)
      if (const auto design = DesignName::parse(chosen.design)) {
        counts.asked.insert(*design);
        if (chosen.role == "audit") counts.audits.insert(*design);
      }
  }
  for (const DesignFacts& design : facts.designs)
    for (const RunFacts& run : design.runs) {
      if (run.run.scale != rung || !run.result) continue;
      counts.trained.insert(design.name), ++counts.runs;
      if (run.result->verdict == "diverged") counts.diverged.insert(design.name);
      counts.flops += run.result->flops, counts.tokens += double(run.result->tokens);
    }
  for (const JobFacts& job : facts.jobs)
    for (const LedgerLine& line : job.lines) {
      const size_t at = line.file.find("/runs/");
      if (line.stage == "pretrain" && at != std::string::npos && line.file.substr(at + 6).starts_with(rung + "-s"))
        counts.seconds += line.seconds;
    }
  return counts;
}

json rung_json(const Facts& facts, size_t n) {
  const auto& settings = facts.experiment.settings();
  const Standings& standings = facts.rungs[n];
  const Scale& scale = facts.experiment.scale(standings.scale);
  const RungCounts counts = count_rung(facts, standings.scale);
  int64_t parameters = 0;
  int confirmed = 0;
  for (const Standing& row : standings.rows) {
    if (row.design == standings.reference) parameters = row.parameters;
    confirmed += row.confirmed;
  }
  const std::string& reference = settings.baselines.empty() ? std::string("gpt2") : settings.baselines.front();
  for (const DesignFacts& design : facts.designs)  // not trained yet: what its fit says
    if (parameters == 0 && design.name.generation == 0 && design.check && design.check->fits.count(standings.scale))
      parameters = design.check->fits.at(standings.scale).target_parameters;
  return {{"name", standings.scale},
          {"reference", standings.reference.text()},
          {"reference_name", reference},
          {"reference_bits_per_byte", rounded(standings.reference_bits_per_byte)},
          {"parameters", parameters},
          {"tokens", scale.tokens},
          {"steps", scale.steps()},
          {"d_model", scale.d_model},
          {"n_blocks", scale.n_blocks},
          {"context", scale.context},
          {"vocabulary", scale.vocabulary},
          {"batch_tokens", scale.batch_tokens},
          {"learning_rate", scale.learning_rate},
          {"asked", counts.asked.size()},
          {"trained", counts.trained.size()},
          {"proposals", std::count_if(counts.trained.begin(), counts.trained.end(),
                                      [](const DesignName& d) { return d.generation > 0; })},
          {"diverged", counts.diverged.size()},
          {"audits", counts.audits.size()},
          {"confirmed", confirmed},
          {"runs", counts.runs},
          {"flops", rounded(counts.flops, 4)},
          {"run_flops", counts.runs > 0 ? rounded(counts.flops / counts.runs, 4) : json()},
          {"trained_tokens", rounded(counts.tokens, 4)},
          {"seconds", rounded(counts.seconds, 4)},
          {"noise", rounded(standings.noise.deviation, 4)},
          {"noise_degrees", rounded(standings.noise.degrees, 4)},
          {"noise_source", standings.noise.source}};
}

}  // namespace

json rounded(double value, int digits) {
  if (!std::isfinite(value)) return nullptr;
  char text[40];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  const double out = std::strtod(text, nullptr);
  if (out == std::floor(out) && std::fabs(out) < 1e15) return int64_t(out);
  return out;
}

json interval_json(double value, double lower, double upper) {
  if (!std::isfinite(value)) return nullptr;
  return {rounded(value), rounded(lower), rounded(upper)};
}

json experiment_section(const Facts& facts, const std::string& written, double watch_seconds) {
  const auto& settings = facts.experiment.settings();
  json rates = json::array(), faults = json::array();
  for (double rate : settings.rules.learning_rates) rates.push_back(rounded(rate, 4));
  for (const std::string& fault : facts.faults) faults.push_back(fault);
  int closed = 0, newest = 0;
  for (const Selection& selection : facts.selections) closed += selection.stage == "close";
  for (const DesignFacts& design : facts.designs) newest = std::max(newest, design.name.generation);
  return {{"name", settings.name},
          {"hash", facts.experiment.settings_hash()},
          {"folder", folder_name(facts.experiment)},
          {"seed", settings.seed},
          {"agent", settings.propose.agent},
          {"baselines", settings.baselines},
          {"learning_rates", rates},
          {"seeds", settings.rules.seeds},
          {"baseline_seeds", settings.rules.baseline_seeds},
          {"upper_seeds", settings.rules.upper_seeds},
          {"promote_share", rounded(settings.rules.promote_share)},
          {"audit_share", rounded(settings.rules.audit_share)},
          {"confidence", rounded(settings.rules.confidence)},
          {"generations", newest},
          {"closed", closed},
          {"written", written},
          {"watch", rounded(watch_seconds)},
          {"version", version_text()},
          {"faults", faults}};
}

json ladder_section(const Facts& facts) {
  int proposed = 0, accepted = 0, built = 0, passed = 0, unfinished = 0;
  for (const DesignFacts& design : facts.designs) {
    if (design.name.generation == 0) continue;
    ++proposed;
    accepted += design.review && design.review->accepted;
    built += design.implementation && design.implementation->built;
    passed += design.check && design.check->passed;
    const bool refused = (design.review && !design.review->accepted) ||
                         (design.implementation && !design.implementation->built) || design.check;
    unfinished += !refused;
  }
  json rungs = json::array();
  for (size_t n = 0; n < facts.rungs.size(); ++n) rungs.push_back(rung_json(facts, n));
  return {{"gates",
           {{"proposed", proposed},
            {"accepted", accepted},
            {"built", built},
            {"passed", passed},
            {"unfinished", unfinished}}},
          {"rungs", rungs}};
}

json standings_section(const Facts& facts) {
  json out = json::array();
  for (const Standings& standings : facts.rungs) {
    json c = json::object(), claims = json::array();
    for (const char* name : {"design", "bits_per_byte", "half", "difference", "lower", "upper", "pairs", "seeds",
                             "multiplier", "rates", "parameters", "tokens", "posterior", "confirmation", "p", "marks"})
      c[name] = json::array();
    for (const Standing& s : standings.rows) {
      const bool compared = s.design != standings.reference && s.pairs > 0 && !s.diverged;
      const auto only = [&](double value) { return compared ? rounded(value) : json(); };
      c["design"].push_back(facts.index.at(s.design));
      c["bits_per_byte"].push_back(s.diverged ? json() : rounded(s.bits_per_byte));
      c["half"].push_back(only(s.half_difference)), c["difference"].push_back(only(s.difference));
      c["lower"].push_back(only(s.lower)), c["upper"].push_back(only(s.upper));
      c["pairs"].push_back(s.pairs), c["seeds"].push_back(s.seeds);
      c["multiplier"].push_back(rounded(s.multiplier, 3)), c["rates"].push_back(s.rates_tried);
      c["parameters"].push_back(s.parameters), c["tokens"].push_back(s.tokens);
      c["posterior"].push_back(only(s.posterior));
      const bool fresh = compared && s.fresh_pairs > 0;
      c["confirmation"].push_back(fresh ? rounded(s.confirmation_difference) : json());
      c["p"].push_back(fresh ? rounded(s.confirmation_p, 3) : json());
      c["marks"].push_back((s.baseline ? 1 : 0) | (s.confirmed ? 2 : 0) | (s.audit ? 4 : 0) | (s.diverged ? 8 : 0) |
                           (s.quarantined() ? 16 : 0) | (s.untrained_no_worse ? 32 : 0));
      if (s.confirmed) claims.push_back(claim(s, standings.reference, facts.experiment.settings().rules.confidence));
    }
    out.push_back({{"rung", standings.scale}, {"rows", c}, {"claims", claims}});
  }
  return out;
}

json designs_section(const Facts& facts) {
  const UnitStore units = facts.experiment.units();
  std::map<std::string, std::string> names;
  const auto name_of = [&](const std::string& hash) {
    const auto found = names.find(hash);
    return found != names.end() ? found->second : names[hash] = class_name(units, hash);
  };
  json c = json::object();
  for (const char* name : {"name", "parents", "operation", "agent", "fate", "reason", "rung", "difference", "block"})
    c[name] = json::array();
  for (const DesignFacts& design : facts.designs) {
    json parents = json::array();
    if (design.origin)
      for (const std::string& text : design.origin->parents)
        if (const auto parent = DesignName::parse(text); parent && facts.index.count(*parent))
          parents.push_back(facts.index.at(*parent));
    const Admission a = admission_of(design);
    const int rung = facts.highest_rung(design.name);
    const Standing* row = rung < 0 ? nullptr : facts.standing(size_t(rung), design.name);
    const bool compared = row != nullptr && row->pairs > 0 && !row->diverged;
    c["name"].push_back(design.name.text()), c["parents"].push_back(parents);
    c["operation"].push_back(design.origin ? design.origin->operation : "");
    c["agent"].push_back(design.origin ? design.origin->agent : "");
    c["fate"].push_back(a.kind == Admission::Kind::kPassed    ? "passed"
                        : a.kind == Admission::Kind::kRefused ? "refused"
                                                              : "unfinished");
    c["reason"].push_back(a.reason), c["rung"].push_back(rung);
    c["difference"].push_back(compared ? rounded(row->difference) : json());
    c["block"].push_back(design.tree ? to_line(*design.tree, name_of) : "");
  }
  return c;
}

}  // namespace gradus
