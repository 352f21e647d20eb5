/// Which passes of the causality check run, in which order, for how many FLOPs (design.md §5.4).
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "check/causality.h"
#include "check/growth.h"

namespace gradus {

inline constexpr int64_t kShort = 64;  // tokens, where every cut is tested

/// FLOPs of a call from counts at two lengths, a T + b T²; an operator call counts as what it costs beside them.
class CallCost {
 public:
  CallCost(const CostPoint& at_half, const CostPoint& at_whole);
  double operator()(double rows, int64_t length) const;

 private:
  double a_, b_;                  // FLOPs a row: a T + b T²
  double calls_ = 0, fixed_ = 0;  // operator calls: by token where the unit loops over them, else of any length
};

/// The opened model for most passes, the others for some.
struct Subjects {
  Subject& opened;
  Subject& initial;
  Subject& scrambled;
};

struct Pass {
  std::string name;
  Subject* subject = nullptr;
  double flops = 0;
  bool always = false;  // whatever the budget
  bool beyond = false;  // longer than the context: a unit may refuse such lengths
  int64_t length = 64;
  size_t n_cuts = 0;     // of length − 1
  bool lenient = false;  // scrambled weights: an error or a value that is not finite says nothing
  std::function<Leak()> run;
};

/// All passes, the most telling first. `literals`: whole numbers of the units' sources, where lengths and cuts may
/// matter. `flops`: of the full tier, which the long passes are sized by. `exhaustive`: every kind × nature × mode ×
/// length.
std::vector<Pass> causality_passes(const Subjects& subjects, const CallCost& cost, int64_t context,
                                   const std::set<int64_t>& literals, double tolerance, uint64_t key, double flops,
                                   bool exhaustive);

/// Whole numbers from 2 to `most` that occur in the units' sources or arguments.
std::set<int64_t> source_literals(const Design& design, const UnitStore& units, int64_t most);

}  // namespace gradus
