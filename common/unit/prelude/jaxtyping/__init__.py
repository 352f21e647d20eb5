"""Annotations of tensors: inert."""

from typing import _Inert

Float, Float16, Float32, Float64, BFloat16 = [_Inert(n) for n in ("Float", "Float16", "Float32", "Float64", "BFloat16")]
Int, Int8, Int16, Int32, Int64, UInt8 = [_Inert(n) for n in ("Int", "Int8", "Int16", "Int32", "Int64", "UInt8")]
Bool, Integer, Num, Inexact, Real, Complex, Shaped = [
    _Inert(n) for n in ("Bool", "Integer", "Num", "Inexact", "Real", "Complex", "Shaped")]
Array, ArrayLike, Scalar, PyTree = [_Inert(n) for n in ("Array", "ArrayLike", "Scalar", "PyTree")]
AbstractDtype = _Inert("AbstractDtype")


def jaxtyped(function=None, *, typechecker=None):
    return function if function is not None else (lambda f: f)
