#include "agent/proposer.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "design/fit.h"

namespace gradus {
namespace {

std::vector<Parent> donors() {
  std::vector<Parent> out;
  for (const std::string& name : builtin_design_names()) out.push_back({name, builtin_design(name)});
  return out;
}

}  // namespace

std::vector<Parent> read_parents(const Experiment& experiment, int generation) {
  std::vector<Parent> out;
  const auto selection = experiment.read_selection(generation, "parents");
  if (!selection && generation > 1)
    throw Error("no parents of generation " + std::to_string(generation) +
                ": bin/select EXP --stage parents --generation " + std::to_string(generation));
  if (selection) {
    for (const Chosen& c : selection->chosen) {
      const auto d = DesignName::parse(c.design);
      if (!d) throw Error("'" + c.design + "' among the parents is no design");
      out.push_back({c.design, experiment.read_tree(*d)});
    }
  } else {
    for (const DesignName& d : experiment.designs(0)) out.push_back({d.text(), experiment.read_tree(d)});
  }
  if (out.empty()) throw Error("generation " + std::to_string(generation) + " has no parent");
  return out;
}

int open_generation(const Experiment& experiment) {
  int generation = 1;
  for (int g = 1; std::filesystem::exists(experiment.selection(g, "parents")); ++g) generation = g;
  if (std::filesystem::exists(experiment.selection(generation, "close")))
    throw Error("generation " + std::to_string(generation) +
                " is closed: bin/select EXP --stage parents --generation " + std::to_string(generation + 1) +
                " opens the next");
  return generation;
}

std::vector<DesignName> slots_for(const Experiment& experiment, int generation, int n) {
  const auto present = experiment.designs(generation);
  const int room = std::max(experiment.settings().proposals, n) - int(present.size());
  std::vector<DesignName> out = experiment.free_slots(generation, std::clamp(room, 0, n));
  for (auto d = present.rbegin(); d != present.rend() && int(out.size()) < n; ++d) out.push_back(*d);
  std::sort(out.begin(), out.end());
  return out;
}

Proposer::Proposer(const Experiment& experiment, int generation)
    : experiment_(experiment),
      generation_(generation),
      units_(experiment.units()),
      parents_(read_parents(experiment, generation)) {
  std::vector<Design> trees;
  for (const Parent& p : parents_) trees.push_back(p.design);
  pool_.emplace(units_, trees);
  engine_.emplace(*pool_, donors(), read_operator_records(experiment));
  known_ = known_designs(experiment, {generation + 1, 0});
}

bool Proposer::repeats(const std::string& identity) const {
  return std::any_of(known_.begin(), known_.end(), [&](const KnownDesign& k) { return k.design_id == identity; });
}

std::optional<GeneticEngine::Proposal> Proposer::draw(const DesignName& slot) {
  const auto& settings = experiment_.settings();
  std::optional<GeneticEngine::Proposal> fallback;
  for (int attempt = 0; attempt < settings.propose.attempts; ++attempt) {
    Stream stream("propose",
                  {uint64_t(settings.seed), uint64_t(slot.generation), uint64_t(slot.slot), uint64_t(attempt)});
    auto proposal = engine_->propose(parents_, settings.propose, stream);
    if (!proposal || repeats(design_id(proposal->design, units_))) continue;
    const Examination e = examine_in_child(experiment_, {proposal->design}).front();
    const Review review = judge(proposal->design, e, known_, settings.review);
    if (!fallback || review.accepted) fallback = proposal;
    if (!review.accepted) {
      log_debug(slot.text() + ", attempt " + std::to_string(attempt) + ": " + proposal->change.what + ": " +
                review.reasons.front());
      continue;
    }
    known_.push_back({slot.text(), proposal->design, e.design_id, e.trace_id, review.flops_ratio});
    return proposal;
  }
  // The reviewer says what is wrong with it: a "no" is a result.
  if (fallback) known_.push_back({slot.text(), fallback->design, design_id(fallback->design, units_), {}, 0});
  return fallback;
}

std::optional<Proposer::Made> Proposer::propose(const DesignName& slot) {
  auto proposal = draw(slot);
  if (!proposal) return std::nullopt;
  proposal->origin.experiment = experiment_.settings_hash();
  for (const SlotPath& path : all_paths(proposal->design))
    units_.add(units_.source(find_node(proposal->design, path)->unit));
  Made made{proposal->origin};
  made.claimed = commit_directory(experiment_.directory(slot), [&](const Path& temporary) {
    write_yaml(temporary / "origin.yaml", proposal->origin);
    write_file(temporary / "proposal.md", proposal_page(slot.text(), *proposal, parents_, *pool_));
    write_file(temporary / "candidate.yaml", to_yaml(write_design(proposal->design)));
  });
  return made;
}

}  // namespace gradus
