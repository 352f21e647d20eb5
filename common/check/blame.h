/// Which unit makes a difference: the same model runs on two inputs, and the first module to finish whose inputs agree
/// where they must and whose outputs do not is the one. It looks inside the whole model, so a unit that cannot stand
/// alone (a `function`, one with required inputs) is found as well.
#pragma once

#include <functional>
#include <string>

#include "check/causality.h"

namespace gradus {

struct Blame {
  SlotPath slot = "root";
  std::string where;  // "block 2, CausalConv1d in slot mixer"; empty: not localised
};
/// For a leak with both inputs known; a row of a batch or a prefix decides what must agree.
Blame blame_leak(Subject& subject, const Leak& leak);

/// The deepest slot whose unit fails `fails` alone, as the root of a model; the root when none can be tested.
SlotPath blame_alone(const Design& design, const UnitStore& units, const std::function<bool(const Design&)>& fails);

}  // namespace gradus
