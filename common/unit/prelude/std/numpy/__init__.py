"""numpy, as much as model code uses: constants, functions of numbers, and small arrays over tensors on the CPU. What gives
an array of no dimension gives a plain number. Files, views of memory and whatever is not listed are absent."""
import math

import torch
from numpy._array import (
    array, asarray, ascontiguousarray, bool_, complex64, complex128, double, float16, float32, float64, floating, generic, half,
    int8, int16, int32, int64, int_, integer, intp, longlong, ndarray, number, single, uint8, _data, _dtype, _result)

_max, _round, _all = max, round, all  # before numpy's own

pi, e, inf, nan, euler_gamma, newaxis = math.pi, math.e, math.inf, math.nan, 0.5772156649015329, None
PI, Inf, NaN, NAN = pi, inf, nan, nan
dtype = _dtype
__version__ = "2.0.0"


def _elementwise(name, plain=None, floating=True):
    function = getattr(torch, name)

    def apply(x, *args, **keywords):
        if plain is not None and isinstance(x, (bool, int, float)) and not args:
            try:
                return plain(x)
            except (ValueError, OverflowError, ZeroDivisionError):
                pass
        t = _data(x)
        if floating and not (t.is_floating_point() or t.is_complex()):
            t = t.double()
        return _result(function(t, *[_data(a) for a in args]))
    apply.__name__ = name
    return apply


sqrt = _elementwise("sqrt", math.sqrt)
exp = _elementwise("exp", math.exp)
expm1 = _elementwise("expm1", math.expm1)
log = _elementwise("log", math.log)
log2 = _elementwise("log2", math.log2)
log10 = _elementwise("log10", math.log10)
log1p = _elementwise("log1p", math.log1p)
sin, cos, tan = _elementwise("sin", math.sin), _elementwise("cos", math.cos), _elementwise("tan", math.tan)
arcsin, arccos, arctan = _elementwise("asin", math.asin), _elementwise("acos", math.acos), _elementwise("atan", math.atan)
sinh, cosh, tanh = _elementwise("sinh", math.sinh), _elementwise("cosh", math.cosh), _elementwise("tanh", math.tanh)
floor, ceil, trunc, rint = (_elementwise(n) for n in ("floor", "ceil", "trunc", "round"))
deg2rad, rad2deg = _elementwise("deg2rad"), _elementwise("rad2deg")
isnan, isinf, isfinite = (_elementwise(n, floating=False) for n in ("isnan", "isinf", "isfinite"))
abs = absolute = fabs = _elementwise("abs", floating=False)
sign, square = _elementwise("sign", floating=False), _elementwise("square", floating=False)
real, imag, conj, angle = (_elementwise(n, floating=False) for n in ("real", "imag", "conj_physical", "angle"))
logical_not = _elementwise("logical_not", floating=False)


def _binary(name):
    function = getattr(torch, name)

    def apply(a, b, **keywords):
        return _result(function(*torch.broadcast_tensors(_data(a), _data(b))))
    apply.__name__ = name
    return apply


maximum, minimum, gcd, lcm = (_binary(n) for n in ("maximum", "minimum", "gcd", "lcm"))
logical_and, logical_or, logical_xor = (_binary(n) for n in ("logical_and", "logical_or", "logical_xor"))


def hypot(a, b):
    return _result(torch.hypot(_data(a).double(), _data(b).double()))


def arctan2(a, b):
    return _result(torch.atan2(_data(a).double(), _data(b).double()))


def power(a, b):
    return array(a) ** b


def _spread(name, floating=False):
    function = getattr(torch, name)

    def apply(a, axis=None, dtype=None, keepdims=False, **keywords):
        t = _data(a)
        if floating and not (t.is_floating_point() or t.is_complex()):
            t = t.double()
        if dtype is not None:
            t = t.to(_dtype(dtype))
        if axis is None:
            return _result(function(t))
        if name == "prod" and isinstance(axis, tuple):
            raise NotImplementedError("np.prod over several axes")
        return _result(function(t, dim=axis, keepdim=keepdims))
    apply.__name__ = name
    return apply


sum, mean, amax, amin = _spread("sum"), _spread("mean", True), _spread("amax"), _spread("amin")
max, min = amax, amin
any, all = _spread("any"), _spread("all")


def prod(a, axis=None, **keywords):
    t = _data(a)
    if t.numel() == 0 and axis is None:
        return 1.0
    return _result(t.prod() if axis is None else t.prod(axis))


def std(a, axis=None, ddof=0, keepdims=False):
    return _result(torch.std(_data(a).double(), dim=axis, correction=ddof, keepdim=keepdims))


def var(a, axis=None, ddof=0, keepdims=False):
    return _result(torch.var(_data(a).double(), dim=axis, correction=ddof, keepdim=keepdims))


def median(a):
    values = sorted(_data(a).flatten().tolist())
    half = len(values) // 2
    return float(values[half]) if len(values) % 2 else (values[half - 1] + values[half]) / 2


def argmax(a, axis=None):
    return _result(torch.argmax(_data(a), dim=axis))


def argmin(a, axis=None):
    return _result(torch.argmin(_data(a), dim=axis))


def cumsum(a, axis=None):
    t = _data(a)
    return ndarray(t.flatten().cumsum(0) if axis is None else t.cumsum(axis))


def cumprod(a, axis=None):
    t = _data(a)
    return ndarray(t.flatten().cumprod(0) if axis is None else t.cumprod(axis))


def round(a, decimals=0):
    return _round(a, decimals) if isinstance(a, (int, float)) else _result(torch.round(_data(a), decimals=decimals))


around = round


def clip(a, a_min=None, a_max=None):
    return _result(torch.clamp(_data(a), a_min, a_max))


def where(condition, x=None, y=None):
    if x is None:
        return tuple([ndarray(t) for t in torch.nonzero(_data(condition), as_tuple=True)])
    return _result(torch.where(_data(condition), *torch.broadcast_tensors(_data(x), _data(y))))


def _shape(shape):
    return (shape,) if isinstance(shape, int) else tuple(shape)


def zeros(shape, dtype=None):
    return ndarray(torch.zeros(_shape(shape), dtype=_dtype(dtype)))


def ones(shape, dtype=None):
    return ndarray(torch.ones(_shape(shape), dtype=_dtype(dtype)))


empty = zeros


def full(shape, fill_value, dtype=None):
    given = _dtype(dtype) if dtype is not None else _data(fill_value).dtype
    return ndarray(torch.full(_shape(shape), fill_value, dtype=given))


def zeros_like(a, dtype=None):
    return zeros(_data(a).shape, dtype or _data(a).dtype)


def ones_like(a, dtype=None):
    return ones(_data(a).shape, dtype or _data(a).dtype)


def full_like(a, fill_value, dtype=None):
    return full(_data(a).shape, fill_value, dtype or _data(a).dtype)


def arange(start, stop=None, step=1, dtype=None):
    start, stop = (0, start) if stop is None else (start, stop)
    whole = _all([isinstance(x, int) for x in (start, stop, step)])
    kind = _dtype(dtype) if dtype is not None else torch.int64 if whole else torch.float64
    return ndarray(torch.arange(start, stop, step, dtype=kind))


def linspace(start, stop, num=50, endpoint=True, dtype=None):
    step = (stop - start) / _max(num - 1 if endpoint else num, 1)
    values = [start + step * k for k in range(num)]
    if endpoint and num > 1:
        values[-1] = stop
    return array(values, dtype or float64)


def logspace(start, stop, num=50, endpoint=True, base=10.0):
    return array([base ** x for x in linspace(start, stop, num, endpoint).tolist()], float64)


def geomspace(start, stop, num=50):
    return array([start * (stop / start) ** (k / _max(num - 1, 1)) for k in range(num)], float64)


def eye(N, M=None, k=0, dtype=None):
    t = torch.ones(N, M or N, dtype=_dtype(dtype))
    return ndarray(torch.triu(torch.tril(t, k), k))


identity = eye


def diag(v, k=0):
    return ndarray(torch.diag(_data(v), k))


def tril(m, k=0):
    return ndarray(torch.tril(_data(m), k))


def triu(m, k=0):
    return ndarray(torch.triu(_data(m), k))


def outer(a, b):
    return array(a).reshape(-1, 1) * array(b).reshape(1, -1)


def dot(a, b):
    a, b = _data(a), _data(b)
    return _result(a * b if a.dim() == 0 or b.dim() == 0 else a @ b)


matmul = dot


def einsum(equation, *operands):
    return _result(torch.einsum(equation, *[_data(x) for x in operands]))


def transpose(a, axes=None):
    return array(a).transpose(axes)


def reshape(a, newshape):
    return array(a).reshape(newshape)


def concatenate(arrays, axis=0):
    return ndarray(torch.cat([_data(x) for x in arrays], dim=axis))


def stack(arrays, axis=0):
    return ndarray(torch.stack([_data(x) for x in arrays], dim=axis))


def expand_dims(a, axis):
    return ndarray(_data(a).unsqueeze(axis))


def squeeze(a, axis=None):
    return ndarray(_data(a).squeeze() if axis is None else _data(a).squeeze(axis))


def tile(a, reps):
    return ndarray(torch.tile(_data(a), _shape(reps)))


def repeat(a, repeats, axis=None):
    t = _data(a)
    return ndarray(torch.repeat_interleave(t.flatten() if axis is None else t, repeats, 0 if axis is None else axis))


def flip(a, axis=None):
    t = _data(a)
    return ndarray(torch.flip(t, list(range(t.dim())) if axis is None else [axis]))


def sort(a, axis=-1):
    return ndarray(torch.sort(_data(a), dim=axis).values)


def argsort(a, axis=-1):
    return ndarray(torch.argsort(_data(a), dim=axis))


def meshgrid(*arrays, indexing="xy"):
    return [ndarray(t) for t in torch.meshgrid(*[_data(a) for a in arrays], indexing=indexing)]


def unique(a):
    return ndarray(torch.unique(_data(a)))


def allclose(a, b, rtol=1e-05, atol=1e-08):
    return torch.allclose(_data(a).double(), _data(b).double(), rtol, atol)


def isclose(a, b, rtol=1e-05, atol=1e-08):
    return _result(torch.isclose(_data(a).double(), _data(b).double(), rtol, atol))


def array_equal(a, b):
    return _data(a).shape == _data(b).shape and bool((_data(a) == _data(b)).all())


def isscalar(x):
    return isinstance(x, (bool, int, float, complex, str))


def shape(a):
    return tuple(_data(a).shape)


def ndim(a):
    return _data(a).dim()


def finfo(kind):
    return torch.finfo(_dtype(kind))


def iinfo(kind):
    return torch.iinfo(_dtype(kind))


def errstate(**keywords):
    from contextlib import nullcontext
    return nullcontext()


def set_printoptions(*args, **keywords):
    pass


from numpy import linalg, random
