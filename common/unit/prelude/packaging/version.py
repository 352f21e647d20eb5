# Versions as PEP 440 orders them: 2.0.dev1 < 2.0a1 < 2.0rc1 < 2.0 == 2.0.0 < 2.0+cpu < 2.0.post1.
from functools import total_ordering

_PHASES = {"alpha": "a", "a": "a", "beta": "b", "b": "b", "c": "rc", "rc": "rc", "pre": "rc", "preview": "rc"}


class InvalidVersion(ValueError):
    pass


def _pieces(text):
    """"2.0.0rc1" as [2, 0, 0, "rc", 1]."""
    pieces, word = [], ""
    for c in text + ".":
        if word and (c in ".-_" or c.isdigit() != word[-1].isdigit()):
            pieces.append(int(word) if word.isdigit() else word)
            word = ""
        if c not in ".-_":
            word += c
    return pieces


@total_ordering
class Version:
    def __init__(self, version):
        text, _, local = version.strip().lower().removeprefix("v").partition("+")
        epoch, mark, rest = text.rpartition("!")
        pieces = _pieces(rest)
        self.epoch = int(epoch) if mark else 0
        self.local = local or None
        self.pre = self.post = self.dev = None
        release = []
        while pieces and isinstance(pieces[0], int):
            release.append(pieces.pop(0))
        self.release = tuple(release)
        while pieces:
            name = pieces.pop(0)
            number = pieces.pop(0) if pieces and isinstance(pieces[0], int) else 0
            if name in _PHASES:
                self.pre = (_PHASES[name], number)
            elif name in ("post", "rev", "r"):
                self.post = number
            elif name == "dev":
                self.dev = number
            else:
                release = []
        if not release:
            raise InvalidVersion(f"Invalid version: {version!r}")
        self._text = version.strip().lower().removeprefix("v")
        while len(release) > 1 and release[-1] == 0:
            release.pop()
        pre = self.pre if self.pre is not None else ("", 0) if self.dev is not None and self.post is None else ("z", 0)
        self._key = (self.epoch, tuple(release), pre, -1 if self.post is None else self.post,
                     (1, 0) if self.dev is None else (0, self.dev), tuple([(isinstance(p, int), p) for p in _pieces(local)]))

    @property
    def major(self):
        return self.release[0]

    @property
    def minor(self):
        return self.release[1] if len(self.release) > 1 else 0

    @property
    def micro(self):
        return self.release[2] if len(self.release) > 2 else 0

    @property
    def base_version(self):
        return ".".join([str(n) for n in self.release])

    @property
    def is_prerelease(self):
        return self.pre is not None or self.dev is not None

    def __eq__(self, other):
        return isinstance(other, Version) and self._key == other._key

    def __lt__(self, other):
        return self._key < other._key

    def __hash__(self):
        return hash(self._key)

    def __str__(self):
        return self._text

    def __repr__(self):
        return f"<Version('{self}')>"


def parse(version):
    return Version(version)
