/// Batch independence (design.md §5.5): no row's output may depend on the other rows, on their number or their order.
#pragma once

#include "check/causality.h"

namespace gradus {

/// Others changed, ×30, made equal to the row; rows permuted, dropped; every row alone. In a mode with random draws
/// only calls of one shape are compared.
Leak try_batch(Subject& subject, Mode mode, int64_t length, double tolerance, uint64_t key);

}  // namespace gradus
