"""copy for the unit language. Tensors and modules bring their own __deepcopy__."""


class Error(Exception):
    pass


class _Class:
    def method(self):
        pass


_METHOD = type(_Class().method)
_WHOLE = (type(None), bool, int, float, complex, str, bytes, range, type, type(...), type(NotImplemented), type(lambda: None),
          type(len), property)


def copy(x):
    if hasattr(x, "__copy__"):
        return x.__copy__()
    if isinstance(x, (list, dict, set)):
        return x.copy()
    if isinstance(x, _WHOLE + (tuple, frozenset, slice, _METHOD)) or not isinstance(getattr(x, "__dict__", None), dict):
        return x
    made = object.__new__(type(x))
    for name, value in vars(x).items():
        object.__setattr__(made, name, value)
    return made


def deepcopy(x, memo=None):
    if isinstance(x, _WHOLE):
        return x
    if memo is None:
        memo = {}
    key = id(x)
    if key in memo:
        return memo[key]
    made = _deep(x, memo)
    memo[key] = made
    return made


def _deep(x, memo):
    if isinstance(x, _METHOD):
        return getattr(deepcopy(x.__self__, memo), x.__name__)
    if hasattr(x, "__deepcopy__"):
        return x.__deepcopy__(memo)
    if isinstance(x, list):
        made = []
        memo[id(x)] = made
        for item in x:
            made.append(deepcopy(item, memo))
        return made
    if isinstance(x, tuple):
        items = [deepcopy(item, memo) for item in x]
        if hasattr(type(x), "_make"):
            return type(x)._make(items)
        return tuple(items)
    if isinstance(x, dict):
        made = x.copy()
        made.clear()
        memo[id(x)] = made
        for k, v in x.items():
            made[deepcopy(k, memo)] = deepcopy(v, memo)
        return made
    if isinstance(x, (set, frozenset)):
        return type(x)([deepcopy(item, memo) for item in x])
    if not isinstance(getattr(x, "__dict__", None), dict):
        return x
    made = object.__new__(type(x))
    memo[id(x)] = made
    for name, value in vars(x).items():
        object.__setattr__(made, name, deepcopy(value, memo))
    return made
