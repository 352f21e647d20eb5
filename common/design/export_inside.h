/// Inside export: a design's units as functions of one Python file, and the tree that joins them.
#pragma once

#include <set>
#include <string>

#include "design/scales.h"
#include "design/store.h"
#include "design/tree.h"

namespace gradus {

struct ExportedUnits {
  std::set<std::string> futures;  // lines `from __future__ import …`, which must open the file
  std::string constants;          // D_MODEL, N_BLOCKS, VOCABULARY, CONTEXT = …
  std::string functions;          // a function a unit, a variable for each class, `def block(layer)`
  bool carries = false;           // blocks take and return a carry
};

ExportedUnits export_units(const Design& design, const UnitStore& units, const Shape& shape, double fit_multiplier);

}  // namespace gradus
