"""typing_extensions for the unit language: the inert names of typing."""

from typing import (
    Annotated, Any, AnyStr, AsyncIterator, Awaitable, Callable, ClassVar, Collection, Concatenate, Container,
    ContextManager, Coroutine, Counter, DefaultDict, Deque, Dict, Final, FrozenSet, Generator, Generic, Hashable, IO,
    Iterable, Iterator, List, Literal, LiteralString, Mapping, Match, MutableMapping, MutableSequence, NamedTuple,
    Never, NewType, NoReturn, NotRequired, Optional, OrderedDict, ParamSpec, Pattern, Protocol, Required, Reversible,
    Self, Sequence, Set, Sized, SupportsFloat, SupportsIndex, SupportsInt, TYPE_CHECKING, Text, Tuple, Type,
    TypeAlias, TypeGuard, TypeVar, TypeVarTuple, TypedDict, Union, Unpack, assert_never, cast, final, get_args,
    get_origin, get_type_hints, no_type_check, overload, override, reveal_type, runtime_checkable,
)
