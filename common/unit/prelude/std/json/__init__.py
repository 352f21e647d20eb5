"""json, between text and values; files are out of reach."""


class JSONDecodeError(ValueError):
    def __init__(self, msg, doc, pos):
        self.msg, self.doc, self.pos = msg, doc, pos
        self.lineno = doc.count("\n", 0, pos) + 1
        self.colno = pos - doc.rfind("\n", 0, pos)
        super().__init__(f"{msg}: line {self.lineno} column {self.colno} (char {pos})")


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_UNESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"'}


def _text(s, ascii):
    out = ""
    for c in s:
        if c in _ESCAPES:
            out += _ESCAPES[c]
        elif c < " " or (ascii and c > "~" and ord(c) < 0x10000):
            out += f"\\u{ord(c):04x}"
        elif ascii and c > "~":
            high, low = divmod(ord(c) - 0x10000, 0x400)
            out += f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
        else:
            out += c
    return '"' + out + '"'


def _number(x):
    return "NaN" if x != x else "Infinity" if x == float("inf") else "-Infinity" if x == -float("inf") else repr(x)


def dumps(obj, *, skipkeys=False, ensure_ascii=True, check_circular=True, allow_nan=True, cls=None, indent=None, separators=None,
          default=None, sort_keys=False, **options):
    indent = " " * indent if isinstance(indent, int) else indent
    item, colon = separators or (("," if indent is not None else ", "), ": ")

    def block(parts, brackets, level):
        if not parts:
            return brackets
        if indent is None:
            return brackets[0] + item.join(parts) + brackets[1]
        inner = "\n" + indent * (level + 1)
        return brackets[0] + inner + (item + inner).join(parts) + "\n" + indent * level + brackets[1]

    def key(k):
        if isinstance(k, str):
            return k
        if k is None or isinstance(k, (bool, int, float)):
            return write(k, 0)
        raise TypeError(f"keys must be str, int, float, bool or None, not {type(k).__name__}")

    def write(x, level):
        if isinstance(x, str):
            return _text(str(x), ensure_ascii)
        if x is None or x is True or x is False:
            return {None: "null", True: "true", False: "false"}[x]
        if isinstance(x, int):
            return str(int(x))
        if isinstance(x, float):
            if not allow_nan and (x != x or abs(x) == float("inf")):
                raise ValueError("Out of range float values are not JSON compliant")
            return _number(x)
        if isinstance(x, (list, tuple)):
            return block([write(v, level + 1) for v in x], "[]", level)
        if isinstance(x, dict):
            pairs = sorted(x.items()) if sort_keys else x.items()
            return block([_text(key(k), ensure_ascii) + colon + write(v, level + 1) for k, v in pairs], "{}", level)
        if default is not None:
            return write(default(x), level)
        raise TypeError(f"Object of type {type(x).__name__} is not JSON serializable")
    return write(obj, 0)


class _Reader:
    def __init__(self, text):
        self.text, self.at = text, 0

    def fail(self, message):
        raise JSONDecodeError(message, self.text, self.at)

    def blank(self):
        while self.at < len(self.text) and self.text[self.at] in " \t\n\r":
            self.at += 1

    def take(self, token):
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def value(self):
        self.blank()
        for token, constant in (("null", None), ("true", True), ("false", False), ("NaN", float("nan")),
                                ("Infinity", float("inf")), ("-Infinity", -float("inf"))):
            if self.take(token):
                return constant
        if self.take("["):
            return self.items("]", [])
        if self.take("{"):
            return dict(self.items("}", []))
        if self.take('"'):
            return self.string()
        return self.number()

    def items(self, end, found):
        self.blank()
        if self.take(end):
            return found
        while True:
            if end == "}":
                self.blank()
                if not self.take('"'):
                    self.fail("Expecting property name enclosed in double quotes")
                key = self.string()
                self.blank()
                if not self.take(":"):
                    self.fail("Expecting ':' delimiter")
                found.append((key, self.value()))
            else:
                found.append(self.value())
            self.blank()
            if self.take(end):
                return found
            if not self.take(","):
                self.fail("Expecting ',' delimiter")

    def string(self):
        out = []
        while self.at < len(self.text):
            c = self.text[self.at]
            self.at += 1
            if c == '"':
                return "".join(out)
            if c == "\\":
                c = self.text[self.at:self.at + 1]
                self.at += 1
                if c == "u":
                    c = chr(int(self.text[self.at:self.at + 4], 16))
                    self.at += 4
                elif c in _UNESCAPES:
                    c = _UNESCAPES[c]
                else:
                    self.fail("Invalid \\escape")
            out.append(c)
        self.fail("Unterminated string starting at")

    def number(self):
        start = self.at
        while self.at < len(self.text) and self.text[self.at] in "+-0123456789.eE":
            self.at += 1
        word = self.text[start:self.at]
        if not word:
            self.fail("Expecting value")
        return float(word) if "." in word or "e" in word or "E" in word else int(word)


def loads(s, **options):
    reader = _Reader(s if isinstance(s, str) else s.decode())
    value = reader.value()
    reader.blank()
    if reader.at != len(reader.text):
        reader.fail("Extra data")
    return value


def dump(obj, fp, **options):
    raise PermissionError("json.dump: units have no file system")


def load(fp, **options):
    raise PermissionError("json.load: units have no file system")


class JSONEncoder:
    def __init__(self, **options):
        self.options = options

    def default(self, o):
        raise TypeError(f"Object of type {type(o).__name__} is not JSON serializable")

    def encode(self, o):
        return dumps(o, default=self.default, **self.options)


class JSONDecoder:
    def decode(self, s):
        return loads(s)
