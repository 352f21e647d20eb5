/// Operators that the hooks call without a search: arithmetic, comparison, indexing.
#pragma once

#include <array>

#include "unit/tensor/dispatch.h"

namespace gradus {

struct TensorState::Fast {
  explicit Fast(Interpreter& in);
  struct Binary {
    Overload tensor, in_place;
    bool number_on_left;  // a number may stand on the left, wrapped
  };
  // Indexed by syntax::Op, kAdd … kBitAnd; comparisons kEqual … kGreaterEqual.
  std::vector<std::optional<Binary>> binary;
  std::vector<std::optional<std::pair<Overload, Overload>>> compare;  // Tensor, Scalar
  Overload pow_scalar, pow_left, rsub, neg, bitwise_not, positive, floor_divide, reciprocal, mul;
  Overload select, slice, unsqueeze, alias, index, index_put, copy, nonzero, view, expand, detach, to_dtype, permute,
      reshape, numel, t, transpose, matmul, repeat, sum, mean, amax, amin, prod, any, all, einsum, cat, fill, zeros,
      real, imag, adjoint;
};

inline TensorState::Fast& fast(Interpreter& in) { return *tensor_state(in).fast; }

}  // namespace gradus
