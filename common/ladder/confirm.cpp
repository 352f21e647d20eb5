#include "ladder/confirm.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "ladder/outlook.h"
#include "ladder/promote.h"

namespace gradus {
namespace {

constexpr char kSecond[] = ", second corpus";  // ends the rule of such a plan

constexpr int kGenerationSeeds = 1000;  // a generation's fresh seeds begin so far apart
constexpr int kBatch = 2;               // further pairs asked for at a look

DesignName name_of(const Chosen& c) {
  const auto d = DesignName::parse(c.design);
  if (!d) throw Error("'" + c.design + "' in the plan of the confirmation is no design");
  return *d;
}
RunName run_of(const std::string& text) {
  const auto run = RunName::parse(text);
  if (!run) throw Error("'" + text + "' in the plan of the confirmation is no run");
  return *run;
}

/// Designs of all generations that were ever trained, baselines apart: what the best was picked from.
int designs_tried(const std::vector<Standings>& rungs) {
  std::set<DesignName> all;
  for (const Standings& r : rungs)
    for (const Standing& s : r.rows)
      if (!s.baseline) all.insert(s.design);
  return int(all.size());
}

/// The share of the error that this generation's confirmation may spend: 1/2, 1/4, … by the plans of the others.
double share_of_error(const Experiment& experiment, int generation) {
  double share = 0.5;
  const Path own = experiment.selection(generation, "confirm");
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(own.parent_path(), code)) {
    const std::string name = entry.path().filename().string();
    if (name != own.filename() && name.ends_with("-confirm.yaml") && !is_temporary(entry.path())) share /= 2;
  }
  return share;
}

std::vector<DesignName> likely(const Experiment& experiment, const Standings& at, int most) {
  std::vector<DesignName> out;
  for (const Outlook& o : look_ahead(experiment).rows) {
    if (int(out.size()) == most) break;
    if (o.p_better < kLikely) continue;
    if (const Standing* s = at.find(o.design); s && !s->baseline) out.push_back(o.design);
  }
  return out;
}

Chosen entry(const DesignName& d, const std::string& role, const std::string& scale, double rate,
             const ConfirmRequest& request, const std::string& reason) {
  Chosen c{d.text(), role, {}, 0, 0, 0, reason};
  for (int k = 0; k < request.most_pairs; ++k)
    c.runs.push_back(RunName{scale, kFreshSeeds + kGenerationSeeds * request.generation + k, rate}.text());
  return c;
}

std::string rung_to_confirm(const std::vector<Standings>& rungs, const ConfirmRequest& request) {
  if (!request.scale.empty()) return request.scale;
  for (size_t level = rungs.size(); level-- > 0;)
    for (const Standing& s : rungs[level].rows)
      if (!s.baseline && !s.audit && s.pairs > 0) return rungs[level].scale;
  throw Error("nothing to confirm: no design beside the baselines is trained and evaluated yet");
}

void refuse_unfit(const Standing* s, const DesignName& d, const std::string& scale) {
  const std::string what = "cannot confirm '" + d.text() + "': ";
  if (!s) throw UsageError(what + "it has no evaluated run at " + scale);
  if (s->baseline) throw UsageError(what + "it is a baseline");
  if (s->diverged) throw UsageError(what + "it diverged at " + scale);
  if (s->quarantined()) throw UsageError(what + describe(*s));
}

/// Differences on the seeds of the plan, as far as both have all runs from the first on.
/// From the files, as the question which runs are still wanted: the ledger may lag behind them after a kill.
std::vector<double> prefix(const Experiment& experiment, const DesignName& design, const DesignName& reference,
                           const Chosen& mine, const Chosen& theirs) {
  std::vector<double> out;
  for (size_t k = 0; k < mine.runs.size() && k < theirs.runs.size(); ++k) {
    const auto a = read_score(experiment, design, run_of(mine.runs[k]));
    const auto b = read_score(experiment, reference, run_of(theirs.runs[k]));
    if (!a || !b) break;
    out.push_back(b->confirmation - a->confirmation);
  }
  return out;
}

/// The same design in the second experiment, by the identity of its tree.
DesignName twin(const Experiment& first, const DesignName& design, const Experiment& second) {
  const std::string id = read_yaml<CheckResult>(first.directory(design) / "check.yaml").design_id;
  for (const DesignName& d : second.all_designs()) {
    const auto file = read_yaml_if_exists<CheckResult>(second.directory(d) / "check.yaml");
    if (file && file->design_id == id) return d;
  }
  throw Error("'" + second.root().string() + "' has no design of the tree of " + design.text() + " (design_id " + id +
              "): import it there and bin/check it");
}

/// The next pairs of a design that is not decided: the first three, then kBatch more a look.
void want(std::vector<std::pair<Path, Path>>& wanted, const Experiment& experiment, const DesignName& design,
          const Chosen& chosen, size_t have) {
  const size_t upto = have < size_t(kLeastPairs) ? size_t(kLeastPairs) : have + kBatch;
  for (size_t k = 0; k < std::min(upto, chosen.runs.size()); ++k) {
    const RunName run = run_of(chosen.runs[k]);
    if (!unsettled(experiment, design, run)) continue;
    const std::pair one(experiment.directory(design), experiment.run_directory(design, run));
    if (std::find(wanted.begin(), wanted.end(), one) == wanted.end()) wanted.push_back(one);
  }
}

/// The error that the plan's rule begins with.
double error_of(const Selection& plan) {
  double error = 0;
  if (std::sscanf(plan.rule.c_str(), "error %lf", &error) != 1 || !(error > 0 && error < 0.5))
    throw Error("the plan of the confirmation does not begin with its error: 'rule: " + plan.rule + "'");
  return error;
}

/// Is a candidate's fresh run there already? Then a new plan would be chosen by what it is judged on.
bool begun(const Experiment& experiment, const Selection& plan) {
  for (size_t i = 1; i < plan.chosen.size(); ++i)
    for (const std::string& run : plan.chosen[i].runs)
      if (!unsettled(experiment, name_of(plan.chosen[i]), run_of(run))) return true;
  return false;
}

Selection write_claims(const Experiment& experiment, const Selection& plan, const std::vector<Confirmed>& family,
                       const std::string& scale) {
  Selection claims = plan;
  claims.stage = "claims", claims.chosen.clear();
  const Chosen& base = plan.chosen[0];
  const Standings at = read_standings(experiment, scale);
  const Standings search = read_standings(experiment, experiment.settings().rungs.front());
  for (size_t i = 0; i < family.size(); ++i) {
    const Confirmed& c = family[i];
    const Standing *mine = at.find(c.design), *theirs = at.find(name_of(base)), *tried = search.find(c.design);
    ClaimFacts facts{name_of(base), run_of(plan.chosen[i + 1].runs[0]).learning_rate_multiplier,
                     run_of(base.runs[0]).learning_rate_multiplier};
    facts.designs_tried = plan.considered, facts.confirmed = int(family.size());
    facts.rates_tried = tried ? std::max(1, tried->rates_tried) : 1;
    if (mine) facts.parameters = mine->parameters, facts.tokens = mine->tokens;
    if (theirs) facts.reference_parameters = theirs->parameters;
    Chosen line{c.design.text(), "candidate", {}, c.duel.difference, 0, 0, claim_sentence(c, facts)};
    const bool known = std::isfinite(c.duel.half_width);
    line.lower = known ? c.duel.difference - c.duel.half_width : -kDivergedBitsPerByte;
    line.upper = known ? c.duel.difference + c.duel.half_width : kDivergedBitsPerByte;
    (c.outcome == Outcome::kBeats ? claims.chosen : claims.passed_over).push_back(line);
  }
  return claims;
}

/// Rung and second corpus are frozen with the plan: else one could be dropped once its result is seen.
void refuse_other_terms(const Selection& plan, const ConfirmRequest& request, const Path& file) {
  const bool with_second = plan.rule.ends_with(kSecond);
  if (with_second != request.second.has_value())
    throw UsageError("'" + file.string() + "' was planned with" + (with_second ? "" : "out") +
                     " a second corpus: --second is frozen with it");
  if (plan.chosen.empty() || plan.chosen[0].runs.empty()) throw Error("'" + file.string() + "' names no run");
  const std::string scale = run_of(plan.chosen[0].runs[0]).scale;
  if (!request.scale.empty() && request.scale != scale)
    throw UsageError("'" + file.string() + "' is frozen at " + scale + ": --scale says where only at its beginning");
}

std::string p_text(double p) { return p < 0.0001 ? "< 0.0001" : "= " + format_fixed(p, 4); }

}  // namespace

void judge_family(std::vector<Confirmed>& family, double error, bool with_second) {
  for (Confirmed& c : family) c.outcome = Outcome::kUndecided;
  const auto beaten = [&] {
    return size_t(
        std::count_if(family.begin(), family.end(), [](const Confirmed& c) { return c.outcome == Outcome::kBeats; }));
  };
  for (size_t before = family.size() + 1; before != beaten();) {
    before = beaten();
    const double own = error / double(std::max<size_t>(1, family.size() - before));
    for (Confirmed& c : family) {
      if (c.outcome == Outcome::kBeats) continue;
      c.duel = judge_duel(c.differences, own);
      c.outcome = c.duel.outcome;
      if (!with_second) continue;
      c.second_duel = judge_duel(c.second, own);
      if (c.second_duel.outcome != c.outcome && c.outcome == Outcome::kBeats) c.outcome = Outcome::kUndecided;
      if (c.second_duel.outcome == Outcome::kLoses) c.outcome = Outcome::kLoses;
    }
  }
}

Selection plan_confirmation(const Experiment& experiment, const ConfirmRequest& request) {
  const auto& settings = experiment.settings();
  std::vector<Standings> rungs;
  for (const std::string& scale : settings.rungs) rungs.push_back(read_standings(experiment, scale));
  const std::string scale = rung_to_confirm(rungs, request);
  experiment.scale(scale);  // a known one
  const Standings at = read_standings(experiment, scale);
  const auto designs = request.designs.empty() ? likely(experiment, at, request.most_designs) : request.designs;
  if (designs.empty())
    throw Error("nothing to confirm: no design at " + scale + " beats the baseline with a probability of " +
                format_g(kLikely) + " or more (bin/select EXP --outlook)");
  Selection plan;
  plan.generation = request.generation, plan.stage = "confirm", plan.experiment = experiment.settings_hash();
  plan.considered = designs_tried(rungs), plan.noise = at.noise.deviation;
  const double error = (1 - settings.rules.confidence) / 2 * share_of_error(experiment, request.generation);
  plan.rule = "error " + format_g(error) + " over " + std::to_string(designs.size()) +
              " designs (Holm), evidence that may be looked at after every pair; " +
              std::to_string(request.most_pairs) + " fresh paired seeds at most, confirmation shard" +
              (request.second ? kSecond : "");
  const Standing* reference = at.find(at.reference);
  if (!reference) throw Error("the baseline " + at.reference.text() + " has no evaluated run at " + scale);
  plan.chosen.push_back(entry(at.reference, "baseline", scale, reference->multiplier, request, "the reference"));
  for (const DesignName& d : designs) {
    const Standing* s = at.find(d);
    refuse_unfit(s, d, scale);
    Chosen c = entry(d, "candidate", scale, s->multiplier, request, describe(*s));
    c.estimate = s->difference, c.lower = s->lower, c.upper = s->upper;
    plan.chosen.push_back(c);
  }
  return plan;
}

ConfirmationState confirmation_state(const Experiment& experiment, const Selection& plan,
                                     const ConfirmRequest& request) {
  if (plan.chosen.empty() || plan.chosen[0].runs.empty()) throw Error("the plan of the confirmation names no run");
  ConfirmationState state;
  const Chosen& base = plan.chosen[0];
  const DesignName reference = name_of(base);
  const std::string scale = run_of(base.runs[0]).scale;
  std::vector<Experiment> places{experiment};
  if (request.second) places.push_back(Experiment(*request.second));
  const auto there = [&](size_t place, const DesignName& d) {
    return place == 0 ? d : twin(experiment, d, places[place]);
  };
  for (size_t i = 1; i < plan.chosen.size(); ++i) {
    Confirmed c{name_of(plan.chosen[i]), {}, {}, {}, {}};
    for (size_t p = 0; p < places.size(); ++p)
      (p == 0 ? c.differences : c.second) =
          prefix(places[p], there(p, c.design), there(p, reference), plan.chosen[i], base);
    state.family.push_back(c);
  }
  judge_family(state.family, error_of(plan), places.size() > 1);
  for (size_t i = 0; i < state.family.size(); ++i) {
    const Confirmed& c = state.family[i];
    for (size_t p = 0; p < places.size() && c.outcome == Outcome::kUndecided; ++p) {
      if ((p == 0 ? c.duel : c.second_duel).outcome != Outcome::kUndecided) continue;  // this corpus has said it
      const size_t have = (p == 0 ? c.differences : c.second).size();
      want(state.wanted, places[p], there(p, reference), base, have);
      want(state.wanted, places[p], there(p, c.design), plan.chosen[i + 1], have);
    }
  }
  state.over = state.wanted.empty();
  if (state.over) state.claims = write_claims(experiment, plan, state.family, scale);
  return state;
}

ConfirmationState confirm(const Experiment& experiment, const ConfirmRequest& request, bool again) {
  const Path file = experiment.selection(request.generation, "confirm");
  auto plan = experiment.read_selection(request.generation, "confirm");
  if (plan && again && begun(experiment, *plan))
    throw UsageError("the confirmation of generation " + std::to_string(request.generation) +
                     " has begun: who was judged on its seeds is frozen in '" + file.string() + "'");
  if (!plan || again) {
    plan = plan_confirmation(experiment, request);
    write_yaml(file, *plan);
    log_info(file.string() + ": " + plan->rule);
  } else if (!request.designs.empty()) {
    throw UsageError("the confirmation of generation " + std::to_string(request.generation) + " is frozen in '" +
                     file.string() + "': --design says who only at its beginning");
  }
  refuse_other_terms(*plan, request, file);
  const ConfirmationState state = confirmation_state(experiment, *plan, request);
  if (state.over) write_yaml(experiment.selection(request.generation, "claims"), state.claims);
  return state;
}

std::string claim_sentence(const Confirmed& c, const ClaimFacts& f) {
  const std::string half = std::isfinite(c.duel.half_width) ? format_fixed(c.duel.half_width, 4) : "unknown";
  // What loses on the second corpus alone does not lose by the first one's figure.
  const bool loses = c.outcome == Outcome::kLoses && (c.second.empty() || c.duel.outcome == Outcome::kLoses);
  const char* verdict = c.outcome == Outcome::kBeats ? "beats " : loses ? "loses to " : "is undecided against ";
  std::string text = c.design.text() + " " + verdict + f.reference.text() + " by " +
                     format_fixed(std::abs(c.duel.difference), 4) +
                     (c.duel.difference < 0 && !loses ? " (worse)" : "") + " ± " + half + " bits per byte at " +
                     format_count(double(f.parameters));
  if (f.parameters != f.reference_parameters) text += " against " + format_count(double(f.reference_parameters));
  text += " parameters, " + format_count(double(f.tokens)) + " tokens (" + std::to_string(f.rates_tried) +
          (f.rates_tried == 1 ? " learning rate" : " learning rates") + " tried, best " + format_g(f.multiplier) +
          "× against " + format_g(f.reference_multiplier) + "×; " + std::to_string(c.duel.pairs) +
          " paired fresh seeds; p " + p_text(c.duel.p);
  if (!c.second.empty())
    text += "; on a second corpus it " + std::string(to_string(c.second_duel.outcome)) + " by " +
            format_fixed(c.second_duel.difference, 4) + ", " + std::to_string(c.second_duel.pairs) + " pairs, p " +
            p_text(c.second_duel.p);
  return text + "; " + std::to_string(f.confirmed) + " of " + std::to_string(f.designs_tried) +
         " designs tried put to confirmation)";
}

}  // namespace gradus
