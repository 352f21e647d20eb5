"""The array: a tensor, with numpy's rules where they differ from torch's."""
import operator

import torch


class generic:
    """A type of numbers: called it converts, given as dtype it names the tensor's."""


class number(generic):
    pass


class integer(number):
    pass


class floating(number):
    pass


def _make(name, kind, base):
    def __new__(cls, x=0):
        return _result(_data(x).to(kind))
    return type(name, (base,), {"__new__": __new__, "_torch": kind})


float16, float32, float64 = (_make(f"float{n}", getattr(torch, f"float{n}"), floating) for n in (16, 32, 64))
int8, int16, int32, int64 = (_make(f"int{n}", getattr(torch, f"int{n}"), integer) for n in (8, 16, 32, 64))
uint8, bool_ = _make("uint8", torch.uint8, integer), _make("bool", torch.bool, generic)
complex64, complex128 = _make("complex64", torch.complex64, number), _make("complex128", torch.complex128, number)
_TYPES = {kind._torch: kind for kind in (float16, float32, float64, int8, int16, int32, int64, uint8, bool_, complex64, complex128)}
half, single, double, int_, intp, longlong = float16, float32, float64, int64, int64, int64


def _dtype(kind):
    if kind is None or kind is float:
        return torch.float64
    if isinstance(kind, torch.dtype):
        return kind
    if kind is int or kind is bool or kind is complex:
        return {int: torch.int64, bool: torch.bool, complex: torch.complex128}[kind]
    if isinstance(kind, str) and isinstance(getattr(torch, kind, None), torch.dtype):
        return getattr(torch, kind)
    if isinstance(kind, type) and hasattr(kind, "_torch"):
        return kind._torch
    raise TypeError(f"data type {kind!r} not understood")


def _plain(x):
    """Nested lists of numbers, of whatever holds arrays and tensors."""
    if isinstance(x, ndarray) or isinstance(x, torch.Tensor):
        return x.tolist()
    return [_plain(v) for v in x] if isinstance(x, (list, tuple, range)) else x


def _data(x):
    if isinstance(x, ndarray):
        return x.__torch_tensor__
    if isinstance(x, torch.Tensor):
        return x.detach()
    x = _plain(x)
    t = torch.tensor(x)
    return torch.tensor(x, dtype=torch.complex128 if t.is_complex() else torch.float64) if not _whole(t) else t


def _whole(t):
    return not (t.is_floating_point() or t.is_complex())


def _result(t):
    return t.item() if t.dim() == 0 else ndarray(t)


def array(x, dtype=None, copy=True, ndmin=0):
    t = _data(x).clone()
    return ndarray(t if dtype is None else t.to(_dtype(dtype)))


def asarray(x, dtype=None):
    return x if isinstance(x, ndarray) and dtype is None else array(x, dtype)


ascontiguousarray = asarray


class ndarray:
    def __init__(self, tensor):
        self.__torch_tensor__ = tensor

    shape = property(lambda self: tuple(self.__torch_tensor__.shape))
    ndim = property(lambda self: self.__torch_tensor__.dim())
    size = property(lambda self: self.__torch_tensor__.numel())
    dtype = property(lambda self: _TYPES[self.__torch_tensor__.dtype])
    T = property(lambda self: self.transpose())
    real = property(lambda self: ndarray(self.__torch_tensor__.real))
    imag = property(lambda self: ndarray(self.__torch_tensor__.imag))

    def __len__(self):
        return len(self.__torch_tensor__)

    def __iter__(self):
        return iter([_result(t) for t in self.__torch_tensor__])

    def __getitem__(self, key):
        return _result(self.__torch_tensor__[_key(key)])

    def __setitem__(self, key, value):
        self.__torch_tensor__[_key(key)] = _data(value).to(self.__torch_tensor__.dtype)

    def __float__(self):
        return float(self.__torch_tensor__)

    def __int__(self):
        return int(self.__torch_tensor__)

    def __bool__(self):
        return bool(self.__torch_tensor__)

    def __repr__(self):
        return f"array({self.tolist()})"

    def __str__(self):
        return str(self.tolist()).replace(",", "")

    def tolist(self):
        return self.__torch_tensor__.tolist()

    def item(self, *args):
        return self.__torch_tensor__.item() if not args else self.flatten()[args[0]]

    def astype(self, dtype, copy=True):
        return ndarray(self.__torch_tensor__.to(_dtype(dtype)))

    def copy(self):
        return ndarray(self.__torch_tensor__.clone())

    def reshape(self, *shape):
        return ndarray(self.__torch_tensor__.reshape(shape[0] if len(shape) == 1 else shape))

    def transpose(self, *axes):
        t = self.__torch_tensor__
        axes = axes[0] if len(axes) == 1 else axes
        return ndarray(t.permute(tuple(axes) if axes else tuple(range(t.dim()))[::-1]))

    def flatten(self):
        return ndarray(self.__torch_tensor__.flatten())

    ravel = flatten

    def squeeze(self, axis=None):
        return ndarray(self.__torch_tensor__.squeeze() if axis is None else self.__torch_tensor__.squeeze(axis))

    def repeat(self, repeats, axis=None):
        import numpy
        return numpy.repeat(self, repeats, axis)

    def fill(self, value):
        self.__torch_tensor__.fill_(value)

    def __neg__(self):
        return ndarray(-self.__torch_tensor__)

    def __abs__(self):
        return ndarray(self.__torch_tensor__.abs())

    def __invert__(self):
        return ndarray(~self.__torch_tensor__)


def _key(key):
    if isinstance(key, ndarray):
        return key.__torch_tensor__
    return tuple([_key(k) for k in key]) if isinstance(key, tuple) else key


def _pair(function, a, b):
    if isinstance(b, torch.Tensor):
        return NotImplemented
    a, b = a.__torch_tensor__, b.__torch_tensor__ if isinstance(b, ndarray) else b
    if isinstance(b, (list, tuple)):
        b = _data(b)
    if function is operator.truediv and _whole(a):
        a = a.double()
    if isinstance(b, float) and _whole(a):
        a = a.double()
    return a, b


def _forward(function):
    def apply(self, other):
        pair = _pair(function, self, other)
        return pair if pair is NotImplemented else _result(function(*pair))
    return apply


def _reflected(function):
    def apply(self, other):
        pair = _pair(function, self, other)
        if pair is NotImplemented:
            return pair
        a, b = pair
        return _result(function(b, a.double() if function is operator.truediv else a))
    return apply


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    setattr(ndarray, f"__{_name}__", _forward(getattr(operator, _name)))
    setattr(ndarray, f"__r{_name}__", _reflected(getattr(operator, _name)))
for _name in ("matmul", "and_", "or_", "xor", "lt", "le", "gt", "ge", "eq", "ne"):
    setattr(ndarray, f"__{_name.rstrip('_')}__", _forward(getattr(operator, _name)))


def _method(name):
    def apply(self, *args, **keywords):
        import numpy
        return getattr(numpy, name)(self, *args, **keywords)
    return apply


for _name in "sum mean std var max min prod any all argmax argmin cumsum cumprod clip round argsort dot".split():
    setattr(ndarray, _name, _method(_name))
