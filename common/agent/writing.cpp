#include "agent/writing.h"

#include <algorithm>
#include <cmath>

#include "agent/answer.h"
#include "agent/novelty.h"
#include "agent/screen.h"
#include "base/log.h"

namespace gradus {
namespace {

using nlohmann::json;

std::string shown(const SlotPath& path) { return path.empty() ? "root" : path; }

json open_json(const std::vector<OpenSlot>& open) {
  json out = json::array();
  for (const OpenSlot& s : open) out.push_back({{"path", shown(s.path)}, {"kind", s.kind}, {"need", s.need}});
  return out;
}

std::vector<std::string> library_names() {
  std::vector<std::string> out;
  for (const auto& [stem, hash] : UnitStore::library()) out.push_back(stem);
  return out;
}

/// Notes hold a verdict, so that a resumed job runs no checker twice.
json note_of(const UnitVerdict& v) {
  json open = json::array();
  for (const OpenSlot& s : v.next.open)
    open.push_back({{"path", s.path}, {"kind", s.kind}, {"need", s.need}, {"in", s.in}, {"out", s.out}});
  const bool lawful = !v.next.design.root.unit.empty();
  return {{"passed", v.passed},
          {"told", v.told},
          {"unit", v.unit},
          {"design", lawful ? to_yaml(write_design(v.next.design)) : ""},
          {"open", open}};
}
UnitVerdict verdict_of(const json& note) {
  UnitVerdict v{note.at("passed"), note.at("told"), note.at("unit"), {}};
  v.next.open.clear();
  if (const std::string design = note.at("design"); !design.empty())
    v.next.design = read_design(parse_yaml(design, "note"), "note");
  for (const json& s : note.at("open"))
    v.next.open.push_back({s.at("path"), s.at("kind"), s.at("need"), s.at("in"), s.at("out")});
  return v;
}

}  // namespace

Writing::Writing(Session& session, UnitChecker& checker, Draft draft, Brief brief)
    : session_(session), checker_(checker), draft_(std::move(draft)), brief_(std::move(brief)) {}

bool Writing::spent() const {
  const int budget = session_.desk().settings().unit_budget;
  return budget > 0 && answers_ >= budget;
}

/// A mutation starts from its parent's tree, with the unit at `where` to be written anew; else there is nothing yet.
Building Writing::start() const {
  Building out;
  if (brief_.kind != "mutation" || brief_.parents.empty()) return out;
  out.design = brief_.parents.front().design;
  out.open[0].path = draft_.where;
  const UnitStore units = session_.desk().experiment().units();
  const UnitNode* node = find_node(out.design, draft_.where);
  if (!node) throw Error("'" + draft_.where + "' is no place in the tree of " + brief_.parents.front().name);
  if (draft_.where.empty()) return out;
  // The parent's units have passed the gate, so they may be read here.
  if (const SlotInterface* slot = slot_at(out.design, draft_.where, units))
    out.open[0] = open_slot(draft_.where, *slot);
  return out;
}

UnitVerdict Writing::judge_answer(const Building& before, const OpenSlot& slot, const std::string& call,
                                  const std::string& source) {
  const json* known = session_.transcript().find_note(call);
  if (known && !session_.desk().replays()) return verdict_of(*known);
  const UnitVerdict verdict = checker_.check(before, slot, source, session_.desk().settings().use_checker);
  if (!session_.desk().replays()) session_.transcript().note(call, note_of(verdict));
  return verdict;
}

/// The observer's rating; below agents.observer_rating the unit has not passed.
double Writing::observe(const OpenSlot& slot, const std::string& call, const std::string& plan, int attempt,
                        int alternative, UnitVerdict& verdict, const std::string& source) {
  const AgentSettings& settings = session_.desk().settings();
  if (const std::string words = words_to_judge(source); !words.empty()) {
    verdict.passed = false, verdict.told = "it speaks to its judge ('" + words + "'): leave that out";
    return 0;
  }
  if (!settings.use_observer) return 5;
  const json values{{"design", session_.design().text()},
                    {"path", shown(slot.path)},
                    {"title", draft_.title},
                    {"proposal", draft_.abstract + "\n\n" + draft_.text},
                    {"plan", plan},
                    {"source", source},
                    {"attempt", attempt},
                    {"alternative", alternative}};
  const json schema = object_schema({{"rating", {{"type", "number"}, {"minimum", 0}, {"maximum", 5}}},
                                     {"reasons", {{"type", "array"}, {"items", {{"type", "string"}}}}}});
  double rating = 0;
  std::string reasons;
  try {
    const json answer = session_.ask_json(Role::kObserver, call + "/observe", "observer", values, schema);
    rating = answer.at("rating");
    for (const json& r : answer.at("reasons")) reasons += (reasons.empty() ? "" : "; ") + r.get<std::string>();
  } catch (const UnreadableAnswer& fault) {
    reasons = fault.what();
  }
  if (rating < settings.observer_rating) verdict.passed = false, verdict.told = "the observer: " + reasons;
  return rating;
}

std::vector<Writing::Written> Writing::write_unit(const Building& before, const OpenSlot& slot, const std::string& call,
                                                  const std::string& plan, const std::string& reuse, int alternatives) {
  const AgentSettings& settings = session_.desk().settings();
  const UnitStore units = session_.desk().experiment().units();
  std::vector<Written> out;
  json failures = json::array();
  const UnitNode* old = find_node(before.design, slot.path);
  const auto& library = UnitStore::library();
  json values{{"design", session_.design().text()},
              {"path", shown(slot.path)},
              {"kind", slot.kind},
              {"need", slot.need},
              {"attempts", settings.unit_attempts},
              {"title", draft_.title},
              {"proposal", draft_.abstract + "\n\n" + draft_.text},
              {"tree", tree_line(before.design, units)},
              {"given", slot.in},
              {"wanted", slot.out},
              {"plan", plan},
              {"old", old && !old->unit.empty() ? units.source(old->unit) : ""},
              {"reuse", library.count(reuse) ? units.source(library.at(reuse)) : ""}};
  for (int attempt = 1; attempt <= settings.unit_attempts && int(out.size()) < alternatives && !spent(); ++attempt) {
    const int alternative = int(out.size()) + 1;
    values["attempt"] = attempt, values["alternative"] = alternative, values["failures"] = failures;
    const std::string step = call + "/code-" + std::to_string(attempt);
    const std::string source = find_code(session_.ask(Role::kCoder, step, "coder", values));
    ++answers_;
    UnitVerdict verdict = judge_answer(before, slot, step, source);
    const bool again =
        std::any_of(out.begin(), out.end(), [&](const Written& w) { return w.verdict.unit == verdict.unit; });
    if (again) verdict.passed = false, verdict.told = "the same as an alternative before";
    double rating = 0;
    if (verdict.passed) rating = observe(slot, step, plan, attempt, alternative, verdict, source);
    attempts_.push_back({shown(slot.path), verdict.unit, verdict.told});
    if (verdict.passed)
      out.push_back({verdict, std::log(std::max(rating, 0.01) / 5)});
    else
      failures.push_back({{"attempt", attempt}, {"source", source}, {"told", verdict.told}});
    if (failures.size() > 2) failures.erase(0);  // the last two, as the reference's coder sees four messages
  }
  return out;
}

Writing::Plan Writing::plan(const Building& building, const std::string& call, int round,
                            const std::vector<std::string>& given_up) {
  Plan out;
  const Experiment& experiment = session_.desk().experiment();
  if (!session_.desk().settings().use_planner || round == 1) return out;
  const json values{{"design", session_.design().text()},
                    {"round", round},
                    {"title", draft_.title},
                    {"proposal", draft_.abstract + "\n\n" + draft_.text},
                    {"tree", tree_line(building.design, experiment.units())},
                    {"open", open_json(building.open)},
                    {"given_up", given_up},
                    {"library", library_names()}};
  const json schema = object_schema({{"slot", {{"type", "string"}}},
                                     {"plan", {{"type", "string"}, {"maxLength", 20000}}},
                                     {"reuse", {{"type", "string"}}}});
  const auto find = [&](const std::string& name) {
    for (size_t i = 0; i < building.open.size(); ++i)
      if (shown(building.open[i].path) == name) return i;
    return building.open.size();
  };
  try {
    const json answer =
        session_.ask_json(Role::kPlanner, call + "/plan", "planner", values, schema, [&](const json& a) {
          return find(a.at("slot")) < building.open.size()
                     ? ""
                     : "'slot' is '" + a.at("slot").get<std::string>() + "', which is not open";
        });
    out = {find(answer.at("slot")), answer.at("plan"), answer.at("reuse")};
  } catch (const UnreadableAnswer&) {  // the first open slot then, without a plan
  }
  return out;
}

void Writing::unit_by_unit(Result& result) {
  Building building = start();
  std::vector<std::string> given_up;
  for (int round = 1; !building.open.empty(); ++round) {
    if (spent()) {
      result.implementation.reason = "the coder's budget of " + std::to_string(answers_) +
                                     " answers is used up, open: " + shown(building.open[0].path);
      return;
    }
    if (int(given_up.size()) > session_.desk().settings().failed_rounds) {
      result.implementation.reason =
          "given up after " + std::to_string(given_up.size()) + " failed rounds, the last at " + given_up.back();
      return;
    }
    const std::string call = "implement/" + std::to_string(round);
    const Plan next = plan(building, call, round, given_up);
    const OpenSlot slot = building.open[next.slot];
    const auto written = write_unit(building, slot, call, next.text, next.reuse, 1);
    if (written.empty())
      given_up.push_back(shown(slot.path));
    else
      building = written.front().verdict.next;
  }
  conclude(building.design, result);
}

/// The best subtree for a slot: over its alternatives, the unit's own evidence and that of the best fillers of its
/// slots. Slots of one unit do not see each other, so this is dynamic programming on the tree: exact, as Viterbi's is
/// on a chain.
std::optional<std::pair<Building, double>> Writing::best_below(const Building& before, const OpenSlot& slot,
                                                               const std::string& call) {
  std::optional<std::pair<Building, double>> best;
  const AgentSettings& settings = session_.desk().settings();
  const auto inside = [&](const OpenSlot& s) { return slot.path.empty() || s.path.starts_with(slot.path + "."); };
  int number = 0;
  for (const Written& w : write_unit(before, slot, call, "", "", settings.beam)) {
    Building tree = w.verdict.next;
    double evidence = w.evidence;
    const std::string inner = call + "." + std::to_string(++number);
    for (bool whole = true; whole;) {
      const auto open = std::find_if(tree.open.begin(), tree.open.end(), inside);
      if (open == tree.open.end()) {
        if (!best || evidence > best->second) best = {tree, evidence};
        break;
      }
      const OpenSlot next = *open;
      const auto below = best_below(tree, next, inner + "/" + shown(next.path));
      whole = below.has_value();
      if (whole) tree = below->first, evidence += below->second;
    }
  }
  return best;
}

void Writing::by_beam(Result& result) {
  const Building first = start();
  const auto best = best_below(first, first.open[0], "implement/beam");
  if (!best)
    result.implementation.reason =
        spent() ? "the coder's budget is used up" : "no alternative of the first unit could be completed";
  else
    conclude(best->first.design, result);
}

void Writing::direct(Result& result) {
  const AgentSettings& settings = session_.desk().settings();
  json failures = json::array();
  for (int attempt = 1; attempt <= settings.unit_attempts && !spent(); ++attempt) {
    const json values{{"design", session_.design().text()},
                      {"attempt", attempt},
                      {"attempts", settings.unit_attempts},
                      {"title", draft_.title},
                      {"proposal", draft_.abstract + "\n\n" + draft_.text},
                      {"failures", failures}};
    const std::string call = "implement/direct/code-" + std::to_string(attempt);
    const std::string source = find_code(session_.ask(Role::kCoder, call, "direct", values));
    UnitVerdict verdict = checker_.check_file(source, "attempt-" + std::to_string(attempt) + ".py");
    const size_t units = verdict.next.design.root.unit.empty() ? 1 : all_paths(verdict.next.design).size();
    answers_ += int(units);  // the budget is of units
    if (verdict.passed) observe({}, call, "", attempt, 1, verdict, source);
    attempts_.push_back({"root", verdict.unit, verdict.told});
    if (verdict.passed) return conclude(verdict.next.design, result);
    failures = json::array({{{"attempt", attempt}, {"source", source}, {"told", verdict.told}}});
  }
  result.implementation.reason =
      "no attempt at the whole block passed: " + (attempts_.empty() ? "none was made" : attempts_.back().told);
}

void Writing::conclude(const Design& design, Result& result) {
  const Experiment& experiment = session_.desk().experiment();
  const UnitStore units = experiment.units();
  for (const SlotPath& path : all_paths(design)) units.add(units.source(find_node(design, path)->unit));
  const CheckResult check = checker_.check_tree(design);
  if (!check.passed) {
    result.implementation.reason = told_of(check);
    return;
  }
  Examination seen;
  seen.design_id = check.design_id, seen.trace_id = check.trace_id;
  const auto fit = check.fits.find(experiment.settings().rungs.front());
  if (fit != check.fits.end()) seen.fit = fit->second;
  result.design = design;
  if (const std::string twin = duplicate_of(seen, known_designs(experiment, session_.design())); !twin.empty()) {
    result.implementation.reason = "duplicate of " + twin + ": it computes the same";
    return;
  }
  result.implementation.built = true;
}

Writing::Result Writing::run() {
  Result result;
  const AgentSettings& settings = session_.desk().settings();
  try {
    if (settings.direct)
      direct(result);
    else if (settings.beam > 1)
      by_beam(result);
    else
      unit_by_unit(result);
  } catch (const OverBudget& cap) {
    if (!cap.design) throw;
    result.implementation.reason = cap.what();
  }
  result.implementation.attempts = attempts_;
  result.answers = answers_;
  return result;
}

}  // namespace gradus
