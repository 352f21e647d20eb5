"""dataclasses for the unit language: without source generation, the same behaviour."""


class _Missing:
    def __repr__(self):
        return "MISSING"


MISSING = _Missing()
KW_ONLY = object()


class InitVar:
    """An argument of __init__ that is passed on to __post_init__ and not kept."""

    def __init__(self, type):
        self.type = type

    def __class_getitem__(cls, type):
        return cls(type)

    def __repr__(self):
        return f"dataclasses.InitVar[{getattr(self.type, '__name__', self.type)}]"


class FrozenInstanceError(AttributeError):
    pass


class Field:
    def __init__(self, default, default_factory, init, repr, hash, compare, metadata, kw_only):
        self.name = None
        self.type = None
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.hash = hash
        self.compare = compare
        self.metadata = {} if metadata is None else metadata
        self.kw_only = kw_only


def field(*, default=MISSING, default_factory=MISSING, init=True, repr=True, hash=None, compare=True, metadata=None,
          kw_only=False):
    if default is not MISSING and default_factory is not MISSING:
        raise ValueError("cannot specify both default and default_factory")
    return Field(default, default_factory, init, repr, hash, compare, metadata, kw_only)


def _is_class_variable(annotation):
    text = annotation if isinstance(annotation, str) else repr(annotation)
    return text.startswith("ClassVar") or text.startswith("typing.ClassVar")


def _is_for_init(annotation):
    text = annotation if isinstance(annotation, str) else repr(annotation)
    return text.split("[")[0].split(".")[-1] == "InitVar"


def _own_fields(cls, kw_only):
    found = []
    for name, annotation in vars(cls).get("__annotations__", {}).items():
        if isinstance(annotation, str) and annotation.split(".")[-1] == "KW_ONLY":
            kw_only = True
            continue
        if _is_class_variable(annotation):
            continue
        default = vars(cls).get(name, MISSING)
        if isinstance(default, Field):
            one = default
            if one.default is not MISSING:
                setattr(cls, name, one.default)
            else:
                delattr(cls, name)
        else:
            if isinstance(default, (list, dict, set)):
                raise ValueError(f"mutable default {type(default)} for field {name} is not allowed: use default_factory")
            one = Field(default, MISSING, True, True, None, True, None, False)
        one.name = name
        one.type = annotation
        one.for_init = _is_for_init(annotation)
        one.kw_only = one.kw_only or kw_only
        found.append(one)
    return found


def _make_init(cls, all_fields):
    positional = [f for f in all_fields if f.init and not f.kw_only]
    keyword = [f for f in all_fields if f.init and f.kw_only]
    seen_default = False
    for f in positional:
        has_default = f.default is not MISSING or f.default_factory is not MISSING
        if seen_default and not has_default:
            raise TypeError(f"non-default argument '{f.name}' follows default argument")
        seen_default = seen_default or has_default
    names = [f.name for f in positional + keyword]
    title = cls.__name__ + ".__init__()"

    def __init__(self, *args, **keywords):
        if len(args) > len(positional):
            raise TypeError(f"{title} takes {len(positional) + 1} positional arguments but {len(args) + 1} were given")
        given = {}
        for f, value in zip(positional, args):
            given[f.name] = value
        for name, value in keywords.items():
            if name not in names:
                raise TypeError(f"{title} got an unexpected keyword argument '{name}'")
            if name in given:
                raise TypeError(f"{title} got multiple values for argument '{name}'")
            given[name] = value
        absent, passed_on = [], []
        for f in all_fields:
            if f.name in given:
                value = given[f.name]
            elif f.default_factory is not MISSING:
                value = f.default_factory()
            elif f.default is not MISSING:
                value = f.default
            elif f.init:
                absent.append(f.name)
                continue
            else:
                continue
            if f.for_init:
                passed_on.append(value)
            else:
                object.__setattr__(self, f.name, value)
        if absent:
            quoted = [f"'{name}'" for name in absent]
            listed = quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]
            plural = "" if len(absent) == 1 else "s"
            raise TypeError(f"{title} missing {len(absent)} required positional argument{plural}: {listed}")
        if hasattr(self, "__post_init__"):
            self.__post_init__(*passed_on)
    return __init__


def _add(cls, name, function):
    if name not in vars(cls):
        setattr(cls, name, function)


def _process(cls, init, repr_, eq, order, frozen, kw_only):
    collected = {}
    for base in cls.__mro__[-1:0:-1]:
        for f in vars(base).get("__dataclass_fields__", {}).values():
            collected[f.name] = f
    for f in _own_fields(cls, kw_only):
        collected[f.name] = f
    cls.__dataclass_fields__ = collected
    all_fields = list(collected.values())
    if init:
        cls.__init__ = _make_init(cls, all_fields)
    all_fields = [f for f in all_fields if not f.for_init]
    compared = [f.name for f in all_fields if f.compare]
    cls.__match_args__ = tuple([f.name for f in all_fields if f.init and not f.kw_only])

    def values(self):
        return tuple([getattr(self, name) for name in compared])

    def __repr__(self):
        shown = ", ".join([f"{f.name}={getattr(self, f.name)!r}" for f in all_fields if f.repr])
        return f"{type(self).__qualname__}({shown})"

    def __eq__(self, other):
        if type(self) is not type(other):
            return NotImplemented
        return values(self) == values(other)

    def __hash__(self):
        return hash(values(self))

    def refuse_set(self, name, value):
        raise FrozenInstanceError(f"cannot assign to field '{name}'")

    def refuse_delete(self, name):
        raise FrozenInstanceError(f"cannot delete field '{name}'")

    if repr_:
        _add(cls, "__repr__", __repr__)
    if eq:
        _add(cls, "__eq__", __eq__)
        if frozen:
            _add(cls, "__hash__", __hash__)
    if order:
        _add(cls, "__lt__", lambda self, other: values(self) < values(other))
        _add(cls, "__le__", lambda self, other: values(self) <= values(other))
        _add(cls, "__gt__", lambda self, other: values(self) > values(other))
        _add(cls, "__ge__", lambda self, other: values(self) >= values(other))
    if frozen:
        cls.__setattr__ = refuse_set
        cls.__delattr__ = refuse_delete
    return cls


def dataclass(cls=None, /, *, init=True, repr=True, eq=True, order=False, unsafe_hash=False, frozen=False,
              match_args=True, kw_only=False, slots=False, weakref_slot=False):
    def decorate(c):
        return _process(c, init, repr, eq, order, frozen, kw_only)
    return decorate if cls is None else decorate(cls)


def fields(class_or_instance):
    found = getattr(class_or_instance, "__dataclass_fields__", None)
    if found is None:
        raise TypeError("must be called with a dataclass type or instance")
    return tuple([f for f in found.values() if not f.for_init])


def is_dataclass(obj):
    return hasattr(obj, "__dataclass_fields__")


def _as_dict(value, factory):
    if hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        return factory([(f.name, _as_dict(getattr(value, f.name), factory)) for f in fields(value)])
    if isinstance(value, list):
        return [_as_dict(v, factory) for v in value]
    if isinstance(value, tuple):
        return tuple([_as_dict(v, factory) for v in value])
    if isinstance(value, dict):
        return {_as_dict(k, factory): _as_dict(v, factory) for k, v in value.items()}
    return value


def asdict(instance, *, dict_factory=dict):
    fields(instance)
    return _as_dict(instance, dict_factory)


def astuple(instance):
    return tuple([getattr(instance, f.name) for f in fields(instance)])


def replace(instance, /, **changes):
    values = {f.name: getattr(instance, f.name) for f in fields(instance) if f.init}
    for f in fields(instance):
        if f.name in changes and not f.init:
            raise ValueError(f"field {f.name} is declared with init=False, it cannot be specified with replace()")
    values.update(changes)
    return type(instance)(**values)


def make_dataclass(cls_name, fields, *, bases=(), namespace=None, **options):
    body = dict(namespace or {})
    body["__annotations__"] = {}
    for one in fields:
        one = (one, "Any") if isinstance(one, str) else one
        body["__annotations__"][one[0]] = one[1]
        if len(one) == 3:
            body[one[0]] = one[2]
    return dataclass(type(cls_name, bases, body), **options)
