"""enum for the unit language: members are instances of their class, made when the class is."""
import operator


class auto:
    """Its value is known when the class is made; what is computed from it in the class's body waits for that too."""

    def __init__(self):
        self.value = None

    def __or__(self, other):
        return _Later(operator.or_, self, other)

    def __and__(self, other):
        return _Later(operator.and_, self, other)

    def __xor__(self, other):
        return _Later(operator.xor, self, other)

    __ror__, __rand__, __rxor__ = __or__, __and__, __xor__


class _Later(auto):
    def __init__(self, function, left, right):
        self.function, self.left, self.right = function, left, right

    def compute(self):
        return self.function(*[x.compute() if isinstance(x, _Later) else x.value if isinstance(x, auto) else x
                               for x in (self.left, self.right)])


def _is_member(name, value):
    if name.startswith("__") and name.endswith("__"):
        return False
    return not (callable(value) or isinstance(value, (property, staticmethod, classmethod)))


class nonmember:
    def __init__(self, value):
        self.value = value


class member(nonmember):
    pass


class Enum:
    @staticmethod
    def __finish_class__(cls):
        if cls.__module__ == "enum":
            return cls
        members = {}
        values = {}
        named = {}
        for base in cls.__mro__[1:]:
            if "_member_map_" in vars(base) and vars(base)["_member_map_"]:
                raise TypeError(f"<enum '{cls.__name__}'> cannot extend <enum '{base.__name__}'>")
        last = []
        for name, value in list(vars(cls).items()):
            if not _is_member(name, value) or name.startswith("_"):
                continue
            if isinstance(value, _Later):
                value = value.compute()
            elif isinstance(value, auto):
                value.value = cls._generate_next_value_(name, 1, len(last), list(last))
                value = value.value
            elif isinstance(value, nonmember):
                continue
            elif isinstance(value, member):
                value = value.value
            last.append(value)
            try:
                known = values.get(value)
            except TypeError:
                known = None
            if known is not None:
                members[name] = known
                named[name] = known
                continue
            made = object.__new__(cls)
            object.__setattr__(made, "_name_", name)
            object.__setattr__(made, "_value_", value)
            if "__init__" in vars(cls):
                made.__init__(*(value if isinstance(value, tuple) else (value,)))
            members[name] = made
            named[name] = made
            try:
                values[value] = made
            except TypeError:
                pass
        for name, made in named.items():
            setattr(cls, name, made)
        cls._member_map_ = members
        cls._value2member_map_ = values
        cls.__members__ = members
        return cls

    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return last_values[-1] + 1 if last_values else start

    def __new__(cls, value, names=None, *, module=None, qualname=None, type=None, start=1):
        if names is not None and not cls.__dict__.get("_member_map_"):
            return _functional(cls, value, names, start)
        if isinstance(value, cls):
            return value
        for member in cls._member_map_.values():
            if member._value_ == value:
                return member
        missing = cls._missing_(value)
        if missing is not None:
            return missing
        raise ValueError(f"{value!r} is not a valid {cls.__qualname__}")

    @classmethod
    def _missing_(cls, value):
        return None

    @classmethod
    def __iterate_class__(cls):
        seen = []
        for member in cls._member_map_.values():
            if not any(member is other for other in seen):
                seen.append(member)
        return seen

    @classmethod
    def __class_item__(cls, name):
        if name not in cls._member_map_:
            raise KeyError(name)
        return cls._member_map_[name]

    @property
    def name(self):
        return self._name_

    @property
    def value(self):
        return self._value_

    def __repr__(self):
        return f"<{type(self).__name__}.{self._name_}: {self._value_!r}>"

    def __str__(self):
        return f"{type(self).__name__}.{self._name_}"

    def __format__(self, spec):
        return format(str(self), spec)

    def __hash__(self):
        return hash(self._name_)

    def __eq__(self, other):
        return self is other

    def __deepcopy__(self, memo):
        return self

    def __copy__(self):
        return self


def _plain(value):
    return value._value_ if isinstance(value, Enum) else value


class _Mixed(Enum):
    """Members that take part in the operations of their values."""

    def __eq__(self, other):
        return self._value_ == _plain(other)

    def __hash__(self):
        return hash(self._value_)

    def __lt__(self, other):
        return self._value_ < _plain(other)

    def __le__(self, other):
        return self._value_ <= _plain(other)

    def __gt__(self, other):
        return self._value_ > _plain(other)

    def __ge__(self, other):
        return self._value_ >= _plain(other)

    def __add__(self, other):
        return self._value_ + _plain(other)

    def __radd__(self, other):
        return _plain(other) + self._value_

    def __bool__(self):
        return bool(self._value_)


class IntEnum(_Mixed):
    __mixed_type__ = int

    def __str__(self):
        return str(self._value_)

    def __format__(self, spec):
        return format(self._value_, spec)

    def __int__(self):
        return int(self._value_)

    def __float__(self):
        return float(self._value_)

    def __round__(self, digits=None):
        return round(self._value_, digits)


def _operator_name(name):
    return {"and": "and_", "or": "or_"}.get(name, name)


def _lift_operators(cls, two_sided, one_sided):
    """The operators of the members' values."""
    def binary(function):
        return lambda self, other: function(_plain(self), _plain(other))

    def reflected(function):
        return lambda self, other: function(_plain(other), _plain(self))

    def unary(function):
        return lambda self: function(_plain(self))
    for name in two_sided:
        function = divmod if name == "divmod" else pow if name == "pow" else getattr(operator, _operator_name(name))
        setattr(cls, f"__{name}__", binary(function))
        setattr(cls, f"__r{name}__", reflected(function))
    for name in one_sided:
        setattr(cls, f"__{name}__", unary(abs if name == "abs" else getattr(operator, _operator_name(name))))


_lift_operators(IntEnum, ("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "lshift", "rshift", "and",
                          "or", "xor"), ("neg", "pos", "abs", "invert", "index"))


class _StrMixed(_Mixed):
    __mixed_type__ = str

    def __len__(self):
        return len(self._value_)

    def __contains__(self, part):
        return part in self._value_

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._value_, name)

    def __getitem__(self, key):
        return self._value_[key]

    def __iter__(self):
        return iter(self._value_)

    def __mul__(self, count):
        return self._value_ * count

    def __mod__(self, values):
        return self._value_ % values


class StrEnum(_StrMixed):
    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return name.lower()

    def __str__(self):
        return self._value_


class _IntMixed(IntEnum):
    """`class Level(int, Enum)`: an int, written as a member."""
    __format__ = Enum.__format__

    def __str__(self):
        return f"{type(self).__name__}.{self._name_}"


class _FloatMixed(_IntMixed):
    __mixed_type__ = float
    __index__ = None


class ReprEnum(Enum):
    """Members that print as their values."""

    def __str__(self):
        return str(self._value_)

    def __format__(self, spec):
        return format(self._value_, spec)


Enum.__mixed_bases__ = {str: _StrMixed, int: _IntMixed, float: _FloatMixed}


class Flag(Enum):
    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return 1 << max(last_values).bit_length() if last_values else 1

    @classmethod
    def _missing_(cls, value):
        if not isinstance(value, int):
            return None
        every = _all_bits(cls)
        if value < 0:
            value &= every
        if value & ~every and not issubclass(cls, IntFlag):
            raise ValueError(f"{cls!r} invalid value {value}")
        for member in cls._member_map_.values():
            if member._value_ == value:
                return member
        member = object.__new__(cls)
        names = [m._name_ for m in _single_bits(cls) if m._value_ & value]
        object.__setattr__(member, "_name_", "|".join(names) or None)
        object.__setattr__(member, "_value_", value)
        return member

    def __or__(self, other):
        return type(self)(self._value_ | _plain(other))

    def __and__(self, other):
        return type(self)(self._value_ & _plain(other))

    def __xor__(self, other):
        return type(self)(self._value_ ^ _plain(other))

    __ror__, __rand__, __rxor__ = __or__, __and__, __xor__

    def __invert__(self):
        return type(self)(_all_bits(type(self)) & ~self._value_)

    def __bool__(self):
        return bool(self._value_)

    def __contains__(self, other):
        return self._value_ & other._value_ == other._value_

    def __iter__(self):
        return iter([m for m in _single_bits(type(self)) if m._value_ & self._value_])

    def __len__(self):
        return len(list(iter(self)))

    def __eq__(self, other):
        return type(other) is type(self) and self._value_ == other._value_

    def __hash__(self):
        return hash(self._value_)

    def __repr__(self):
        name = type(self).__name__
        return f"<{name}: {self._value_!r}>" if self._name_ is None else f"<{name}.{self._name_}: {self._value_!r}>"

    def __str__(self):
        name = type(self).__name__
        return f"{name}({self._value_!r})" if self._name_ is None else f"{name}.{self._name_}"


class IntFlag(Flag):
    __mixed_type__ = int

    def __eq__(self, other):
        return self._value_ == _plain(other)

    def __hash__(self):
        return hash(self._value_)

    def __int__(self):
        return self._value_

    def __index__(self):
        return self._value_

    def __str__(self):
        return str(self._value_)

    def __format__(self, spec):
        return format(self._value_, spec)


_lift_operators(IntFlag, ("add", "sub", "mul"), ())


def _single_bits(cls):
    found = [m for m in cls._member_map_.values() if m._value_ > 0 and m._value_ & (m._value_ - 1) == 0]
    return sorted(found, key=lambda m: m._value_)


def _all_bits(cls):
    every = 0
    for member in cls._member_map_.values():
        every |= member._value_
    return every


def _functional(cls, name, names, start):
    if isinstance(names, str):
        names = names.replace(",", " ").split()
    body = {}
    if isinstance(names, dict):
        body = dict(names)
    else:
        last = []
        for k, entry in enumerate(names):
            if isinstance(entry, str):
                body[entry] = cls._generate_next_value_(entry, start, k, list(last)) if last else \
                    cls._generate_next_value_(entry, start, k, [])
                last.append(body[entry])
            else:
                body[entry[0]] = entry[1]
    return type(name, (cls,), {"__module__": "__main__", **body})


EnumMeta = EnumType = type


def unique(cls):
    aliases = [f"{name} -> {member.name}" for name, member in cls.__members__.items() if name != member.name]
    if aliases:
        raise ValueError(f"duplicate values found in {cls!r}: {', '.join(aliases)}")
    return cls
