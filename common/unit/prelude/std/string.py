"""string for the unit language."""

ascii_lowercase = "abcdefghijklmnopqrstuvwxyz"
ascii_uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ascii_letters = ascii_lowercase + ascii_uppercase
digits = "0123456789"
hexdigits = digits + "abcdef" + "ABCDEF"
octdigits = "01234567"
punctuation = r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"""
whitespace = " \t\n\r\v\f"
printable = digits + ascii_letters + punctuation + whitespace


def capwords(s, sep=None):
    return (sep or " ").join([word.capitalize() for word in s.split(sep)])


class Template:
    def __init__(self, template):
        self.template = template

    def _replace(self, values, strict):
        out, rest = "", self.template
        while "$" in rest:
            before, _, rest = rest.partition("$")
            out += before
            if rest.startswith("$"):
                out, rest = out + "$", rest[1:]
                continue
            braced = rest.startswith("{")
            name = rest[1:].partition("}")[0] if braced else ""
            if not braced:
                while len(name) < len(rest) and (rest[len(name)].isalnum() or rest[len(name)] == "_"):
                    name += rest[len(name)]
            used = len(name) + 2 * braced
            if not name.isidentifier() and strict:
                raise ValueError("Invalid placeholder in string")
            if strict or name in values:
                out += str(values[name])
            else:
                out += "$" + rest[:used]
            rest = rest[used:]
        return out + rest

    def substitute(self, mapping={}, /, **keywords):
        return self._replace({**mapping, **keywords}, True)

    def safe_substitute(self, mapping={}, /, **keywords):
        return self._replace({**mapping, **keywords}, False)
