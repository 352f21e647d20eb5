// Drafts on disk: proposal.md, origin.yaml, review.yaml.
#include <algorithm>

#include "agent/drafting.h"
#include "agent/proposer.h"
#include "base/error.h"

namespace gradus {

namespace {

constexpr const char* kAnswer = "\n## Answer to the reviewer\n\n";

Review refusal(const Draft& draft) {
  Review review;
  review.reasons = draft.opinion.reasons;
  return review;
}

}  // namespace

std::string draft_page(const std::string& design_name, const Draft& draft) {
  return "# " + design_name + ": " + draft.title + "\n\n" + draft.abstract + "\n\n" + draft.text + "\n" +
         (draft.changes.empty() ? "" : kAnswer + draft.changes + "\n");
}

Draft read_draft(const std::string& page, const Origin& origin) {
  Draft draft;
  const size_t end = page.find('\n'), colon = page.find(": ");
  draft.title =
      page.substr(colon < end ? colon + 2 : 0, (end == page.npos ? page.size() : end) - (colon < end ? colon + 2 : 0));
  std::string rest = end == page.npos ? "" : page.substr(end + 1);
  rest.erase(0, rest.find_first_not_of('\n') == rest.npos ? rest.size() : rest.find_first_not_of('\n'));
  if (const size_t answer = rest.rfind(kAnswer); answer != rest.npos) {
    draft.changes = rest.substr(answer + std::string(kAnswer).size());
    rest.resize(answer);
  }
  const size_t paragraph = rest.find("\n\n");
  draft.abstract = rest.substr(0, paragraph);
  draft.text = paragraph == rest.npos ? "" : rest.substr(paragraph + 2);
  for (std::string* text : {&draft.abstract, &draft.text, &draft.changes})
    while (!text->empty() && text->back() == '\n') text->pop_back();
  draft.where = origin.where;
  draft.attempt = std::max(1, origin.attempt);
  return draft;
}

Brief read_brief(const Experiment& experiment, const Origin& origin) {
  Brief brief{origin.operation, {}, ""};
  for (const std::string& name : origin.parents) {
    const auto d = DesignName::parse(name);
    if (!d) throw Error("'" + name + "' among the parents in origin.yaml is no design");
    brief.parents.push_back({name, experiment.read_tree(*d)});
  }
  return brief;
}

bool place_draft(Session& session, const Brief& brief, const Draft& draft) {
  const Experiment& experiment = session.desk().experiment();
  Origin origin;
  for (const Parent& p : brief.parents) origin.parents.push_back(p.name);
  origin.operation = draft.readable ? brief.kind : "none";
  origin.where = draft.where;
  origin.rationale = draft.title;
  origin.agent = session.model(Role::kProposer);
  origin.attempt = draft.attempt;
  origin.tokens = session.tokens(), origin.dollars = session.dollars();
  origin.experiment = experiment.settings_hash();
  return commit_directory(experiment.directory(session.design()), [&](const Path& to) {
    write_yaml(to / "origin.yaml", origin);
    write_file(to / "proposal.md", draft_page(session.design().text(), draft));
    if (!draft.readable) write_yaml(to / "review.yaml", refusal(draft));
  });
}

Review review_proposal(Session& session, const Library& library) {
  const Experiment& experiment = session.desk().experiment();
  const Path directory = experiment.directory(session.design());
  const auto origin = read_yaml<Origin>(directory / "origin.yaml");
  Draft draft = read_draft(read_file(directory / "proposal.md"), origin);
  const Brief brief = read_brief(experiment, origin);
  Drafting(session, library, brief).review(draft);
  Review review;
  review.accepted = draft.accepted;
  review.rating = draft.opinion.rating;
  review.reasons = draft.opinion.reasons;
  for (const std::string& r : draft.opinion.required_changes) review.reasons.push_back("required: " + r);
  for (const TextRelative& r : draft.relatives) review.relatives.push_back(r.name);
  review.novelty = 1 - (draft.relatives.empty() ? 0 : draft.relatives.front().likeness);
  return review;
}

}  // namespace gradus
