"""warnings for the unit language: they go nowhere."""


def warn(message, category=None, stacklevel=1, source=None, **options):
    return None


def warn_explicit(message, category, filename, lineno, **options):
    return None


def filterwarnings(action, message="", category=Warning, module="", lineno=0, append=False):
    return None


def simplefilter(action, category=Warning, lineno=0, append=False):
    return None


def resetwarnings():
    return None


class catch_warnings:
    def __init__(self, *, record=False, **options):
        self._record = record

    def __enter__(self):
        return [] if self._record else None

    def __exit__(self, *exc):
        return None


def deprecated(message, /, **options):
    def decorate(thing):
        return thing
    return decorate


def showwarning(message, category, filename, lineno, file=None, line=None):
    return None


def formatwarning(message, category, filename, lineno, line=None):
    return f"{category.__name__}: {message}\n"
