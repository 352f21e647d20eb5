"""A pattern's text to a tree."""
A = ASCII = 256
I = IGNORECASE = 2
L = LOCALE = 4
U = UNICODE = 32
M = MULTILINE = 8
S = DOTALL = 16
X = VERBOSE = 64
NOFLAG = 0
_LETTERS = {"a": A, "i": I, "L": L, "m": M, "s": S, "u": U, "x": X}
_SPACE = " \t\n\r\f\v"
_DIGITS = "0123456789"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
_MANY = 1 << 30


class error(Exception):
    def __init__(self, msg, pattern=None, pos=None):
        self.msg, self.pattern, self.pos = msg, pattern, pos
        super().__init__(msg if pos is None else f"{msg} at position {pos}")


def _is_word(c):
    return c.isalnum() or c == "_"


def _is_in(kind, c, ascii):
    if kind in "dD":
        return (c in _DIGITS if ascii else c.isdecimal()) == (kind == "d")
    if kind in "wW":
        return (_is_word(c) and (not ascii or c < "\x80")) == (kind == "w")
    return (c in _SPACE if ascii else c.isspace()) == (kind == "s")


class _Set:
    def __init__(self, negated, singles, ranges, kinds, flags):
        self.negated, self.singles, self.ranges, self.kinds = negated, singles, ranges, kinds
        self.ascii, self.folds = bool(flags & A), bool(flags & I)

    def _has(self, c):
        if c in self.singles:
            return True
        for low, high in self.ranges:
            if low <= c <= high:
                return True
        for kind in self.kinds:
            if _is_in(kind, c, self.ascii):
                return True
        return False

    def has(self, c):
        found = self._has(c) or (self.folds and (self._has(c.lower()) or self._has(c.upper())))
        return found != self.negated


class _Parser:
    """Text to a tree: ("char", c), ("any",), ("set", s), ("cat", parts), ("alt", parts), ("group", number, body),
    ("repeat", least, most, lazy, body), ("at", what), ("look", ahead, negated, body), ("back", number)."""

    def __init__(self, text, flags):
        self.text, self.at, self.flags, self.groups, self.names, self.open = text, 0, flags, 0, {}, set()

    def fail(self, message, at=None):
        raise error(message, self.text, self.at if at is None else at)

    def peek(self):
        return self.text[self.at] if self.at < len(self.text) else ""

    def take(self, text):
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def until(self, end, what):
        stop = self.text.find(end, self.at)
        if stop < 0:
            self.fail("missing " + end + ", unterminated name" if self.at < len(self.text) else "missing group name")
        name, self.at = self.text[self.at:stop], stop + 1
        if not name:
            self.fail("missing group name", self.at - 1)
        return name

    def parse(self):
        tree = self.alternatives()
        if self.peek() == ")":
            self.fail("unbalanced parenthesis")
        return tree

    def alternatives(self):
        parts = [self.sequence()]
        while self.take("|"):
            parts.append(self.sequence())
        return parts[0] if len(parts) == 1 else ("alt", parts)

    def sequence(self):
        parts = []
        while self.at < len(self.text) and self.peek() not in "|)":
            if self.flags & X:
                if self.peek() in _SPACE:
                    self.at += 1
                    continue
                if self.peek() == "#":
                    end = self.text.find("\n", self.at)
                    self.at = len(self.text) if end < 0 else end
                    continue
            before = self.at
            if not parts and self.peek() == "{" and self.counts() is not None:
                self.fail("nothing to repeat", before)
            if parts and self.peek() in "*+?{":  # VERBOSE: behind spaces
                parts.append(self.repeated(parts.pop()))
                if self.at > before:
                    continue
            part = self.atom()
            if part is not None:
                parts.append(self.repeated(part))
        return ("cat", parts)

    def counts(self):
        """{m}, {m,}, {,n}, {m,n}; None if the brace is a character."""
        start = self.at
        self.at += 1
        least = self.digits()
        most = least
        if self.take(","):
            most = self.digits()
        if not self.take("}") or self.at == start + 2:
            self.at = start
            return None
        least, most = int(least or "0"), int(most) if most else _MANY
        if most < least:
            self.fail("min repeat greater than max repeat", start + 1)
        return least, most

    def digits(self):
        start = self.at
        while self.peek() and self.peek() in _DIGITS:
            self.at += 1
        return self.text[start:self.at]

    def repeated(self, part):
        while self.peek() and self.peek() in "*+?{":
            start = self.at
            c = self.peek()
            if c == "{":
                counts = self.counts()
                if counts is None:
                    return part
            else:
                self.at += 1
                counts = {"*": (0, _MANY), "+": (1, _MANY), "?": (0, 1)}[c]
            if part[0] == "at":
                self.fail("nothing to repeat", start)
            if part[0] == "repeat":
                self.fail("multiple repeat", start)
            if self.peek() == "+":
                raise NotImplementedError("re: possessive repeats are not part of the unit language")
            part = ("repeat", counts[0], counts[1], self.take("?"), part)
        return part

    def atom(self):
        start = self.at
        c = self.text[start]
        self.at += 1
        if c == ".":
            return ("any", bool(self.flags & S))
        if c == "^":
            return ("at", "line" if self.flags & M else "begin")
        if c == "$":
            return ("at", "line end" if self.flags & M else "end")
        if c == "[":
            return self.set(start)
        if c == "\\":
            return self.escape(start)
        if c in "*+?":
            self.fail("nothing to repeat", start)
        if c != "(":
            return self.char(c)
        if not self.take("?"):
            return self.group(None, start)
        if self.take("P<"):
            name = self.until(">", "group name")
            if not name.isidentifier():
                self.fail(f"bad character in group name {name!r}", self.at - len(name) - 1)
            if name in self.names:
                self.fail(f"redefinition of group name {name!r} as group {self.groups + 1}; was group {self.names[name]}",
                          self.at - len(name) - 1)
            return self.group(name, start)
        if self.take("P="):
            name = self.until(")", "group name")
            if name not in self.names:
                self.fail(f"unknown group name {name!r}", self.at - len(name) - 1)
            if self.names[name] in self.open:
                self.fail("cannot refer to an open group", self.at - len(name) - 1)
            return ("back", self.names[name], bool(self.flags & I))
        for opening, ahead, negated in (("=", True, False), ("!", True, True), ("<=", False, False), ("<!", False, True)):
            if self.take(opening):
                return ("look", ahead, negated, self.body(start))
        if self.take("#"):
            end = self.text.find(")", self.at)
            if end < 0:
                self.fail("missing ), unterminated comment", start)
            self.at = end + 1
            return None
        if self.take(":"):
            return self.body(start)
        return self.inline_flags(start)

    def inline_flags(self, start):
        on, off, to = 0, 0, "on"
        while self.peek() and self.peek() not in ":)":
            c = self.peek()
            self.at += 1
            if c == "-":
                to = "off"
            elif c not in _LETTERS:
                self.fail(f"unknown extension ?{c}", start + 1)
            elif to == "on":
                on |= _LETTERS[c]
            else:
                off |= _LETTERS[c]
        if self.take(")"):
            if start:
                self.fail("global flags not at the start of the expression", start)
            self.flags |= on
            return None
        if not self.take(":"):
            self.fail("missing -, : or )")
        before, self.flags = self.flags, (self.flags | on) & ~off
        body = self.body(start)
        self.flags = before
        return body

    def body(self, start):
        tree = self.alternatives()
        if not self.take(")"):
            self.fail("missing ), unterminated subpattern", start)
        return tree

    def group(self, name, start):
        self.groups += 1
        number = self.groups
        if name is not None:
            self.names[name] = number
        self.open.add(number)
        tree = self.body(start)
        self.open.discard(number)
        return ("group", number, tree)

    def char(self, c):
        return ("char", c.lower(), True) if self.flags & I else ("char", c, False)

    def code(self, c, start):
        """The character of an escape, None if it is none."""
        if c in _ESCAPES and c != "0":
            return _ESCAPES[c]
        for letter, length in (("x", 2), ("u", 4), ("U", 8)):
            if c == letter:
                digits = self.text[self.at:self.at + length]
                if len(digits) < length or not all(d in "0123456789abcdefABCDEF" for d in digits):
                    self.fail(f"incomplete escape \\{c}{digits}", start)
                self.at += length
                return chr(int(digits, 16))
        if c == "0":
            digits = ""
            while len(digits) < 2 and self.peek() and self.peek() in "01234567":
                digits += self.peek()
                self.at += 1
            return chr(int("0" + digits, 8))
        if c in _DIGITS or c.isalpha() and c < "\x80":
            return None
        return c

    def escape(self, start):
        if self.at >= len(self.text):
            self.fail("bad escape (end of pattern)", start)
        c = self.text[self.at]
        self.at += 1
        if c in "AZbB":
            return ("at", {"A": "begin", "Z": "very end", "b": "boundary", "B": "inside"}[c])
        if c in "dDwWsS":
            return ("set", _Set(False, "", [], c, self.flags & A))
        if c in "123456789":
            number = int(c + (self.text[self.at] if self.peek() and self.peek() in _DIGITS else ""))
            self.at += number > 9
            if number > self.groups:
                self.fail(f"invalid group reference {number}", start + 1)
            if number in self.open:
                self.fail("cannot refer to an open group", start)
            return ("back", number, bool(self.flags & I))
        char = self.code(c, start)
        if char is None:
            self.fail(f"bad escape \\{c}", start)
        return self.char(char)

    def set_item(self, start):
        """A character, or the kind of \\d and its like as a tuple."""
        if self.at >= len(self.text):
            self.fail("unterminated character set", start)
        at = self.at
        c = self.text[at]
        self.at += 1
        if c != "\\":
            return c
        if self.at >= len(self.text):
            self.fail("unterminated character set", start)
        c = self.text[self.at]
        self.at += 1
        if c in "dDwWsS":
            return (c,)
        char = "\b" if c == "b" else self.code(c, at)
        if char is None:
            self.fail(f"bad escape \\{c}", at)
        return char

    def set(self, start):
        negated = self.take("^")
        singles, ranges, kinds, first = "", [], "", True
        while first or self.peek() != "]":
            first = False
            at = self.at
            low = self.set_item(start)
            if self.peek() == "-" and self.text[self.at + 1:self.at + 2] not in ("]", ""):
                self.at += 1
                high = self.set_item(start)
                if type(low) is tuple or type(high) is tuple or high < low:
                    self.fail(f"bad character range {self.text[at:self.at]}", at)
                ranges.append((low, high))
            elif type(low) is tuple:
                kinds += low[0]
            else:
                singles += low
            if self.at >= len(self.text):
                self.fail("unterminated character set", start)
        self.at += 1
        return ("set", _Set(negated, singles, ranges, kinds, self.flags))
