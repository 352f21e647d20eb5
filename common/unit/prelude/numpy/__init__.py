# NumPy's constants and its functions of numbers, for models that take a square root with it. There are no arrays.
import math

from numpy import random

pi, e, euler_gamma, inf, nan, newaxis = math.pi, math.e, 0.5772156649015329, math.inf, math.nan, None
Inf = Infinity = inf
NaN = nan
float16 = float32 = float64 = float_ = double = float
int8 = int16 = int32 = int64 = uint8 = intp = int
bool_ = bool
integer, floating, number = int, float, (int, float)


class ndarray:
    def __init__(self, *args, **kwargs):
        _no_arrays("ndarray")


def _no_arrays(name):
    raise NotImplementedError(f"numpy.{name}: units have no NumPy arrays: use torch.{name}")


def _absent(name):
    return lambda *args, **kwargs: _no_arrays(name)


array, asarray, zeros, ones, empty, full, eye = [_absent(n) for n in ("tensor", "as_tensor", "zeros", "ones", "empty", "full", "eye")]
arange, linspace, logspace, concatenate, stack = [_absent(n) for n in ("arange", "linspace", "logspace", "cat", "stack")]
where, outer, dot, matmul, einsum, meshgrid = [_absent(n) for n in ("where", "outer", "dot", "matmul", "einsum", "meshgrid")]


def _of_number(name, function, domain=None):
    """A function of one number; out of its domain it is nan, as NumPy's are."""
    def of(x):
        if not isinstance(x, (int, float)):
            _no_arrays(name)
        x = float(x)
        try:
            return function(x)
        except ValueError:
            return (-inf if x == 0 else nan) if name.startswith("log") else nan
        except OverflowError:
            return inf
    of.__name__ = name
    return of


sqrt, exp, expm1 = _of_number("sqrt", math.sqrt), _of_number("exp", math.exp), _of_number("expm1", math.expm1)
log, log2, log10 = _of_number("log", math.log), _of_number("log2", math.log2), _of_number("log10", math.log10)
log1p = _of_number("log1p", math.log1p)
sin, cos, tan = _of_number("sin", math.sin), _of_number("cos", math.cos), _of_number("tan", math.tan)
arcsin, arccos, arctan = _of_number("asin", math.asin), _of_number("acos", math.acos), _of_number("atan", math.atan)
sinh, cosh, tanh = _of_number("sinh", math.sinh), _of_number("cosh", math.cosh), _of_number("tanh", math.tanh)
floor = _of_number("floor", lambda x: float(math.floor(x)) if math.isfinite(x) else x)
ceil = _of_number("ceil", lambda x: float(math.ceil(x)) if math.isfinite(x) else x)
trunc = _of_number("trunc", lambda x: float(math.trunc(x)) if math.isfinite(x) else x)
isnan, isinf, isfinite = _of_number("isnan", math.isnan), _of_number("isinf", math.isinf), _of_number("isfinite", math.isfinite)
deg2rad, rad2deg = _of_number("deg2rad", math.radians), _of_number("rad2deg", math.degrees)


def _number(x, name):
    return x if isinstance(x, (int, float)) else _no_arrays(name)


def abs(x):
    x = _number(x, "abs")
    return x if x >= 0 else -x


absolute = abs


def sign(x):
    return (_number(x, "sign") > 0) - (x < 0)


def square(x):
    return _number(x, "square") * x


def power(a, b):
    return _number(a, "pow") ** _number(b, "pow")


def arctan2(a, b):
    return math.atan2(_number(a, "atan2"), _number(b, "atan2"))


def hypot(a, b):
    return math.hypot(_number(a, "hypot"), _number(b, "hypot"))


def maximum(a, b):
    return nan if a != a or b != b else a if _number(a, "maximum") >= _number(b, "maximum") else b


def minimum(a, b):
    return nan if a != a or b != b else a if _number(a, "minimum") <= _number(b, "minimum") else b


def clip(a, low, high):
    return minimum(maximum(a, low), high)


def lcm(a, b):
    return math.lcm(a, b)


def gcd(a, b):
    return math.gcd(a, b)


def _round(a, decimals=0):
    return round(float(_number(a, "round")), decimals)


round_ = around = _round


def isclose(a, b, rtol=1e-05, atol=1e-08):
    return a == b or abs(a - b) <= atol + rtol * abs(b)


def _numbers(a, name):
    items = list(a) if isinstance(a, (list, tuple)) else [a]
    return [_number(x, name) for x in items]


def prod(a):
    return math.prod(_numbers(a, "prod"))


def sum(a):
    total = 0
    for x in _numbers(a, "sum"):
        total += x
    return total


def mean(a):
    items = _numbers(a, "mean")
    return sum(items) / len(items)


def max(a):
    found = _numbers(a, "max")
    return sorted(found)[-1]


def min(a):
    found = _numbers(a, "min")
    return sorted(found)[0]


def cumsum(a):
    total, found = 0, []
    for x in _numbers(a, "cumsum"):
        total += x
        found.append(total)
    return found


def isscalar(x):
    return isinstance(x, (int, float, complex, str, bytes))
