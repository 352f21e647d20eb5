"""contextlib for the unit language."""

from functools import wraps


class AbstractContextManager:
    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_value, traceback):
        return None


class ContextDecorator:
    def __call__(self, function):
        @wraps(function)
        def inner(*args, **keywords):
            with self:
                return function(*args, **keywords)
        return inner


class nullcontext:
    def __init__(self, enter_result=None):
        self.enter_result = enter_result

    def __enter__(self):
        return self.enter_result

    def __exit__(self, *exc):
        return None


class suppress:
    def __init__(self, *exceptions):
        self._exceptions = exceptions

    def __enter__(self):
        return None

    def __exit__(self, exc_type, exc_value, traceback):
        return exc_type is not None and issubclass(exc_type, self._exceptions)


class _GeneratorContext(ContextDecorator):
    def __init__(self, function, args, keywords):
        self._make = (function, args, keywords)
        self._generator = function(*args, **keywords)

    def __enter__(self):
        try:
            return next(self._generator)
        except StopIteration:
            raise RuntimeError("generator didn't yield") from None

    def __exit__(self, exc_type, exc_value, traceback):
        if exc_type is None:
            try:
                next(self._generator)
            except StopIteration:
                return False
            raise RuntimeError("generator didn't stop")
        try:
            self._generator.throw(exc_value)
        except StopIteration as stop:
            return stop is not exc_value
        except BaseException as error:
            if error is exc_value:
                return False
            raise
        raise RuntimeError("generator didn't stop after throw()")

    def __call__(self, function):
        make, args, keywords = self._make

        @wraps(function)
        def inner(*more, **more_keywords):
            with _GeneratorContext(make, args, keywords):
                return function(*more, **more_keywords)
        return inner


def contextmanager(function):
    @wraps(function)
    def make(*args, **keywords):
        return _GeneratorContext(function, args, keywords)
    return make


class closing:
    def __init__(self, thing):
        self.thing = thing

    def __enter__(self):
        return self.thing

    def __exit__(self, *exc):
        self.thing.close()


class ExitStack:
    def __init__(self):
        self._exits = []

    def enter_context(self, manager):
        value = manager.__enter__()
        self._exits.append(manager.__exit__)
        return value

    def callback(self, function, *args, **keywords):
        self._exits.append(lambda *exc: function(*args, **keywords) and False)
        return function

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_value, traceback):
        suppressed = False
        while self._exits:
            leave = self._exits.pop()
            if leave(exc_type, exc_value, traceback):
                suppressed = True
                exc_type = exc_value = traceback = None
        return suppressed


class redirect_stdout:
    """What is printed goes where it always goes."""

    def __init__(self, new_target):
        self.target = new_target

    def __enter__(self):
        return self.target

    def __exit__(self, kind, value, traceback):
        return False


class redirect_stderr(redirect_stdout):
    pass
