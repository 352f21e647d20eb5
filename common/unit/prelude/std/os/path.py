"""os.path: what is arithmetic on names works; whatever would look at a file is refused."""
sep = "/"


def join(path, *paths):
    for p in paths:
        p = str(p)
        path = p if p.startswith("/") else path + p if not path or path.endswith("/") else path + "/" + p
    return path


def split(p):
    head, slash, tail = str(p).rpartition("/")
    return (head.rstrip("/") or head + slash if head or slash else ""), tail


def basename(p):
    return split(p)[1]


def dirname(p):
    return split(p)[0]


def splitext(p):
    root, dot, ext = str(p).rpartition(".")
    return (root, dot + ext) if dot and "/" not in ext and root and not root.endswith("/") else (str(p), "")


def isabs(p):
    return str(p).startswith("/")


def normpath(p):
    parts = []
    for part in str(p).split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", ".") and not (part == ".." and isabs(p)):
            parts.append(part)
    return ("/" if isabs(p) else "") + "/".join(parts) or "."


def _refused(function):
    def refuse(*args, **keywords):
        raise PermissionError(f"os.path.{function}: units have no file system")
    return refuse


(exists, isfile, isdir, islink, getsize, getmtime, abspath, realpath, expanduser, expandvars, relpath,
 samefile) = [
    _refused(name) for name in "exists isfile isdir islink getsize getmtime abspath realpath expanduser expandvars relpath samefile".split()]
