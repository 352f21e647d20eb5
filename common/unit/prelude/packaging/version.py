"""Versions compared as PEP 440 does: release, then pre-release before it and post-release after it."""

import functools


class InvalidVersion(ValueError):
    pass


_PRE = {
    "dev": -4, "a": -3, "alpha": -3, "b": -2, "beta": -2, "c": -1, "rc": -1, "pre": -1, "preview": -1, "post": 1,
    "rev": 1, "r": 1}


def _parsed(text):
    public = text.strip().lower().lstrip("v").split("+")[0]
    words, word = [], ""
    for c in public:
        if c in ".-_" or (word and word[-1].isdigit() != c.isdigit()):
            words.append(word)
            word = ""
        word += c if c not in ".-_" else ""
    words = [w for w in words + [word] if w]
    release = []
    while words and words[0].isdigit():
        release.append(int(words.pop(0)))
    if not release or (words and words[0] not in _PRE):
        raise InvalidVersion(f"Invalid version: {text!r}")
    stage = (_PRE[words[0]], int(words[1]) if len(words) > 1 and words[1].isdigit() else 0) if words else (0, 0)
    return tuple(release), stage


@functools.total_ordering
class Version:
    def __init__(self, version):
        self._text = version
        self.release, self._stage = _parsed(version)
        trimmed = list(self.release)
        while len(trimmed) > 1 and trimmed[-1] == 0:
            trimmed.pop()
        self._key = (tuple(trimmed), self._stage)

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
        return ".".join(str(n) for n in self.release)

    @property
    def is_prerelease(self):
        return self._stage[0] < 0

    def __eq__(self, other):
        return isinstance(other, Version) and self._key == other._key

    def __lt__(self, other):
        return self._key < other._key

    def __hash__(self):
        return hash(self._key)

    def __str__(self):
        return self._text

    def __repr__(self):
        return f"<Version('{self._text}')>"


def parse(version):
    return Version(version)
