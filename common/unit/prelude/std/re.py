"""re can be imported; patterns are not part of the unit language."""
IGNORECASE = I = 2
MULTILINE = M = 8
DOTALL = S = 16
VERBOSE = X = 64
Pattern = Match = object


class error(Exception):
    pass


def _refuse(*args, **keywords):
    raise NotImplementedError("re: regular expressions are not part of the unit language: use the methods of str")


match = search = fullmatch = sub = subn = split = findall = finditer = _refuse


class compile:
    """A pattern may be named; its use is refused."""

    def __init__(self, pattern, flags=0):
        self.pattern, self.flags = pattern, flags

    match = search = fullmatch = sub = subn = split = findall = finditer = staticmethod(_refuse)


def escape(pattern):
    return "".join(["\\" + c if c in "()[]{}?*+-|^$\\.&~# \t\n\r\v\f" else c for c in pattern])


def purge():
    pass
