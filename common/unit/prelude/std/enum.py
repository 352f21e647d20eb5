"""enum for the unit language: members are instances of their class, made when the class is."""


class auto:
    def __init__(self):
        self.value = None


def _is_member(name, value):
    if name.startswith("__") and name.endswith("__"):
        return False
    return not (callable(value) or isinstance(value, (property, staticmethod, classmethod)))


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
            if isinstance(value, auto):
                value = cls._generate_next_value_(name, 1, len(last), list(last))
            last.append(value)
            try:
                known = values.get(value)
            except TypeError:
                known = None
            if known is not None:
                members[name] = known
                named[name] = known
                continue
            member = object.__new__(cls)
            object.__setattr__(member, "_name_", name)
            object.__setattr__(member, "_value_", value)
            if "__init__" in vars(cls):
                member.__init__(*(value if isinstance(value, tuple) else (value,)))
            members[name] = member
            named[name] = member
            try:
                values[value] = member
            except TypeError:
                pass
        for name, member in named.items():
            setattr(cls, name, member)
        cls._member_map_ = members
        cls._value2member_map_ = values
        cls.__members__ = members
        return cls

    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return last_values[-1] + 1 if last_values else start

    def __new__(cls, value):
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

    def __str__(self):
        return str(self._value_)

    def __format__(self, spec):
        return format(self._value_, spec)


class IntEnum(_Mixed):
    def __int__(self):
        return self._value_

    def __index__(self):
        return self._value_

    def __float__(self):
        return float(self._value_)

    def __sub__(self, other):
        return self._value_ - _plain(other)

    def __rsub__(self, other):
        return _plain(other) - self._value_

    def __mul__(self, other):
        return self._value_ * _plain(other)

    def __rmul__(self, other):
        return _plain(other) * self._value_

    def __mod__(self, other):
        return self._value_ % _plain(other)

    def __floordiv__(self, other):
        return self._value_ // _plain(other)

    def __truediv__(self, other):
        return self._value_ / _plain(other)

    def __neg__(self):
        return -self._value_


class StrEnum(_Mixed):
    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return name.lower()

    def __len__(self):
        return len(self._value_)

    def __contains__(self, part):
        return part in self._value_

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._value_, name)


class Flag(Enum):
    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return 2 * max(last_values) if last_values else 1

    @classmethod
    def _missing_(cls, value):
        member = object.__new__(cls)
        names = [m._name_ for m in cls._member_map_.values() if m._value_ & value]
        object.__setattr__(member, "_name_", "|".join(names) or None)
        object.__setattr__(member, "_value_", value)
        return member

    def __or__(self, other):
        return type(self)(self._value_ | _plain(other))

    def __and__(self, other):
        return type(self)(self._value_ & _plain(other))

    def __xor__(self, other):
        return type(self)(self._value_ ^ _plain(other))

    def __bool__(self):
        return bool(self._value_)

    def __contains__(self, other):
        return self._value_ & other._value_ == other._value_

    def __eq__(self, other):
        return isinstance(other, Flag) and self._value_ == other._value_

    def __hash__(self):
        return hash(self._value_)


IntFlag = Flag
EnumMeta = EnumType = type


def unique(cls):
    aliases = [f"{name} -> {member.name}" for name, member in cls.__members__.items() if name != member.name]
    if aliases:
        raise ValueError(f"duplicate values found in {cls!r}: {', '.join(aliases)}")
    return cls
