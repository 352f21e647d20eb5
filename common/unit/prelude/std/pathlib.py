"""pathlib: what is arithmetic on names; whatever would look at a file is refused."""
from os import path as _path


class PurePath:
    def __init__(self, *parts):
        self._text = _path.normpath(_path.join(*[str(p) for p in parts])) if parts else "."

    def __truediv__(self, other):
        return type(self)(self._text, other)

    def __rtruediv__(self, other):
        return type(self)(other, self._text)

    def joinpath(self, *others):
        return type(self)(self._text, *others)

    def __str__(self):
        return self._text

    def __repr__(self):
        return f"{type(self).__name__}({self._text!r})"

    def __eq__(self, other):
        return isinstance(other, PurePath) and self._text == other._text

    def __hash__(self):
        return hash(self._text)

    @property
    def name(self):
        return _path.basename(self._text)

    @property
    def suffix(self):
        return _path.splitext(self.name)[1]

    @property
    def stem(self):
        return _path.splitext(self.name)[0]

    @property
    def parent(self):
        return type(self)(_path.dirname(self._text) or ".")

    @property
    def parts(self):
        return tuple((["/"] if self._text.startswith("/") else []) + [p for p in self._text.split("/") if p])

    def as_posix(self):
        return self._text

    def with_suffix(self, suffix):
        return type(self)(_path.splitext(self._text)[0] + suffix)

    def with_name(self, name):
        return self.parent / name

    def is_absolute(self):
        return self._text.startswith("/")


class Path(PurePath):
    def _refused(self, *args, **keywords):
        raise PermissionError("pathlib.Path: units have no file system")

    exists = is_file = is_dir = open = read_text = write_text = read_bytes = write_bytes = mkdir = unlink = rmdir = iterdir = _refused
    glob = rglob = resolve = absolute = stat = touch = rename = replace = expanduser = _refused
    cwd = home = staticmethod(_refused)


PosixPath, PurePosixPath = Path, PurePath
