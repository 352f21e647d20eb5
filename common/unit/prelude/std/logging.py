"""logging for the unit language: to nowhere."""

CRITICAL = FATAL = 50
ERROR = 40
WARNING = WARN = 30
INFO = 20
DEBUG = 10
NOTSET = 0


class Logger:
    def __init__(self, name="root", level=NOTSET):
        self.name = name
        self.level = level
        self.handlers = []
        self.propagate = True

    def debug(self, message, *args, **options):
        return None

    info = warning = warn = error = critical = exception = fatal = debug
    warning_once = warning_advice = info_once = debug

    def log(self, level, message, *args, **options):
        return None

    def setLevel(self, level):
        self.level = level

    def getEffectiveLevel(self):
        return WARNING

    def isEnabledFor(self, level):
        return False

    def addHandler(self, handler):
        return None

    def removeHandler(self, handler):
        return None

    def hasHandlers(self):
        return False


class Handler:
    def __init__(self, *args, **options):
        pass

    def setLevel(self, level):
        return None

    def setFormatter(self, formatter):
        return None


StreamHandler = NullHandler = Handler


class Formatter:
    def __init__(self, *args, **options):
        pass


root = Logger()


def getLogger(name=None):
    return Logger(name or "root")


def basicConfig(**options):
    return None


def debug(message, *args, **options):
    return None


info = warning = warn = error = critical = exception = debug


def captureWarnings(capture):
    return None


def disable(level=CRITICAL):
    return None


def log(level, message, *args, **options):
    return None


def addLevelName(level, name):
    return None


def getLevelName(level):
    names = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL", 0: "NOTSET"}
    if level in names:
        return names[level]
    return {name: number for number, name in names.items()}.get(level, f"Level {level}")


def getLoggerClass():
    return Logger


def shutdown():
    return None


class Filter:
    def __init__(self, name=""):
        pass


class FileHandler(Handler):
    def __init__(self, filename, *args, **options):
        raise PermissionError("logging.FileHandler: units have no file system")


class LoggerAdapter(Logger):
    def __init__(self, logger, extra=None):
        super().__init__()
        self.logger, self.extra = logger, extra


fatal = critical
BASIC_FORMAT = "%(levelname)s:%(name)s:%(message)s"
raiseExceptions = True
