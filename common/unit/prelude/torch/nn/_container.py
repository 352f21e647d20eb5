from collections import OrderedDict

import _torch
from torch.nn._module import Module
from torch.nn.parameter import Parameter


def _index(n, i):
    i = i.__index__()
    if not -n <= i < n:
        raise IndexError(f"index {i} is out of range")
    return i % n


class Sequential(Module):
    def __init__(self, *args):
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for key, module in args[0].items():
                self.add_module(key, module)
        else:
            for i, module in enumerate(args):
                self.add_module(str(i), module)

    def _list(self):
        return list(_torch.module_registered(self, "modules").values())

    def __len__(self):
        return len(_torch.module_registered(self, "modules"))

    def __iter__(self):
        return iter(self._list())

    def __getitem__(self, i):
        if isinstance(i, slice):
            return type(self)(OrderedDict(list(_torch.module_registered(self, "modules").items())[i]))
        return self._list()[_index(len(self), i)]

    def __setitem__(self, i, module):
        setattr(self, list(_torch.module_registered(self, "modules"))[i], module)

    def __delitem__(self, i):
        keys = list(_torch.module_registered(self, "modules"))
        for key in keys[i] if isinstance(i, slice) else [keys[i]]:
            delattr(self, key)
        rest = self._list()
        for key in list(_torch.module_registered(self, "modules")):
            delattr(self, key)
        for k, module in enumerate(rest):
            self.add_module(str(k), module)

    def append(self, module):
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules):
        for module in modules:
            self.append(module)
        return self

    def insert(self, index, module):
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Index out of range: {index}")
        rest = self._list()
        rest.insert(index, module)
        for k, one in enumerate(rest):
            self.add_module(str(k), one)
        return self

    def pop(self, key):
        module = self[key]
        del self[key]
        return module

    def __add__(self, other):
        if not isinstance(other, Sequential):
            raise ValueError("add operator supports only objects of Sequential class, but {} is given.".format(str(type(other))))
        return Sequential(*self, *other)

    def __iadd__(self, other):
        if not isinstance(other, Sequential):
            raise ValueError("add operator supports only objects of Sequential class, but {} is given.".format(str(type(other))))
        return self.extend(list(other))

    def __mul__(self, other):
        if not isinstance(other, int):
            raise TypeError(f"unsupported operand type(s) for *: {type(self)} and {type(other)}")
        if other <= 0:
            raise ValueError(f"Non-positive multiplication factor {other} for {type(self)}")
        return Sequential(*(self._list() * other))

    __rmul__ = __mul__

    def __imul__(self, other):
        once = self._list()
        for _ in range(other - 1):
            self.extend(once)
        return self

    def forward(self, input):
        for module in _torch.module_registered(self, "modules").values():
            input = module(input)
        return input


class ModuleList(Module):
    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def _list(self):
        return list(_torch.module_registered(self, "modules").values())

    def __len__(self):
        return len(_torch.module_registered(self, "modules"))

    def __iter__(self):
        return iter(self._list())

    def __contains__(self, module):
        return any(m is module for m in self._list())

    def __getitem__(self, i):
        if isinstance(i, slice):
            return type(self)(self._list()[i])
        n = len(self)
        if not -n <= i < n:
            raise IndexError(f"index {i} is out of range")
        return self._list()[i]

    def __setitem__(self, i, module):
        setattr(self, str(i % len(self)), module)

    def __delitem__(self, i):
        rest = self._list()
        del rest[i]
        self._replace(rest)

    def _replace(self, modules):
        for key in list(_torch.module_registered(self, "modules")):
            delattr(self, key)
        self.extend(modules)

    def __add__(self, other):
        return ModuleList(self._list() + list(other))

    def __iadd__(self, modules):
        return self.extend(modules)

    def insert(self, index, module):
        rest = self._list()
        rest.insert(index, module)
        self._replace(rest)

    def append(self, module):
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules):
        for module in modules:
            self.append(module)
        return self

    def pop(self, key):
        module = self[key]
        del self[key]
        return module

    def __repr__(self):
        """Neighbours that print alike are shown once."""
        if len(self) == 0:
            return self._get_name() + "()"
        ranges, blocks = [], []
        for k, text in enumerate([repr(module) for module in self]):
            if blocks and text == blocks[-1]:
                ranges[-1][1] += 1
            else:
                ranges.append([k, k])
                blocks.append(text)
        lines = []
        for (first, last), text in zip(ranges, blocks):
            line = f"({first}): {text}" if first == last else f"({first}-{last}): {last - first + 1} x {text}"
            lines.append(line.replace("\n", "\n  "))
        return self._get_name() + "(\n  " + "\n  ".join(lines) + "\n)"


class ModuleDict(Module):
    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.update(modules)

    def _dict(self):
        return _torch.module_registered(self, "modules")

    def __getitem__(self, key):
        return self._dict()[key]

    def __setitem__(self, key, module):
        self.add_module(key, module)

    def __delitem__(self, key):
        delattr(self, key)

    def __len__(self):
        return len(self._dict())

    def __iter__(self):
        return iter(self._dict())

    def __contains__(self, key):
        return key in self._dict()

    def keys(self):
        return self._dict().keys()

    def values(self):
        return self._dict().values()

    def items(self):
        return self._dict().items()

    def get(self, key, default=None):
        return self._dict().get(key, default)

    def pop(self, key):
        module = self[key]
        del self[key]
        return module

    def clear(self):
        for key in list(self._dict()):
            delattr(self, key)

    def update(self, modules):
        for key, module in modules.items() if hasattr(modules, "items") else modules:
            self.add_module(key, module)


class ParameterList(Module):
    def __init__(self, values=None):
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def __len__(self):
        return self._size

    def __iter__(self):
        return iter([getattr(self, str(i)) for i in range(self._size)])

    def __getitem__(self, i):
        if isinstance(i, slice):
            return type(self)(list(self)[i])
        if not -self._size <= i < self._size:
            raise IndexError(f"index {i} is out of range")
        return getattr(self, str(i % self._size))

    def __setitem__(self, i, value):
        setattr(self, str(i % self._size), self._as_parameter(value))

    def _as_parameter(self, value):
        return Parameter(value) if isinstance(value, _torch.Tensor) and not isinstance(value, Parameter) else value

    def append(self, value):
        setattr(self, str(self._size), self._as_parameter(value))
        self._size += 1
        return self

    def extend(self, values):
        for value in values:
            self.append(value)
        return self

    def __iadd__(self, values):
        return self.extend(values)

    def pop(self, key=-1):
        values = list(self)
        value = values.pop(key)
        for k in range(self._size):
            delattr(self, str(k))
        self._size = 0
        self.extend(values)
        return value

    def extra_repr(self):
        lines = []
        for key, value in enumerate(self):
            if isinstance(value, _torch.Tensor):
                kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
                size = "x".join([str(n) for n in value.size()])
                lines.append(f"  ({key}): {kind} containing: [{str(value.dtype)} of size {size}]")
            else:
                lines.append(f"  ({key}): Object of type: {type(value).__name__}")
        return "\n".join(lines)


class ParameterDict(Module):
    def __init__(self, parameters=None):
        super().__init__()
        self._names = []
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key):
        if key not in self._names:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key, value):
        if key not in self._names:
            self._names.append(key)
        if isinstance(value, _torch.Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        setattr(self, key, value)

    def __delitem__(self, key):
        self._names.remove(key)
        delattr(self, key)

    def __len__(self):
        return len(self._names)

    def __iter__(self):
        return iter(self._names)

    def __contains__(self, key):
        return key in self._names

    def keys(self):
        return list(self._names)

    def values(self):
        return [getattr(self, k) for k in self._names]

    def items(self):
        return [(k, getattr(self, k)) for k in self._names]

    def get(self, key, default=None):
        return getattr(self, key) if key in self._names else default

    def update(self, parameters):
        if isinstance(parameters, (OrderedDict, ParameterDict)):
            parameters = parameters.items()
        elif hasattr(parameters, "items"):
            parameters = sorted(parameters.items())
        for key, value in parameters:
            self[key] = value

    def pop(self, key):
        value = self[key]
        del self[key]
        return value

    def popitem(self):
        key = self._names[-1]
        return key, self.pop(key)

    def setdefault(self, key, default=None):
        if key not in self._names:
            self[key] = default
        return self[key]

    def clear(self):
        for key in list(self._names):
            del self[key]

    def copy(self):
        return ParameterDict(OrderedDict([(k, self[k]) for k in self._names]))

    def fromkeys(self, keys, default=None):
        return ParameterDict([(k, default) for k in keys])

    def __reversed__(self):
        return reversed(list(self._names))

    def __or__(self, other):
        copy = self.copy()
        copy.update(other)
        return copy

    def extra_repr(self):
        lines = []
        for key, value in self.items():
            if isinstance(value, _torch.Tensor):
                kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
                size = "x".join([str(n) for n in value.size()])
                lines.append(f"  ({key}): {kind} containing: [{value.type()} of size {size}]")
            else:
                lines.append(f"  ({key}): Object of type: {type(value).__name__}")
        return "\n".join(lines)
