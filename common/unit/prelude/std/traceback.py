"""traceback: errors are shown by whoever runs the unit; here they are only named."""


def format_exception_only(exc, value=None):
    error = value if value is not None else exc
    return [f"{type(error).__name__}: {error}\n"]


def format_exception(exc, value=None, tb=None, **options):
    return format_exception_only(exc, value)


def format_exc(limit=None, chain=True):
    return ""


def format_stack(f=None, limit=None):
    return []


def print_exc(limit=None, file=None, chain=True):
    pass


def print_exception(exc, value=None, tb=None, **options):
    print("".join(format_exception(exc, value)), end="")


def print_stack(f=None, limit=None, file=None):
    pass
