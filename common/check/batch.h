/// Batch independence, determinism and statelessness (design.md §5.5), as relative differences that should be rounding.
#pragma once

#include <string>

#include "check/causality.h"

namespace gradus {

struct BatchResult {
  double neighbours = 0;  // row 0 when the other rows change
  double order = 0;       // rows permuted, and back
  double alone = 0;       // each of a few rows at B = 1
  double repeat = 0;      // the same input twice through one instance
};
BatchResult measure_batch(const SequenceFunction& f, int64_t d_model, int64_t length, uint64_t key);

}  // namespace gradus
