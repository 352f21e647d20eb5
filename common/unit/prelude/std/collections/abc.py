"""collections.abc for the unit language: names for isinstance and for annotations."""

from typing import _Inert


class _Shape:
    """isinstance(x, Iterable) and the like, decided by what x can do."""

    def __init__(self, name, *methods):
        self._name = name
        self._methods = methods

    def __instancecheck__(self, x):
        return callable(x) if self._name == "Callable" else all([hasattr(x, m) for m in self._methods])

    def __getitem__(self, key):
        return _Inert(self._name)

    def __mro_entries__(self, bases):
        return ()

    def __repr__(self):
        return "collections.abc." + self._name


Iterable = _Shape("Iterable", "__iter__")
Iterator = _Shape("Iterator", "__iter__", "__next__")
Generator = _Shape("Generator", "send", "throw", "close")
Container = _Shape("Container", "__contains__")
Collection = _Shape("Collection", "__iter__", "__len__", "__contains__")
Sized = _Shape("Sized", "__len__")
Hashable = _Shape("Hashable", "__hash__")
Callable = _Shape("Callable", "__call__")
Sequence = _Shape("Sequence", "__getitem__", "__len__", "index", "count")
MutableSequence = _Shape("MutableSequence", "__getitem__", "__len__", "append", "insert")
Mapping = _Shape("Mapping", "keys", "items", "values")
MutableMapping = _Shape("MutableMapping", "keys", "items", "values", "update")
Set = _Shape("Set", "__contains__", "union")
MutableSet = _Shape("MutableSet", "add", "discard", "union")
KeysView = _Shape("KeysView", "__iter__")
ValuesView = _Shape("ValuesView", "__iter__")
ItemsView = _Shape("ItemsView", "__iter__")
AsyncGenerator = AsyncIterable = AsyncIterator = Awaitable = Coroutine = _Shape("Awaitable", "__await__")
ByteString = _Shape("ByteString", "decode")
MappingView = _Shape("MappingView", "__iter__", "mapping")
Reversible = _Shape("Reversible", "__reversed__")
