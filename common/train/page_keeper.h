/// An allocator for tensors on the CPU that keeps what it has: freed blocks wait in lists by size for the next tensor
/// of that size, as a step asks for the same sizes again and again. malloc gives large blocks back to the system, which
/// zeroes them again (a third of an eager step), or, told not to, merges and splits them (a quarter of a nano step).
#pragma once

namespace gradus {

/// Makes it libtorch's CPU allocator for the rest of the process. Idempotent.
void keep_tensor_pages();

}  // namespace gradus
