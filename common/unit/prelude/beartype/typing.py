from typing import (
    Annotated, Any, Callable, ClassVar, Dict, Final, Generic, Iterable, Iterator, List, Literal, Mapping, NamedTuple,
    Optional, Protocol, Sequence, Set, Tuple, Type, TypeVar, Union)
