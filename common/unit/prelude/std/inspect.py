"""inspect for the unit language: signatures only; frames and sources are not there to be seen."""

from _unit import signature_of


class _Empty:
    def __repr__(self):
        return "<class 'inspect._empty'>"


_empty = _Empty()


class Parameter:
    POSITIONAL_ONLY = "positional-only"
    POSITIONAL_OR_KEYWORD = "positional or keyword"
    VAR_POSITIONAL = "variadic positional"
    KEYWORD_ONLY = "keyword-only"
    VAR_KEYWORD = "variadic keyword"
    empty = _empty

    def __init__(self, name, kind, default=_empty, annotation=_empty):
        self.name = name
        self.kind = kind
        self.default = default
        self.annotation = annotation

    def __repr__(self):
        return f'<Parameter "{self}">'

    def __str__(self):
        stars = {self.VAR_POSITIONAL: "*", self.VAR_KEYWORD: "**"}.get(self.kind, "")
        text = stars + self.name
        if self.annotation is not _empty:
            text += f": {self.annotation}"
        if self.default is not _empty:
            text += f"{' = ' if self.annotation is not _empty else '='}{self.default!r}"
        return text


_KINDS = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD, Parameter.VAR_POSITIONAL, Parameter.KEYWORD_ONLY,
          Parameter.VAR_KEYWORD)


class Signature:
    empty = _empty

    def __init__(self, parameters):
        self.parameters = {p.name: p for p in parameters}

    def __str__(self):
        parts = []
        star = False
        for p in self.parameters.values():
            if p.kind == Parameter.VAR_POSITIONAL:
                star = True
            if p.kind == Parameter.KEYWORD_ONLY and not star:
                parts.append("*")
                star = True
            parts.append(str(p))
        return "(" + ", ".join(parts) + ")"

    def __repr__(self):
        return f"<Signature {self}>"


def signature(callable):
    parameters = []
    for name, kind, has_default, default, annotation in signature_of(callable):
        parameters.append(Parameter(name, _KINDS[kind], default if has_default else _empty, annotation or _empty))
    return Signature(parameters)


def isclass(thing):
    return isinstance(thing, type)


def isfunction(thing):
    return type(thing).__name__ == "function"


def ismethod(thing):
    return type(thing).__name__ == "method"


def getdoc(thing):
    return getattr(thing, "__doc__", None)


def cleandoc(doc):
    from textwrap import dedent
    first, newline, rest = doc.expandtabs().partition("\n")
    return (first.lstrip() + newline + dedent(rest)).strip("\n")


def isbuiltin(thing):
    return type(thing).__name__ == "builtin_function_or_method"


def isroutine(thing):
    return isfunction(thing) or ismethod(thing) or isbuiltin(thing)


def isgenerator(thing):
    return type(thing).__name__ == "generator"


def ismodule(thing):
    return type(thing).__name__ == "module"


def isabstract(thing):
    return isclass(thing) and any([getattr(getattr(thing, n, None), "__isabstractmethod__", False) for n in vars(thing)])


def iscoroutinefunction(thing):
    return False


def getmro(cls):
    return cls.__mro__


def unwrap(function, *, stop=None):
    while hasattr(function, "__wrapped__") and not (stop is not None and stop(function)):
        function = function.__wrapped__
    return function


class _ArgSpec:
    def __init__(self, **parts):
        for name, value in parts.items():
            setattr(self, name, value)


def getfullargspec(function):
    found = list(signature(function).parameters.values())
    plain = [p for p in found if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    named = [p for p in found if p.kind == Parameter.KEYWORD_ONLY]
    starred = {p.kind: p.name for p in found}
    defaults = tuple([p.default for p in plain if p.default is not _empty])
    return _ArgSpec(args=[p.name for p in plain], varargs=starred.get(Parameter.VAR_POSITIONAL),
                    varkw=starred.get(Parameter.VAR_KEYWORD), defaults=defaults or None, kwonlyargs=[p.name for p in named],
                    kwonlydefaults={p.name: p.default for p in named if p.default is not _empty} or None, annotations={})


def _refuse(*args, **keywords):
    raise NotImplementedError("inspect: frames and sources are not there to be seen")


getsource = getsourcelines = getsourcefile = getfile = currentframe = stack = getmembers = getmodule = _refuse
