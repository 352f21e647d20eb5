/// What an experiment may spend (rules.budget), has spent, is committed to by decisions whose runs are not settled, and
/// has left; and how many may climb within that.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "design/experiment.h"

namespace gradus {

struct RungSpending {
  std::string scale;
  int designs = 0;             // candidates and audits that decisions have sent to the rung, all generations together
  int64_t runs = 0, open = 0;  // trained, and asked for but not trained
  double run_flops = 0;        // of the GPT2 seed's run there
};
struct Spending {
  std::string unit;  // designs, flops, gpu_hours
  double cap = 0;    // 0: none; designs: of the lowest rung
  double spent = 0, committed = 0;
  double hours_per_flop = 0;  // measured on the runs so far; 0: none yet
  double generation = 0;      // forecast of one more, in the unit of a cap of flops or gpu_hours; 0: not known
  std::vector<RungSpending> rungs;
  double left() const { return cap - spent - committed; }
};

/// Spent FLOPs are those recorded; committed ones are forecast as the seed's. GPU-hours are the trainer's and the
/// evaluator's seconds in the ledger, committed ones by the FLOPs an hour so far.
/// `without`: a decision that is being made again, as if it were not there.
struct DecisionName {
  int generation = 0;
  std::string stage;
};
Spending read_spending(const Experiment& experiment, const DecisionName& without = {});

/// "budget: 12 designs at nano, 3 at micro; 1.2e+15 flops spent, 3e+14 committed, 4e+15 left of
/// 5.5e+15; a generation takes about 2e+14".
std::string describe(const Spending& spending);

/// Designs that may still be sent to a rung, each with `seeds` runs there; none: no cap. With the unit designs a rung's
/// cap is a quarter of that of the rung below, at least 1, and the last rung opens only when all below are spent, if
/// there are three or more.
std::optional<int> allowance(const Spending& spending, size_t level, double runs_each);

/// The reference's dynamic hand-out: a quarter of what the rung below has used, all generations together, less what
/// this rung has; at least 0.
int quarter_allowance(const Spending& spending, size_t level);

}  // namespace gradus
