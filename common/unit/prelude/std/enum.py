"""enum for the unit language."""


class auto:
    def __init__(self):
        self.value = None


class Enum:
    """Members are instances of their class, made when the class is finished."""

    @classmethod
    def __finish_class__(cls):
        members = {}
        by_value = {}
        last = 0
        cls._members_ready = False
        for name, value in list(vars(cls).items()):
            if name.startswith("_") or callable(value) or isinstance(value, (staticmethod, classmethod, property)):
                continue
            if isinstance(value, auto):
                value = cls._generate_next_value_(name, 1, len(members), [m.value for m in members.values()])
            if value in by_value:
                member = by_value[value]
            else:
                member = object.__new__(cls)
                object.__setattr__(member, "name", name)
                object.__setattr__(member, "value", value)
                object.__setattr__(member, "_value_", value)
                object.__setattr__(member, "_name_", name)
                by_value[value] = member
            members[name] = member
        for name, member in members.items():
            setattr(cls, name, member)
        cls.__members__ = members
        cls._by_value = by_value
        return cls

    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return start if not last_values else max(last_values) + 1

    def __new__(cls, value):
        if value in cls._by_value:
            return cls._by_value[value]
        if isinstance(value, cls):
            return value
        raise ValueError(f"{value!r} is not a valid {cls.__qualname__}")

    def __init__(self, *args):
        pass

    @classmethod
    def __iterate_class__(cls):
        return iter(list(cls._by_value.values()))

    @classmethod
    def __class_item__(cls, name):
        return cls.__members__[name]

    def __repr__(self):
        return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

    def __str__(self):
        return f"{type(self).__name__}.{self.name}"

    def __hash__(self):
        return hash(self.name)

    def __eq__(self, other):
        return self is other


class IntEnum(Enum):
    def __eq__(self, other):
        return self.value == (other.value if isinstance(other, Enum) else other)

    def __lt__(self, other):
        return self.value < (other.value if isinstance(other, Enum) else other)

    def __le__(self, other):
        return self.value <= (other.value if isinstance(other, Enum) else other)

    def __gt__(self, other):
        return self.value > (other.value if isinstance(other, Enum) else other)

    def __ge__(self, other):
        return self.value >= (other.value if isinstance(other, Enum) else other)

    def __hash__(self):
        return hash(self.value)

    def __int__(self):
        return self.value

    def __index__(self):
        return self.value

    def __add__(self, other):
        return self.value + int(other)

    def __str__(self):
        return str(self.value)


class StrEnum(Enum):
    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return name.lower()

    def __eq__(self, other):
        return self.value == (other.value if isinstance(other, Enum) else other)

    def __hash__(self):
        return hash(self.value)

    def __str__(self):
        return self.value


Flag = IntFlag = IntEnum


def unique(cls):
    if len(cls.__members__) != len(cls._by_value):
        raise ValueError(f"duplicate values found in {cls!r}")
    return cls
