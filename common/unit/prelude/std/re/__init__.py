"""re: a pattern becomes a small program, which is run with a stack of where else to try. What a pattern may cost is bounded by
the steps of the unit, as everything. Left out: patterns of bytes, atomic groups, possessive repeats, lookbehind of varying
width, conditional groups, str.casefold's finer points under IGNORECASE."""
from functools import lru_cache

from re._parser import (
    A, ASCII, I, IGNORECASE, L, LOCALE, M, MULTILINE, NOFLAG, S, DOTALL, U, UNICODE, X, VERBOSE, _DIGITS, _ESCAPES, _Parser, error)
from re._program import _CHAR, _MATCH, _MOVED, _Compiler, _run

__all__ = ["A", "ASCII", "I", "IGNORECASE", "L", "LOCALE", "M", "MULTILINE", "NOFLAG", "S", "DOTALL", "U", "UNICODE", "X", "VERBOSE",
           "Match", "Pattern", "compile", "error", "escape", "findall", "finditer", "fullmatch", "match", "purge", "search", "split",
           "sub", "subn"]
error.__module__ = "re"


class Match:
    def __init__(self, pattern, text, pos, endpos, saved):
        self.re, self.string, self.pos, self.endpos, self._saved = pattern, text, pos, endpos, saved

    def _index(self, group):
        if type(group) is str and group in self.re.groupindex:
            return self.re.groupindex[group]
        if type(group) is not int or not 0 <= group <= self.re.groups:
            raise IndexError("no such group")
        return group

    def span(self, group=0):
        at = 2 * self._index(group)
        return self._saved[at], self._saved[at + 1]

    def start(self, group=0):
        return self.span(group)[0]

    def end(self, group=0):
        return self.span(group)[1]

    def _text(self, group, default=None):
        start, end = self.span(group)
        return default if start < 0 else self.string[start:end]

    def group(self, *groups):
        if len(groups) < 2:
            return self._text(groups[0] if groups else 0)
        return tuple([self._text(g) for g in groups])

    def groups(self, default=None):
        return tuple([self._text(g, default) for g in range(1, self.re.groups + 1)])

    def groupdict(self, default=None):
        return {name: self._text(number, default) for name, number in self.re.groupindex.items()}

    def __getitem__(self, group):
        return self._text(group)

    def expand(self, template):
        return _filled(_template(template, self.re), self)

    @property
    def lastindex(self):
        return self._saved[-1] or None

    @property
    def lastgroup(self):
        return next((name for name, number in self.re.groupindex.items() if number == self.lastindex), None)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        return f"<re.Match object; span={self.span()!r}, match={self.group()!r}>"


def _template(text, pattern):
    """Pieces of text and numbers of groups."""
    pieces, at = [], 0
    while True:
        slash = text.find("\\", at)
        pieces.append(text[at:] if slash < 0 else text[at:slash])
        if slash < 0:
            return pieces
        c, at = text[slash + 1:slash + 2], slash + 2
        if c == "g" and text[at:at + 1] == "<" and text.find(">", at) > 0:
            name, at = text[at + 1:text.find(">", at)], text.find(">", at) + 1
            if name.isdigit():
                number = int(name)
            elif name in pattern.groupindex:
                number = pattern.groupindex[name]
            else:
                raise IndexError(f"unknown group name {name!r}")
        elif c and c in "123456789":
            if text[at:at + 1] and text[at] in _DIGITS:
                c, at = c + text[at], at + 1
            number = int(c)
        elif c in _ESCAPES:
            pieces.append(_ESCAPES[c])
            continue
        elif c == "" or c.isalpha() and c < "\x80":
            raise error(f"bad escape {text[slash:at]}" if c else "bad escape (end of pattern)", text, slash)
        else:
            pieces.append(c if c == "\\" else "\\" + c)
            continue
        if number > pattern.groups:
            raise error(f"invalid group reference {number}", text, slash + 1)
        pieces.append(number)


def _filled(pieces, match):
    return "".join([piece if type(piece) is str else match._text(piece, "") for piece in pieces])


class Pattern:
    def __init__(self, pattern, flags):
        if type(pattern) is not str:
            if isinstance(pattern, bytes):
                raise NotImplementedError("re: patterns of bytes are not part of the unit language")
            raise TypeError("first argument must be string or compiled pattern")
        parser = _Parser(pattern, flags)
        tree = parser.parse()
        compiler = _Compiler()
        compiler.emit(tree)
        compiler.add(_MATCH)
        self.pattern, self.flags = pattern, parser.flags | U
        self.groups, self.groupindex = parser.groups, parser.names
        self._code, self._marks = compiler.code, (-1,) * compiler.marks
        # A pattern that begins with a character is looked for where that is.
        first = compiler.code[0]
        self._first = first[1] if first[0] == _CHAR and not first[2] else None

    def _at(self, text, at, end, whole, pos):
        saved = (at,) + (-1,) * (2 * self.groups + 1) + (0,)
        found = _run(self._code, 0, text, at, end, saved, self._marks, whole)
        if found is None:
            return None
        return Match(self, text, pos, end, (at, found[0]) + found[1][2:])

    def _bounds(self, text, pos, endpos):
        if type(text) is not str and not isinstance(text, str):
            raise TypeError(f"expected string or bytes-like object, got '{type(text).__name__}'")
        end = len(text) if endpos is None else max(0, min(endpos, len(text)))
        return max(0, min(pos, len(text))), end

    def match(self, string, pos=0, endpos=None):
        at, end = self._bounds(string, pos, endpos)
        return self._at(string, at, end, False, at) if at <= end else None

    def fullmatch(self, string, pos=0, endpos=None):
        at, end = self._bounds(string, pos, endpos)
        return self._at(string, at, end, True, at) if at <= end else None

    def _search(self, text, at, end, pos):
        while at <= end:
            if self._first is not None:
                at = text.find(self._first, at, end)
                if at < 0:
                    return None
            found = self._at(text, at, end, False, pos)
            if found is not None:
                return found
            at += 1
        return None

    def search(self, string, pos=0, endpos=None):
        at, end = self._bounds(string, pos, endpos)
        return self._search(string, at, end, at)

    def finditer(self, string, pos=0, endpos=None):
        at, end = self._bounds(string, pos, endpos)
        start, empty = at, False
        while at <= end:
            found = self._moving(string, at, end, start) if empty else None
            if found is None:
                found = self._search(string, at + empty, end, start)
            if found is None:
                return
            yield found
            at, empty = found.end(), found.start() == found.end()

    def _moving(self, text, at, end, pos):
        """A match here that takes something, which is what may follow one that took nothing."""
        saved = (at,) + (-1,) * (2 * self.groups + 1) + (0,)
        last = len(self._code) - 1
        program = self._code[:last] + [(_MOVED, len(self._marks), last + 2), (_CHAR, "", False), (_MATCH,)]
        found = _run(program, 0, text, at, end, saved, self._marks + (at,), False)
        return None if found is None else Match(self, text, pos, end, (at, found[0]) + found[1][2:])

    def findall(self, string, pos=0, endpos=None):
        found = []
        for m in self.finditer(string, pos, endpos):
            found.append(m.group() if self.groups == 0 else m._text(1, "") if self.groups == 1 else m.groups(""))
        return found

    def subn(self, repl, string, count=0):
        pieces, at, n = [], 0, 0
        template = None if callable(repl) else _template(repl, self)
        for m in self.finditer(string):
            if count and n == count:
                break
            pieces += [string[at:m.start()], repl(m) if template is None else _filled(template, m)]
            at, n = m.end(), n + 1
        return "".join(pieces) + string[at:], n

    def sub(self, repl, string, count=0):
        return self.subn(repl, string, count)[0]

    def split(self, string, maxsplit=0):
        pieces, at, n = [], 0, 0
        for m in self.finditer(string):
            if maxsplit and n == maxsplit:
                break
            pieces.append(string[at:m.start()])
            pieces += list(m.groups())
            at, n = m.end(), n + 1
        return pieces + [string[at:]]

    def __eq__(self, other):
        return isinstance(other, Pattern) and (self.pattern, self.flags) == (other.pattern, other.flags)

    def __hash__(self):
        return hash((self.pattern, self.flags))

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        names = [name for name, bit in (("IGNORECASE", I), ("MULTILINE", M), ("DOTALL", S), ("VERBOSE", X), ("ASCII", A))
                 if self.flags & bit]
        return f"re.compile({self.pattern!r}" + (", " + "|".join(["re." + name for name in names]) if names else "") + ")"


@lru_cache(maxsize=256)
def _compiled(pattern, flags):
    return Pattern(pattern, flags)


def compile(pattern, flags=0):
    if isinstance(pattern, Pattern):
        if flags:
            raise ValueError("cannot process flags argument with a compiled pattern")
        return pattern
    return _compiled(pattern, int(flags)) if type(pattern) is str else Pattern(pattern, flags)


def match(pattern, string, flags=0):
    return compile(pattern, flags).match(string)


def fullmatch(pattern, string, flags=0):
    return compile(pattern, flags).fullmatch(string)


def search(pattern, string, flags=0):
    return compile(pattern, flags).search(string)


def sub(pattern, repl, string, count=0, flags=0):
    return compile(pattern, flags).sub(repl, string, count)


def subn(pattern, repl, string, count=0, flags=0):
    return compile(pattern, flags).subn(repl, string, count)


def split(pattern, string, maxsplit=0, flags=0):
    return compile(pattern, flags).split(string, maxsplit)


def findall(pattern, string, flags=0):
    return compile(pattern, flags).findall(string)


def finditer(pattern, string, flags=0):
    return compile(pattern, flags).finditer(string)


def escape(pattern):
    return "".join(["\\" + c if c in "()[]{}?*+-|^$\\.&~# \t\n\r\v\f" else c for c in pattern])


def purge():
    _compiled.cache_clear()
