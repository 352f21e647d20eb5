/// Refuses, before it is tried, what would allocate more than Limits::tensor_bytes.
#pragma once

#include "unit/tensor/state.h"

namespace gradus {

/// Looks at the arguments on the stack by the operator's SizeCheck; raises MemoryError naming the shape.
void check_sizes(Interpreter&, const Overload&, const c10::Stack&);

/// `empty` gives NaN (or a large negative integer): what a unit reads before it wrote shows.
void fill_nan(c10::Stack& results);

}  // namespace gradus
