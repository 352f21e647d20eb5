/// What the report shows, as JSON: one function a section, each from the facts alone. The page's scripts (web/*.js)
/// read it and compute nothing that is a claim: numbers, errors, intervals and verdicts are made here, where tests hold
/// them.
#pragma once

#include <nlohmann/json.hpp>

#include "page/facts.h"

namespace gradus {

/// Numbers as the page needs them: `digits` significant ones, null where there is none (NaN, infinite).
nlohmann::json rounded(double value, int digits = 6);
/// {value, lower, upper} as an array; null where the value is none.
nlohmann::json interval_json(double value, double lower, double upper);

/// The experiment's name, settings, rules; when this was written; files that could not be read.
nlohmann::json experiment_section(const Facts& facts, const std::string& written, double watch_seconds);
/// The pyramid: how many were proposed, passed each gate, were trained at each rung, climbed; with the budget of a run
/// and what was spent.
nlohmann::json ladder_section(const Facts& facts);
/// All designs as columns of equal length, the order of facts.designs: other sections name a design by its index.
nlohmann::json designs_section(const Facts& facts);
/// A rung each: rows of the leaderboard as columns, and the claims in words.
nlohmann::json standings_section(const Facts& facts);
/// Curves of the baselines and of the best designs of each rung, all seeds at the design's own learning rate.
nlohmann::json curves_section(const Facts& facts);
/// Between each rung and the next: the designs on both, correlations with intervals; scaling fits of designs on two or
/// more.
nlohmann::json transfer_section(const Facts& facts);
/// Refusals by stage and reason, by generation; what the gate caught of the canaries.
nlohmann::json gate_section(const Facts& facts);
/// Valid rate, attempts a unit, tokens, money, hours: by generation, by operation, by stage; per valid design and per
/// confirmed improvement.
nlohmann::json agents_section(const Facts& facts);
/// Work by stage over time, in at most 96 equal parts, and when each run ended.
nlohmann::json timeline_section(const Facts& facts);
/// One design's page. `calls` of its transcript, decisions, everything its files say.
nlohmann::json design_page(const Facts& facts, const DesignFacts& design);
/// A unit's class and source; its name in the library, where it is from there.
nlohmann::json unit_page(const UnitStore& units, const std::string& hash);

/// A run's curve at no more than `points` of geometrically growing width: {s: steps, l: mean loss of the steps up to
/// there, vs, vb: steps and bits per byte of validation}. Empty object: nothing was logged.
nlohmann::json curve_json(const Path& run, size_t points = 64);

}  // namespace gradus
