/// Proposals by language models: literature search, draft, adversarial review, rebuttal, until one is accepted or the
/// attempts are used up (reference/genesys.md §3.2). The reviewer never sees the rating that it takes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/briefing.h"
#include "agent/library.h"
#include "agent/session.h"

namespace gradus {

/// What a design is to be: drawn from the experiment's seed and the design's numbers.
struct Brief {
  std::string kind;  // scratch, mutation, crossover
  std::vector<Parent> parents;
  std::string hint;  // of the people: EXP/hint.md, may be empty
};
Brief draw_brief(const Experiment& experiment, const DesignName& design);
/// What it was, from origin.yaml.
Brief read_brief(const Experiment& experiment, const Origin& origin);

struct Opinion {
  double rating = 0;
  std::vector<std::string> reasons, required_changes;
};
struct Draft {
  std::string title, abstract, text, changes;
  SlotPath where;  // of a mutation: the unit that is rewritten; "" the block itself
  int attempt = 0;
  std::vector<TextRelative> relatives;
  bool readable = true, accepted = false;
  Opinion opinion;  // the reviewer's; of a near-duplicate or an unreadable draft: why it was refused
};

/// proposal.md of a draft.
std::string draft_page(const std::string& design_name, const Draft& draft);
/// The other way, for who reviews a page later.
Draft read_draft(const std::string& page, const Origin& origin);

class Drafting {
 public:
  Drafting(Session& session, const Library& library, Brief brief);
  /// The accepted draft, else the last one.
  Draft run();
  /// The reviewer's word on one draft; refuses near-duplicates unasked.
  void review(Draft& draft);

 private:
  struct Found {
    std::string notes;
    nlohmann::json papers = nlohmann::json::array();
  };
  Found search(const std::string& call, const std::string& purpose, int attempt, const std::string& task);
  Draft draft(int attempt, const Draft* last);
  Opinion rate(const Draft& draft);

  Session& session_;
  const Library& library_;
  Brief brief_;
};

/// Writes a design's directory from the drafts of models: origin.yaml and proposal.md; of what no model could say, a
/// refusing review.yaml beside them. False: the slot was taken meanwhile.
bool place_draft(Session& session, const Brief& brief, const Draft& draft);
/// review.yaml of a design that has a proposal and no tree.
Review review_proposal(Session& session, const Library& library);

}  // namespace gradus
