"""typing for the unit language: annotations are ignored, so its names are inert and can be subscripted and called."""

TYPE_CHECKING = False


class _Inert:
    """A name of typing: X[...] and X | Y give something just as inert."""

    def __init__(self, name):
        self._name = name

    def __getitem__(self, key):
        return _Inert(f"{self._name}[{key!r}]")

    def __or__(self, other):
        return _Inert(f"{self._name} | {other!r}")

    def __ror__(self, other):
        return _Inert(f"{other!r} | {self._name}")

    def __call__(self, *args, **keywords):
        return _Inert(f"{self._name}(...)")

    def __repr__(self):
        return "typing." + self._name

    def __mro_entries__(self, bases):
        return ()


class Generic:
    def __class_getitem__(cls, key):
        return cls


class Protocol:
    def __class_getitem__(cls, key):
        return cls


class NamedTuple:
    """`class Point(NamedTuple): x: int; y: int = 0`."""

    @staticmethod
    def __finish_class__(cls):
        return cls if cls.__bases__ == (object,) else _named_tuple_class(cls)


class TypedDict:
    @staticmethod
    def __finish_class__(cls):
        return cls if cls.__bases__ == (object,) else dict


def _named_tuple_class(cls):
    from collections import namedtuple
    names = list(vars(cls).get("__annotations__", {}))
    defaults = [vars(cls)[name] for name in names if name in vars(cls)]
    base = namedtuple(cls.__name__, names, defaults=defaults)
    for name, value in vars(cls).items():
        if name not in names and not (name.startswith("__") and name.endswith("__")):
            setattr(base, name, value)
    return base


Any = _Inert("Any")
Optional = _Inert("Optional")
Union = _Inert("Union")
Callable = _Inert("Callable")
Literal = _Inert("Literal")
Final = _Inert("Final")
ClassVar = _Inert("ClassVar")
Annotated = _Inert("Annotated")
Type = _Inert("Type")
NoReturn = _Inert("NoReturn")
Never = _Inert("Never")
Self = _Inert("Self")
Concatenate = _Inert("Concatenate")
Unpack = _Inert("Unpack")
Required = _Inert("Required")
NotRequired = _Inert("NotRequired")
TypeAlias = _Inert("TypeAlias")
TypeGuard = _Inert("TypeGuard")
LiteralString = _Inert("LiteralString")
AnyStr = _Inert("AnyStr")
Text = str
List = _Inert("List")
Dict = _Inert("Dict")
Tuple = _Inert("Tuple")
Set = _Inert("Set")
FrozenSet = _Inert("FrozenSet")
DefaultDict = _Inert("DefaultDict")
OrderedDict = _Inert("OrderedDict")
Counter = _Inert("Counter")
Deque = _Inert("Deque")
Iterable = _Inert("Iterable")
Iterator = _Inert("Iterator")
Generator = _Inert("Generator")
Sequence = _Inert("Sequence")
MutableSequence = _Inert("MutableSequence")
Mapping = _Inert("Mapping")
MutableMapping = _Inert("MutableMapping")
Collection = _Inert("Collection")
Container = _Inert("Container")
Hashable = _Inert("Hashable")
Sized = _Inert("Sized")
Reversible = _Inert("Reversible")
SupportsFloat = _Inert("SupportsFloat")
SupportsInt = _Inert("SupportsInt")
SupportsIndex = _Inert("SupportsIndex")
ContextManager = _Inert("ContextManager")
Awaitable = _Inert("Awaitable")
Coroutine = _Inert("Coroutine")
AsyncIterator = _Inert("AsyncIterator")
NewType = _Inert("NewType")
IO = _Inert("IO")
Pattern = _Inert("Pattern")
Match = _Inert("Match")


def TypeVar(name, *constraints, **options):
    return _Inert(name)


def ParamSpec(name, **options):
    return _Inert(name)


def TypeVarTuple(name, **options):
    return _Inert(name)


def cast(type, value):
    return value


def overload(function):
    return function


def override(function):
    return function


def final(thing):
    return thing


def no_type_check(thing):
    return thing


def runtime_checkable(cls):
    return cls


def get_type_hints(thing, *args, **options):
    return {}


def get_origin(thing):
    return None


def get_args(thing):
    return ()


def assert_never(value):
    raise AssertionError(f"Expected code to be unreachable, but got: {value!r}")


def reveal_type(value):
    return value
