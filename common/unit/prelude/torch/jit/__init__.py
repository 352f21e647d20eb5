# Scripting changes no number: the decorators give their function back.


def script(obj=None, *args, **kwargs):
    return obj if obj is not None else (lambda f: f)


def trace(func, example_inputs=None, **kwargs):
    return func


def script_method(function):
    return function


def ignore(function=None, **kwargs):
    return function if callable(function) else (lambda f: f)


def unused(function):
    return function


def export(function):
    return function


def is_scripting():
    return False


def is_tracing():
    return False


ScriptModule = None
Final = None


def annotate(kind, value):
    return value


def interface(cls):
    return cls


def script_if_tracing(function):
    return function


def freeze(module, *args, **kwargs):
    return module


optimize_for_inference = freeze


def fork(function, *args, **kwargs):
    return function(*args, **kwargs)


def wait(future):
    return future


class Attribute:
    def __new__(cls, value, type=None):
        return value
