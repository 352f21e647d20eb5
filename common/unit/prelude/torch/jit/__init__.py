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
