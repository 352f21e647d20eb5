/// The proposer that needs no model: typed operators on the tree of a design. What it proposes is lawful by
/// construction (design.md §4.3) and comes with a written rationale. It is the control for every claim about agents.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/pool.h"
#include "base/rng.h"
#include "design/experiment.h"
#include "design/files.h"

namespace gradus {

struct Parent {
  std::string name;  // "g000-000", or a built-in design's name
  Design design;
};

/// A changed tree and what was done to it.
struct Change {
  Design design;
  std::string operation;  // rebind, graft, argument, wrap, parallel, crossover, scratch
  SlotPath where;
  std::string what;   // "in slot 'mixer' LinearAttention takes the place of Attention"
  std::string why;    // "state of fixed size instead of all earlier keys"
  std::string donor;  // graft, crossover: whose subtree
};

/// What became of an operator's designs: `won` of `tried` trained better than the baseline; refused ones are tried.
struct OperatorRecord {
  int tried = 0, won = 0;
};
using OperatorRecords = std::map<std::string, OperatorRecord>;  // by operation
/// From origin.yaml, check.yaml and selected/ of all generations. Designs that have not been trained yet do not count.
OperatorRecords read_operator_records(const Experiment& experiment);

class GeneticEngine {
 public:
  /// donors: trees to graft from besides the parents, such as the built-in designs. records: operators that have won
  /// more often than the others are drawn more often.
  GeneticEngine(const UnitPool& pool, std::vector<Parent> donors, OperatorRecords records = {})
      : pool_(pool), donors_(std::move(donors)), records_(std::move(records)) {}

  // Operators: nullopt where the draw finds nothing to do. All draws come from the stream.
  std::optional<Change> rebind(const Design& design, Stream& stream) const;
  std::optional<Change> graft(const Design& design, Stream& stream) const;
  std::optional<Change> argument(const Design& design, Stream& stream) const;
  std::optional<Change> wrap(const Design& design, Stream& stream) const;      // one more unit around a subtree
  std::optional<Change> parallel(const Design& design, Stream& stream) const;  // a second mixer beside the first
  std::optional<Change> crossover(const Design& design, const Parent& donor, Stream& stream) const;
  std::optional<Change> scratch(Stream& stream) const;

  struct Proposal {
    Design design;
    Origin origin;
    Change change;
  };
  /// One proposal by the settings' shares; nullopt when a hundred draws found none. Needs at least one parent.
  std::optional<Proposal> propose(const std::vector<Parent>& parents, const ProposeSettings& settings,
                                  Stream& stream) const;

  /// Shares of rebind, parallel, wrap, graft, argument: what we chose, times each one's rate of winning over all their
  /// rates, (won + 1) / (tried + 2) against the same of the sums, within a third and three times.
  std::vector<std::pair<std::string, double>> shares() const;

 private:
  std::optional<Change> mutate(const Design& design, Stream& stream) const;
  std::optional<Change> enclose(const Design& design, bool two_mixers, Stream& stream) const;
  SlotPath draw_path(const Design& design, bool with_root, Stream& stream) const;

  const UnitPool& pool_;
  std::vector<Parent> donors_;
  OperatorRecords records_;
};

inline constexpr size_t kLargestTree = 24;  // units; beyond, a block is hard to read and slow

/// proposal.md: the argument for a proposal, a page to read.
std::string proposal_page(const std::string& design_name, const GeneticEngine::Proposal& proposal,
                          const std::vector<Parent>& parents, const UnitPool& pool);

}  // namespace gradus
