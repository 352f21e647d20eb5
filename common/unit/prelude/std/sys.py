"""sys for files that import it."""
from collections import namedtuple

_Version = namedtuple("version_info", "major minor micro releaselevel serial")
version_info = _Version(3, 11, 0, "final", 0)
version = "3.11.0 (the unit language)"
hexversion = 0x030B00F0
platform = "linux"
byteorder = "little"
executable = ""
prefix = base_prefix = ""
argv = [""]
path = []
modules = {}
warnoptions = []
maxsize = 2 ** 63 - 1
maxunicode = 0x10FFFF
_Float = namedtuple("float_info", "max max_exp max_10_exp min min_exp min_10_exp dig mant_dig epsilon radix rounds")
float_info = _Float(1.7976931348623157e+308, 1024, 308, 2.2250738585072014e-308, -1021, -307, 15, 53, 2.220446049250313e-16, 2, 1)


class _Stream:
    """What is printed to it goes where print goes."""
    encoding = "utf-8"

    def write(self, text):
        print(text, end="")
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return False


stdout = stderr = __stdout__ = __stderr__ = _Stream()


def exit(status=None):
    raise SystemExit(status)


def getrecursionlimit():
    return 1000


def setrecursionlimit(limit):
    pass


def exc_info():
    return (None, None, None)


def intern(text):
    return text


def _refused(function, why):
    def refuse(*args, **keywords):
        raise PermissionError(f"sys.{function}: {why}")
    return refuse


getsizeof, getrefcount, _getframe, settrace, setprofile, gettrace = [
    _refused(name, "units have no view of the evaluator") for name in "getsizeof getrefcount _getframe settrace setprofile gettrace".split()]
