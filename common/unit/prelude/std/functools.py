"""functools for the unit language: what model code uses of it, with CPython's semantics."""

WRAPPER_ASSIGNMENTS = ("__module__", "__name__", "__qualname__", "__doc__")


class partial:
    def __init__(self, func, /, *args, **keywords):
        if not callable(func):
            raise TypeError("the first argument must be callable")
        if isinstance(func, partial):
            args = func.args + args
            keywords = {**func.keywords, **keywords}
            func = func.func
        self.func = func
        self.args = args
        self.keywords = keywords

    def __call__(self, /, *args, **keywords):
        return self.func(*self.args, *args, **{**self.keywords, **keywords})

    def __repr__(self):
        parts = [repr(self.func)]
        parts.extend(repr(a) for a in self.args)
        parts.extend(f"{k}={v!r}" for k, v in self.keywords.items())
        return "functools.partial(" + ", ".join(parts) + ")"


class partialmethod:
    def __init__(self, func, /, *args, **keywords):
        self.func = func
        self.args = args
        self.keywords = keywords

    def __get__(self, obj, cls=None):
        func, args, keywords = self.func, self.args, self.keywords

        def method(*more, **more_keywords):
            return func(obj, *args, *more, **{**keywords, **more_keywords})

        return method


_missing = object()


def reduce(function, iterable, initial=_missing, /):
    iterator = iter(iterable)
    if initial is _missing:
        try:
            value = next(iterator)
        except StopIteration:
            raise TypeError("reduce() of empty iterable with no initial value") from None
    else:
        value = initial
    for item in iterator:
        value = function(value, item)
    return value


def update_wrapper(wrapper, wrapped, assigned=WRAPPER_ASSIGNMENTS, updated=()):
    for name in assigned:
        try:
            setattr(wrapper, name, getattr(wrapped, name))
        except (AttributeError, TypeError):
            pass
    try:
        wrapper.__wrapped__ = wrapped
    except (AttributeError, TypeError):
        pass
    return wrapper


def wraps(wrapped, assigned=WRAPPER_ASSIGNMENTS, updated=()):
    def decorate(wrapper):
        return update_wrapper(wrapper, wrapped, assigned, updated)
    return decorate


class _Cached:
    """What lru_cache makes of a function: callable, with cache_clear and cache_info; a method binds as usual."""

    def __init__(self, function, maxsize):
        self._function = function
        self._maxsize = maxsize
        self._results = {}
        self._hits = 0
        self._misses = 0
        update_wrapper(self, function)

    def __call__(self, *args, **keywords):
        key = (args, tuple(keywords.items())) if keywords else args
        results = self._results
        if key in results:
            self._hits += 1
            value = results.pop(key)
            results[key] = value
            return value
        self._misses += 1
        value = self._function(*args, **keywords)
        if self._maxsize != 0:
            results[key] = value
            if self._maxsize is not None and len(results) > self._maxsize:
                del results[next(iter(results))]
        return value

    def __get__(self, obj, cls=None):
        if obj is None:
            return self
        return partial(self, obj)

    def cache_clear(self):
        self._results.clear()
        self._hits = self._misses = 0

    def cache_info(self):
        return (self._hits, self._misses, self._maxsize, len(self._results))


def lru_cache(maxsize=128, typed=False):
    if callable(maxsize):
        return _Cached(maxsize, 128)

    def decorate(function):
        return _Cached(function, maxsize)
    return decorate


def cache(function):
    return _Cached(function, None)


class cached_property:
    def __init__(self, func):
        self.func = func
        self.name = None
        self.__doc__ = func.__doc__

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, obj, cls=None):
        if obj is None:
            return self
        value = self.func(obj)
        if self.name is not None:
            setattr(obj, self.name, value)
        return value


def total_ordering(cls):
    def has(name):
        return name in vars(cls)
    if has("__lt__"):
        if not has("__gt__"):
            cls.__gt__ = lambda self, other: not (self < other or self == other)
        if not has("__le__"):
            cls.__le__ = lambda self, other: self < other or self == other
        if not has("__ge__"):
            cls.__ge__ = lambda self, other: not self < other
    elif has("__gt__"):
        cls.__lt__ = lambda self, other: not (self > other or self == other)
        cls.__ge__ = lambda self, other: self > other or self == other
        cls.__le__ = lambda self, other: not self > other
    elif has("__le__"):
        cls.__lt__ = lambda self, other: self <= other and self != other
        cls.__gt__ = lambda self, other: not self <= other
        cls.__ge__ = lambda self, other: not self <= other or self == other
    elif has("__ge__"):
        cls.__gt__ = lambda self, other: self >= other and self != other
        cls.__lt__ = lambda self, other: not self >= other
        cls.__le__ = lambda self, other: not self >= other or self == other
    else:
        raise ValueError("must define at least one ordering operation: < > <= >=")
    return cls


def cmp_to_key(compare):
    class K:
        def __init__(self, obj):
            self.obj = obj

        def __lt__(self, other):
            return compare(self.obj, other.obj) < 0

        def __gt__(self, other):
            return compare(self.obj, other.obj) > 0

        def __eq__(self, other):
            return compare(self.obj, other.obj) == 0
    return K


class singledispatchmethod:
    def __init__(self, function):
        self.dispatcher = singledispatch(function)

    def register(self, cls, method=None):
        return self.dispatcher.register(cls, method) if method is not None else self.dispatcher.register(cls)

    def __get__(self, instance, owner=None):
        def method(*args, **keywords):
            return self.dispatcher.dispatch(type(args[0]))(instance, *args, **keywords)
        return method


class singledispatch:
    """Dispatch on the class of the first argument."""

    def __init__(self, function):
        self._default = function
        self._registry = {}
        update_wrapper(self, function)

    def register(self, cls, function=None):
        if function is None:
            def decorate(f):
                self._registry[cls] = f
                return f
            return decorate
        self._registry[cls] = function
        return function

    def dispatch(self, cls):
        for base in cls.__mro__:
            if base in self._registry:
                return self._registry[base]
        return self._default

    def __call__(self, *args, **keywords):
        return self.dispatch(type(args[0]))(*args, **keywords)


WRAPPER_UPDATES = ("__dict__",)
