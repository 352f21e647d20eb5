"""collections for the unit language."""

from collections import abc


class OrderedDict(dict):
    def move_to_end(self, key, last=True):
        value = self.pop(key)
        if last:
            self[key] = value
            return
        rest = list(self.items())
        self.clear()
        self[key] = value
        for k, v in rest:
            self[k] = v

    def popitem(self, last=True):
        if not len(self):
            raise KeyError("dictionary is empty")
        key = next(reversed(self) if last else iter(self))
        return key, self.pop(key)

    def copy(self):
        return type(self)(self)

    def __repr__(self):
        if not len(self):
            return type(self).__name__ + "()"
        return f"{type(self).__name__}({list(self.items())!r})"

    def __eq__(self, other):
        if isinstance(other, OrderedDict) and list(self) != list(other):
            return False
        return dict.__eq__(self, other)


class defaultdict(dict):
    def __init__(self, default_factory=None, *args, **keywords):
        if default_factory is not None and not callable(default_factory):
            raise TypeError("first argument must be callable or None")
        self.default_factory = default_factory
        super().__init__(*args, **keywords)

    def __missing__(self, key):
        if self.default_factory is None:
            raise KeyError(key)
        value = self.default_factory()
        self[key] = value
        return value

    def copy(self):
        return type(self)(self.default_factory, self)

    def __repr__(self):
        return f"defaultdict({self.default_factory!r}, {dict.__repr__(self)})"


class Counter(dict):
    def __init__(self, iterable=None, /, **keywords):
        super().__init__()
        self.update(iterable, **keywords)

    def __missing__(self, key):
        return 0

    def update(self, iterable=None, /, **keywords):
        if iterable is not None:
            if isinstance(iterable, dict):
                for key, n in iterable.items():
                    self[key] = self[key] + n
            else:
                for key in iterable:
                    self[key] = self[key] + 1
        for key, n in keywords.items():
            self[key] = self[key] + n

    def subtract(self, iterable=None, /, **keywords):
        items = Counter(iterable, **keywords)
        for key, n in items.items():
            self[key] = self[key] - n

    def most_common(self, n=None):
        items = sorted(self.items(), key=lambda item: item[1], reverse=True)
        return items if n is None else items[:n]

    def elements(self):
        for key, n in self.items():
            for _ in range(n):
                yield key

    def total(self):
        return sum(self.values())

    def copy(self):
        return Counter(self)

    def __add__(self, other):
        result = Counter(self)
        result.update(other)
        return Counter({k: n for k, n in result.items() if n > 0})

    def __sub__(self, other):
        result = Counter(self)
        result.subtract(other)
        return Counter({k: n for k, n in result.items() if n > 0})

    def __repr__(self):
        if not len(self):
            return "Counter()"
        return "Counter({" + ", ".join([f"{k!r}: {n!r}" for k, n in self.most_common()]) + "})"


class deque(list):
    """On a list: what is taken from the left costs its length."""

    def __init__(self, iterable=(), maxlen=None):
        super().__init__()
        self.maxlen = maxlen
        self.extend(iterable)

    def append(self, item):
        super().append(item)
        if self.maxlen is not None and len(self) > self.maxlen:
            del self[0]

    def appendleft(self, item):
        super().insert(0, item)
        if self.maxlen is not None and len(self) > self.maxlen:
            del self[-1]

    def extend(self, iterable):
        for item in iterable:
            self.append(item)

    def extendleft(self, iterable):
        for item in iterable:
            self.appendleft(item)

    def pop(self):
        if not len(self):
            raise IndexError("pop from an empty deque")
        return super().pop()

    def popleft(self):
        if not len(self):
            raise IndexError("pop from an empty deque")
        return super().pop(0)

    def rotate(self, n=1):
        if len(self):
            n %= len(self)
            items = self[-n:] + self[:-n] if n else list(self)
            self.clear()
            self.extend(items)

    def copy(self):
        return deque(self, self.maxlen)

    def __repr__(self):
        tail = "" if self.maxlen is None else f", maxlen={self.maxlen}"
        return f"deque({list.__repr__(self)}{tail})"


class ChainMap:
    def __init__(self, *maps):
        self.maps = list(maps) or [{}]

    def __getitem__(self, key):
        for m in self.maps:
            if key in m:
                return m[key]
        raise KeyError(key)

    def __setitem__(self, key, value):
        self.maps[0][key] = value

    def __contains__(self, key):
        return any(key in m for m in self.maps)

    def __iter__(self):
        merged = {}
        for m in reversed(self.maps):
            merged.update(m)
        return iter(merged)

    def __len__(self):
        return len(list(iter(self)))

    def get(self, key, default=None):
        return self[key] if key in self else default

    def keys(self):
        return list(iter(self))

    def items(self):
        return [(key, self[key]) for key in self]

    def values(self):
        return [self[key] for key in self]


class UserDict(dict):
    pass


class UserList(list):
    pass


def namedtuple(typename, field_names, *, rename=False, defaults=None, module=None):
    if isinstance(field_names, str):
        field_names = field_names.replace(",", " ").split()
    names = tuple([str(name) for name in field_names])
    for name in names:
        if not name.isidentifier():
            raise ValueError(f"Type names and field names must be valid identifiers: {name!r}")
        if name.startswith("_"):
            raise ValueError(f"Field names cannot start with an underscore: {name!r}")
    if len(set(names)) != len(names):
        raise ValueError("Encountered duplicate field name")
    defaults = tuple(defaults) if defaults is not None else ()
    if len(defaults) > len(names):
        raise TypeError("Got more default values than field names")
    with_default = dict(zip(names[len(names) - len(defaults):], defaults))

    def __new__(cls, *args, **keywords):
        values = list(args)
        if len(values) > len(names):
            raise TypeError(f"{typename}.__new__() takes {len(names) + 1} positional arguments but {len(values) + 1} were given")
        for name in names[len(values):]:
            if name in keywords:
                values.append(keywords.pop(name))
            elif name in with_default:
                values.append(with_default[name])
            else:
                raise TypeError(f"{typename}.__new__() missing 1 required positional argument: '{name}'")
        if keywords:
            name = next(iter(keywords))
            kind = "multiple values for" if name in names else "an unexpected keyword"
            raise TypeError(f"{typename}.__new__() got {kind} argument '{name}'")
        return tuple.__new__(cls, values)

    def _replace(self, **keywords):
        return type(self)(*[keywords.pop(name) if name in keywords else value for name, value in zip(names, self)])

    def _asdict(self):
        return dict(zip(names, self))

    def __repr__(self):
        return type(self).__name__ + "(" + ", ".join([f"{n}={v!r}" for n, v in zip(names, self)]) + ")"

    @classmethod
    def _make(cls, iterable):
        return cls(*iterable)

    members = {"__new__": __new__, "_replace": _replace, "_asdict": _asdict, "__repr__": __repr__, "_make": _make,
               "_fields": names, "_field_defaults": with_default, "__match_args__": names, "__slots__": ()}
    for i, name in enumerate(names):
        members[name] = property(lambda self, i=i: tuple.__getitem__(self, i))
    return type(typename, (tuple,), members)
