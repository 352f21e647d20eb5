"""typing for the unit language: annotations are ignored, so its names are inert and can be subscripted and called."""

TYPE_CHECKING = False


class _Inert:
    """A name of typing: X[...] and X | Y give something just as inert."""

    def __init__(self, name, args=()):
        self._name = name
        self._args = args

    def __getitem__(self, key):
        return _Inert(f"{self._name}[{key!r}]", key if isinstance(key, tuple) else (key,))

    def __instancecheck__(self, x):
        name = self._name.split("[")[0]
        if name in ("Union", "Optional"):
            return (name == "Optional" and x is None) or any([x is None if a is None else isinstance(x, a) for a in self._args])
        if name not in _CHECKED or self._args:
            raise TypeError(f"{self!r} cannot be used with isinstance()" if not self._args else
                            "Subscripted generics cannot be used with class and instance checks")
        kind = _CHECKED[name]
        if name == "Callable":
            return callable(x)
        return isinstance(x, kind) if not isinstance(kind, str) else all([hasattr(x, method) for method in kind.split()])

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


_CHECKED = {
    "List": list, "Dict": dict, "Tuple": tuple, "Set": set, "FrozenSet": frozenset, "Type": type, "Callable": "__call__",
    "Iterable": "__iter__", "Iterator": "__iter__ __next__", "Sequence": "__getitem__ __len__ index count",
    "Mapping": "keys items values", "MutableMapping": "keys items values update", "Sized": "__len__", "Hashable": "__hash__",
    "Collection": "__iter__ __len__ __contains__", "Container": "__contains__", "Generator": "send throw close",
    "MutableSequence": "__getitem__ __len__ append insert", "SupportsFloat": "__float__", "SupportsInt": "__int__",
    "OrderedDict": dict, "DefaultDict": dict, "AbstractSet": "__contains__ union", "Reversible": "__reversed__"}


class Generic:
    def __class_getitem__(cls, key):
        return cls


class Protocol:
    def __class_getitem__(cls, key):
        return cls

    def __init_subclass__(cls, **keywords):
        super().__init_subclass__(**keywords)
        cls._is_protocol = Protocol in cls.__bases__


class NamedTuple:
    """`class Point(NamedTuple): x: int; y: int = 0`."""

    @staticmethod
    def __finish_class__(cls):
        return cls if cls.__bases__ == (object,) else _named_tuple_class(cls)


class TypedDict:
    def __init_subclass__(cls, total=True):
        pass

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
    names = set()
    for base in cls.__mro__:
        if getattr(base, "_is_protocol", False) and base is not Protocol:
            names.update([n for n in vars(base) if not n.startswith("_") or n in ("__call__", "__len__", "__iter__", "__getitem__")])
            names.update([n for n in vars(base).get("__annotations__", {}) if not n.startswith("_")])
    cls.__instancecheck__ = staticmethod(lambda thing: all([hasattr(thing, name) for name in names]))
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
AbstractSet = _Inert("AbstractSet")
AsyncContextManager = _Inert("AsyncContextManager")
AsyncGenerator = _Inert("AsyncGenerator")
AsyncIterable = _Inert("AsyncIterable")
BinaryIO = _Inert("BinaryIO")
ByteString = _Inert("ByteString")
ChainMap = _Inert("ChainMap")
ForwardRef = _Inert("ForwardRef")
ItemsView = _Inert("ItemsView")
KeysView = _Inert("KeysView")
MappingView = _Inert("MappingView")
MutableSet = _Inert("MutableSet")
ParamSpecArgs = _Inert("ParamSpecArgs")
ParamSpecKwargs = _Inert("ParamSpecKwargs")
SupportsAbs = _Inert("SupportsAbs")
SupportsBytes = _Inert("SupportsBytes")
SupportsComplex = _Inert("SupportsComplex")
SupportsRound = _Inert("SupportsRound")
TextIO = _Inert("TextIO")
ValuesView = _Inert("ValuesView")
TypeIs = _Inert("TypeIs")
ReadOnly = _Inert("ReadOnly")


def assert_type(value, type):
    return value


def clear_overloads():
    pass


def get_overloads(function):
    return []


def dataclass_transform(**options):
    return lambda thing: thing


def is_typeddict(thing):
    return False


def no_type_check_decorator(decorator):
    return decorator
