#include "unit/tensor/fast.h"

namespace gradus {

using syntax::Op;

TensorState::Fast::Fast(Interpreter& in)
    : pow_scalar(find_overload(in, "pow", "Tensor_Scalar")),
      pow_left(find_overload(in, "pow", "Scalar")),
      rsub(find_overload(in, "rsub", "Tensor")),
      neg(find_overload(in, "neg", "")),
      bitwise_not(find_overload(in, "bitwise_not", "")),
      positive(find_overload(in, "positive", "")),
      floor_divide(find_overload(in, "floor_divide", "")),
      reciprocal(find_overload(in, "reciprocal", "")),
      mul(find_overload(in, "mul", "Tensor")),
      select(find_overload(in, "select", "int")),
      slice(find_overload(in, "slice", "Tensor")),
      unsqueeze(find_overload(in, "unsqueeze", "")),
      alias(find_overload(in, "alias", "")),
      index(find_overload(in, "index", "Tensor")),
      index_put(find_overload(in, "index_put_", "")),
      copy(find_overload(in, "copy_", "")),
      nonzero(find_overload(in, "nonzero", "")),
      view(find_overload(in, "view", "")),
      expand(find_overload(in, "expand", "")),
      detach(find_overload(in, "detach", "")),
      to_dtype(find_overload(in, "to", "dtype")),
      permute(find_overload(in, "permute", "")),
      reshape(find_overload(in, "reshape", "")),
      numel(find_overload(in, "numel", "")),
      t(find_overload(in, "t", "")),
      transpose(find_overload(in, "transpose", "int")),
      matmul(find_overload(in, "matmul", "")),
      repeat(find_overload(in, "repeat", "")),
      sum(find_overload(in, "sum", "dim_IntList")),
      mean(find_overload(in, "mean", "dim")),
      amax(find_overload(in, "amax", "")),
      amin(find_overload(in, "amin", "")),
      prod(find_overload(in, "prod", "dim_int")),
      any(find_overload(in, "any", "dims")),
      all(find_overload(in, "all", "dims")),
      einsum(find_overload(in, "einsum", "")),
      cat(find_overload(in, "cat", "")),
      fill(find_overload(in, "fill_", "Tensor")),
      zeros(find_overload(in, "zeros", "")),
      real(find_overload(in, "real", "")),
      imag(find_overload(in, "imag", "")),
      adjoint(find_overload(in, "adjoint", "")) {
  binary.resize(64);
  compare.resize(64);
  auto add = [&](Op op, const char* name, const char* overload, bool left) {
    binary[static_cast<size_t>(op)].emplace(
        Binary{find_overload(in, name, overload), find_overload(in, std::string(name) + "_", overload), left});
  };
  add(Op::kAdd, "add", "Tensor", true);
  add(Op::kSub, "sub", "Tensor", true);
  add(Op::kMul, "mul", "Tensor", true);
  add(Op::kDiv, "div", "Tensor", true);
  add(Op::kMod, "remainder", "Tensor", true);
  binary[static_cast<size_t>(Op::kPow)].emplace(
      Binary{find_overload(in, "pow", "Tensor_Tensor"), find_overload(in, "pow_", "Tensor"), true});
  binary[static_cast<size_t>(Op::kFloorDiv)].emplace(
      Binary{find_overload(in, "floor_divide", ""), find_overload(in, "floor_divide_", "Tensor"), true});
  add(Op::kBitAnd, "bitwise_and", "Tensor", true);
  add(Op::kBitOr, "bitwise_or", "Tensor", true);
  add(Op::kBitXor, "bitwise_xor", "Tensor", true);
  add(Op::kLeftShift, "bitwise_left_shift", "Tensor", true);
  add(Op::kRightShift, "bitwise_right_shift", "Tensor", true);
  auto relate = [&](Op op, const char* name) {
    compare[static_cast<size_t>(op)].emplace(find_overload(in, name, "Tensor"), find_overload(in, name, "Scalar"));
  };
  relate(Op::kEqual, "eq");
  relate(Op::kNotEqual, "ne");
  relate(Op::kLess, "lt");
  relate(Op::kLessEqual, "le");
  relate(Op::kGreater, "gt");
  relate(Op::kGreaterEqual, "ge");
}

}  // namespace gradus
