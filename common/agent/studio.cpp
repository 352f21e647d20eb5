#include "agent/studio.h"

namespace gradus {

Studio::Studio(const Path& root, Desk::Mode mode)
    : experiment_(root), desk_(experiment_, mode), library_(root / "library"), checker_(experiment_) {}

Proposer::Made Studio::propose(const DesignName& design) {
  Session session(desk_, design);
  const Brief brief = draw_brief(experiment_, design);
  const Draft draft = Drafting(session, library_, brief).run();
  Proposer::Made made;
  made.claimed = place_draft(session, brief, draft);
  made.origin = read_yaml<Origin>(experiment_.directory(design) / "origin.yaml");
  return made;
}

Review Studio::review(const DesignName& design) {
  Session session(desk_, design);
  return review_proposal(session, library_);
}

Writing::Result Studio::implement(const DesignName& design) {
  Session session(desk_, design);
  const Path directory = experiment_.directory(design);
  const auto origin = read_yaml<Origin>(directory / "origin.yaml");
  const Draft draft = read_draft(read_file(directory / "proposal.md"), origin);
  return Writing(session, checker_, draft, read_brief(experiment_, origin)).run();
}

Studio& studio_of(const Path& root, const Args& args) {
  static std::map<std::string, std::unique_ptr<Studio>> all;
  auto& studio = all[std::filesystem::weakly_canonical(root).string()];
  if (!studio) studio = std::make_unique<Studio>(root, Desk::Mode{args.has("show-prompt"), args.has("replay")});
  return *studio;
}

std::vector<Option> studio_options(std::vector<Option> others) {
  others.push_back({"show-prompt", "", "print what a model would be asked next, and ask nobody"});
  others.push_back({"replay", "", "take answers of models from transcripts/ alone, and make all checks again"});
  return others;
}

bool is_proposal_alone(const Experiment& experiment, const DesignName& design) {
  const Path directory = experiment.directory(design);
  if (std::filesystem::exists(directory / "candidate.yaml")) return false;
  if (experiment.settings().propose.agent != "genetic" && std::filesystem::exists(directory / "proposal.md") &&
      design.generation > 0)
    return true;
  throw Error("'" + directory.string() + "' has no candidate.yaml: run propose first (baselines need no review)");
}

int show_prompts(const Args& args, const std::function<void(const Record&)>& work) {
  for (const Record& record : args.designs()) {
    try {
      work(record);
    } catch (const ShownPrompt& prompt) {
      print_text(prompt.text);
    }
  }
  return kDone;
}

}  // namespace gradus
