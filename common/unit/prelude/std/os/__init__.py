"""os for files that import it: an empty environment and names; whatever would reach the machine is refused."""
from os import path

environ = {}
name = "posix"
sep, altsep, extsep, pathsep, linesep, curdir, pardir, devnull = "/", None, ".", ":", "\n", ".", "..", "/dev/null"
PathLike = str
error = OSError


def getenv(key, default=None):
    return default


def cpu_count():
    return 1


def fspath(path):
    return str(path)


def _refused(function, why):
    def refuse(*args, **keywords):
        raise PermissionError(f"os.{function}: {why}")
    return refuse


(open, listdir, scandir, walk, mkdir, makedirs, remove, unlink, rename, replace, rmdir, removedirs,
 stat, access, chdir, getcwd, chmod, link, symlink, truncate, utime) = [
    _refused(name, "units have no file system") for name in ("open listdir scandir walk mkdir makedirs remove unlink rename replace rmdir removedirs stat access "
    "chdir getcwd chmod link symlink truncate utime").split()]
(system, popen, fork, kill, execv, spawnv, getpid, getppid, getuid, abort, _exit, wait, nice, urandom,
 uname) = [
    _refused(name, "units have no process") for name in "system popen fork kill execv spawnv getpid getppid getuid abort _exit wait nice urandom uname".split()]
putenv, unsetenv = [
    _refused(name, "units have no environment") for name in "putenv unsetenv".split()]
