/// From an experiment and a place in it to a proposal on disk: origin.yaml, proposal.md, candidate.yaml.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/genetic.h"
#include "agent/novelty.h"
#include "design/experiment.h"

namespace gradus {

/// The generation that takes proposals: the newest with drawn parents, else 1. Throws Error where it is closed already.
int open_generation(const Experiment& experiment);

/// Parents of a generation: selected/gNNN-parents.yaml; of generation 1, where nothing was selected, the baselines.
std::vector<Parent> read_parents(const Experiment& experiment, int generation);

/// Slots for `-n`: the generation's free slots, at most max(proposals, n) in all, and where fewer than n are free,
/// those that are there: the same command twice names the same designs.
std::vector<DesignName> slots_for(const Experiment& experiment, int generation, int n);

class Proposer {
 public:
  /// Parents come from selected/gNNN-parents.yaml; of generation 1, where nothing was selected, from the baselines.
  Proposer(const Experiment& experiment, int generation);

  struct Made {
    Origin origin;
    bool claimed = false;
  };  // claimed: false where the slot was taken meanwhile
  /// Proposes for a slot and writes its directory. The draws are a function of the experiment's seed, the generation,
  /// the slot and the attempt; an attempt that repeats a known design, does not fit or costs too much is followed by
  /// the next, up to propose.attempts. nullopt where not even one new tree was found.
  std::optional<Made> propose(const DesignName& slot);

  const std::vector<Parent>& parents() const { return parents_; }

 private:
  std::optional<GeneticEngine::Proposal> draw(const DesignName& slot);
  bool repeats(const std::string& identity) const;

  const Experiment& experiment_;
  int generation_;
  UnitStore units_;
  std::vector<Parent> parents_;
  std::optional<UnitPool> pool_;
  std::optional<GeneticEngine> engine_;
  std::vector<KnownDesign> known_;
};

}  // namespace gradus
