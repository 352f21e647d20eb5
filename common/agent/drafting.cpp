#include "agent/drafting.h"

#include <algorithm>

#include "agent/answer.h"
#include "agent/proposer.h"
#include "agent/screen.h"
#include "base/log.h"

namespace gradus {
namespace {

using nlohmann::json;
constexpr int kPapers = 8;        // shown at once
constexpr size_t kRelatives = 3;  // as the reference

json text_property() { return {{"type", "string"}, {"maxLength", 40000}}; }
json texts_property() { return {{"type", "array"}, {"items", {{"type", "string"}}}}; }

json shown(const Card& c) {
  return {{"key", c.key}, {"title", c.title}, {"year", c.year}, {"authors", c.authors}, {"summary", c.summary}};
}

std::string verdict_words(const Opinion& opinion) {
  std::string out;
  for (const std::string& r : opinion.reasons) out += "- " + r + "\n";
  for (const std::string& r : opinion.required_changes) out += "- required: " + r + "\n";
  return out;
}

std::vector<std::string> place_names(const Design& design) {
  std::vector<std::string> out;
  for (const SlotPath& path : all_paths(design)) out.push_back(path.empty() ? "root" : path);
  return out;
}

}  // namespace

Brief draw_brief(const Experiment& experiment, const DesignName& design) {
  const auto& settings = experiment.settings();
  const auto parents = read_parents(experiment, design.generation);
  Stream stream("brief", {uint64_t(settings.seed), uint64_t(design.generation), uint64_t(design.slot)});
  const double u = stream.next_uniform();
  Brief out;
  out.hint = read_file_if_exists(experiment.root() / "hint.md").value_or("");
  const size_t first = stream.next_below(parents.size());
  if (u < settings.propose.p_crossover && parents.size() > 1) {
    const size_t second = (first + 1 + stream.next_below(parents.size() - 1)) % parents.size();
    out.kind = "crossover", out.parents = {parents[first], parents[second]};
  } else if (u >= settings.propose.p_crossover && u < settings.propose.p_crossover + settings.propose.p_scratch) {
    out.kind = "scratch";
  } else {
    out.kind = "mutation", out.parents = {parents[first]};
  }
  return out;
}

Drafting::Drafting(Session& session, const Library& library, Brief brief)
    : session_(session), library_(library), brief_(std::move(brief)) {}

Drafting::Found Drafting::search(const std::string& call, const std::string& purpose, int attempt,
                                 const std::string& task) {
  const int rounds = session_.desk().settings().search_rounds;
  const json schema =
      object_schema({{"queries", texts_property()}, {"notes", text_property()}, {"ready", {{"type", "boolean"}}}});
  // As the reference: fewer searches are forced on later attempts.
  const int least = std::max(std::min(2, rounds) - (attempt - 1), 0);
  Found found;
  for (int round = 1; round <= rounds; ++round) {
    json values{{"design", session_.design().text()},
                {"purpose", purpose},
                {"attempt", attempt},
                {"round", round},
                {"rounds", rounds},
                {"task", task},
                {"notes", found.notes},
                {"papers", found.papers}};
    json answer;
    try {
      answer =
          session_.ask_json(Role::kSearcher, call + "/search-" + std::to_string(round), "searcher", values, schema);
    } catch (const UnreadableAnswer& fault) {
      log_debug(session_.design().text() + ": " + fault.what());
      break;
    }
    found.notes = answer.at("notes");
    if (answer.at("ready").get<bool>() && round > least) break;
    json papers = json::array();
    std::vector<std::string> seen;
    for (const json& query : answer.at("queries"))
      for (const Card& card : library_.search(query.get<std::string>(), 4))
        if (const std::string words = words_to_judge(card.title + "\n" + card.summary); !words.empty())
          log_warning("the card '" + card.key + "' gives orders to its reader ('" + words + "') and is left out");
        else if (int(papers.size()) < kPapers && std::find(seen.begin(), seen.end(), card.key) == seen.end())
          seen.push_back(card.key), papers.push_back(shown(card));
    if (!papers.empty()) found.papers = papers;
  }
  return found;
}

Draft Drafting::draft(int attempt, const Draft* last) {
  const Experiment& experiment = session_.desk().experiment();
  std::vector<std::string> names;
  for (const Parent& p : brief_.parents) names.push_back(p.name);
  std::string task = "A new block, " + brief_.kind + ".";
  for (const Parent& p : brief_.parents) task += "\nParent " + p.name + ": " + tree_line(p.design, experiment.units());
  if (last) task += "\nThe last draft was \"" + last->title + "\"; it was refused:\n" + verdict_words(last->opinion);
  if (!brief_.hint.empty()) task += "\nWish: " + brief_.hint;
  const std::string call = "propose/" + std::to_string(attempt);
  const Found found = search(call, "propose a new block", attempt, task);
  const auto places =
      brief_.kind == "mutation" ? place_names(brief_.parents[0].design) : std::vector<std::string>{"root"};
  json values{{"design", session_.design().text()},
              {"attempt", attempt},
              {"attempts", experiment.settings().propose.attempts},
              {"kind", brief_.kind},
              {"places", places},
              {"parents", describe_parents(experiment, session_.design().generation, brief_.parents, true)},
              {"siblings", describe_siblings(experiment, session_.design(), names, 4)},
              {"failures", describe_failures(experiment, session_.design(), 6)},
              {"notes", found.notes},
              {"papers", found.papers},
              {"last", nullptr},
              {"hint", brief_.hint}};
  if (last)
    values["last"] = {{"text", "# " + last->title + "\n\n" + last->text}, {"verdict", verdict_words(last->opinion)}};
  const json schema = object_schema({{"title", text_property()},
                                     {"abstract", text_property()},
                                     {"proposal", text_property()},
                                     {"where", {{"type", "string"}}},
                                     {"changes", text_property()}});
  const auto check = [&](const json& answer) -> std::string {
    for (const char* key : {"title", "proposal"})
      if (answer.at(key).get<std::string>().find_first_not_of(" \n") == std::string::npos)
        return std::string("'") + key + "' is empty";
    const std::string where = answer.at("where");
    if (brief_.kind != "mutation" || std::find(places.begin(), places.end(), where) != places.end()) return "";
    const std::string near = nearest(where, places);
    return "'where' is '" + where + "', no slot of the parent" +
           (near.empty() ? "" : " (did you mean '" + near + "'?)");
  };
  const json answer = session_.ask_json(Role::kProposer, call + "/draft", "proposer", values, schema, check);
  Draft out;
  out.attempt = attempt;
  out.title = answer.at("title"), out.abstract = answer.at("abstract"), out.text = answer.at("proposal");
  std::replace(out.title.begin(), out.title.end(), '\n', ' ');
  if (last) out.changes = answer.at("changes");
  if (brief_.kind == "mutation" && answer.at("where") != "root") out.where = answer.at("where");
  return out;
}

Opinion Drafting::rate(const Draft& draft) {
  const Experiment& experiment = session_.desk().experiment();
  const std::string call = "review/" + std::to_string(draft.attempt);
  json relatives = json::array();
  for (const TextRelative& r : draft.relatives)
    relatives.push_back({{"name", r.name}, {"likeness", format_fixed(r.likeness, 2)}, {"text", r.text}});
  const Found found = search(call, "review a proposal: is it known, can it work", draft.attempt,
                             "# " + draft.title + "\n\n" + draft.abstract);
  const json values{{"design", session_.design().text()},
                    {"attempt", draft.attempt},
                    {"kind", brief_.kind},
                    {"where", draft.where},
                    {"title", draft.title},
                    {"proposal", draft.abstract + "\n\n" + draft.text},
                    {"changes", session_.desk().settings().rebuttal ? draft.changes : ""},
                    {"parents", describe_parents(experiment, session_.design().generation, brief_.parents, false)},
                    {"relatives", relatives},
                    {"notes", found.notes},
                    {"papers", found.papers}};
  const json schema = object_schema({{"rating", {{"type", "number"}, {"minimum", 0}, {"maximum", 5}}},
                                     {"reasons", texts_property()},
                                     {"required_changes", texts_property()}});
  const json answer = session_.ask_json(Role::kReviewer, call + "/rate", "reviewer", values, schema);
  return {answer.at("rating"), answer.at("reasons"), answer.at("required_changes")};
}

void Drafting::review(Draft& draft) {
  const Experiment& experiment = session_.desk().experiment();
  const AgentSettings& settings = session_.desk().settings();
  draft.accepted = false;
  if (const std::string words =
          words_to_judge(draft.title + "\n" + draft.abstract + "\n" + draft.text + "\n" + draft.changes);
      !words.empty()) {
    draft.opinion = {0, {"it speaks to its reviewer ('" + words + "') instead of making a case"}, {}};
    return;
  }
  draft.relatives =
      text_relatives(experiment, session_.design(), draft_page(session_.design().text(), draft), kRelatives);
  if (!draft.relatives.empty() && draft.relatives[0].likeness >= settings.near_text) {
    draft.opinion = {0,
                     {"nearly the same text as " + draft.relatives[0].name + " (likeness " +
                      format_fixed(draft.relatives[0].likeness, 2) + "): propose something else"},
                     {}};
    return;
  }
  try {
    draft.opinion = rate(draft);
    draft.accepted = draft.opinion.rating >= experiment.settings().review.accept_rating;
  } catch (const UnreadableAnswer& fault) {
    draft.opinion = {0, {fault.what()}, {}};
  } catch (const OverBudget& cap) {
    if (!cap.design) throw;
    draft.opinion = {0, {cap.what()}, {}};
  }
}

Draft Drafting::run() {
  const int attempts = session_.desk().experiment().settings().propose.attempts;
  std::optional<Draft> last;
  std::string fault;
  for (int attempt = 1; attempt <= attempts; ++attempt) {
    Draft now;
    try {
      now = draft(attempt, last ? &*last : nullptr);
    } catch (const UnreadableAnswer& unreadable) {
      fault = unreadable.what();
      continue;
    } catch (const OverBudget& cap) {
      if (!cap.design) throw;
      fault = cap.what();
      break;
    }
    review(now);
    log_debug(session_.design().text() + ", draft " + std::to_string(attempt) + ", \"" + now.title + "\": rated " +
              format_g(now.opinion.rating));
    last = now;
    if (now.accepted) break;
  }
  if (last) return *last;
  Draft none;
  none.title = "no proposal", none.text = "There is no draft: " + fault, none.readable = false;
  none.opinion.reasons = {"no proposal: " + fault};
  none.attempt = attempts;
  return none;
}

}  // namespace gradus
