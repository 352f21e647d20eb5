"""The text of common/unit/syntax/dump.h, written from Python's own ast: what the C++ parser is compared with.

    python3 ast_dump.py [--spans] FILE...
"""
import ast
import sys

BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.MatMult: "@", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
          ast.Pow: "**", ast.LShift: "<<", ast.RShift: ">>", ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&"}
UNARY = {ast.Invert: "u~", ast.Not: "not", ast.UAdd: "u+", ast.USub: "u-"}
COMPARE = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
           ast.IsNot: "is-not", ast.In: "in", ast.NotIn: "not-in"}
COMPREHENSIONS = {"ListComp": "listcomp", "SetComp": "setcomp", "GeneratorExp": "generator", "DictComp": "dictcomp"}


def quote(data):
    return '"' + "".join(chr(b) if 0x20 <= b < 0x7F and b not in b'"\\' else f"\\x{b:02x}" for b in data) + '"'


class Dumper:
    def __init__(self, source, spans):
        self.spans, self.in_format, self.classes = spans, 0, []
        self.lines = source.split("\n")

    def column(self, line, offset):
        text = self.lines[line - 1]
        return offset if text.isascii() else len(text.encode()[:offset].decode())

    def span(self, n):
        if not self.spans or self.in_format:
            return ""
        return (f"@{n.lineno}:{self.column(n.lineno, n.col_offset)}-"
                f"{n.end_lineno}:{self.column(n.end_lineno, n.end_col_offset)}")

    def name(self, name):
        if name is None:
            return "()"
        if self.classes and name.startswith("__") and not name.endswith("__") and "." not in name:
            owner = self.classes[-1].lstrip("_")
            return f"_{owner}{name}" if owner else name
        return name

    def each(self, nodes):
        return "".join(" " + self.node(n) for n in nodes)

    def node(self, n):
        if n is None:
            return "()"
        inside = isinstance(n, ast.JoinedStr)
        self.in_format += inside
        text = getattr(self, type(n).__name__)(n)
        self.in_format -= inside
        return text + (self.span(n) if hasattr(n, "lineno") else "")

    def block(self, name, body):
        return f" ({name}{self.each(body)})" if body else ""

    # Expressions
    def Constant(self, n):
        v = n.value
        if v is None or v is True or v is False:
            return str(v)
        if v is ...:
            return "..."
        if isinstance(v, str):
            return quote(v.encode("utf-8", "surrogatepass"))
        if isinstance(v, bytes):
            return "b" + quote(v)
        if isinstance(v, int):
            return str(v)
        if isinstance(v, float):
            return f"(float {v:.17g})"
        return f"(imaginary {v.imag:.17g})"

    def Name(self, n): return self.name(n.id)
    def JoinedStr(self, n): return f"(fstring{self.each(n.values)})"
    def FormattedValue(self, n):
        return f"(format {self.node(n.value)} {chr(n.conversion) if n.conversion > 0 else '-'} {self.node(n.format_spec)})"
    def Tuple(self, n): return f"(tuple{self.each(n.elts)})"
    def List(self, n): return f"(list{self.each(n.elts)})"
    def Set(self, n): return f"(set{self.each(n.elts)})"
    def Dict(self, n): return "(dict" + "".join(f" {self.node(k)} {self.node(v)}" for k, v in zip(n.keys, n.values)) + ")"
    def Call(self, n): return f"(call {self.node(n.func)}{self.each(n.args)}{self.each(n.keywords)})"
    def keyword(self, n): return f"(= {n.arg or '**'} {self.node(n.value)})"
    def Attribute(self, n): return f"(. {self.node(n.value)} {self.name(n.attr)})"
    def Subscript(self, n): return f"([] {self.node(n.value)} {self.node(n.slice)})"
    def Slice(self, n): return f"(: {self.node(n.lower)} {self.node(n.upper)} {self.node(n.step)})"
    def Starred(self, n): return f"(star {self.node(n.value)})"
    def Lambda(self, n): return f"(lambda {self.arguments(n.args)} {self.node(n.body)})"
    def Yield(self, n): return f"(yield {self.node(n.value)})"
    def YieldFrom(self, n): return f"(yield-from {self.node(n.value)})"
    def BinOp(self, n): return f"({BINARY[type(n.op)]} {self.node(n.left)} {self.node(n.right)})"
    def UnaryOp(self, n): return f"({UNARY[type(n.op)]} {self.node(n.operand)})"
    def BoolOp(self, n): return f"({'and' if isinstance(n.op, ast.And) else 'or'}{self.each(n.values)})"
    def Compare(self, n):
        rest = "".join(f" {COMPARE[type(o)]} {self.node(c)}" for o, c in zip(n.ops, n.comparators))
        return f"(compare {self.node(n.left)}{rest})"
    def IfExp(self, n): return f"(if {self.node(n.test)} {self.node(n.body)} {self.node(n.orelse)})"
    def NamedExpr(self, n): return f"(:= {self.name(n.target.id)} {self.node(n.value)})"

    def comprehension_expression(self, n):
        head = f"{self.node(n.key)} {self.node(n.value)}" if isinstance(n, ast.DictComp) else self.node(n.elt)
        clauses = "".join(f" (for {self.node(c.target)} {self.node(c.iter)}{self.each(c.ifs)})" for c in n.generators)
        return f"({COMPREHENSIONS[type(n).__name__]} {head}{clauses})"
    ListComp = SetComp = GeneratorExp = DictComp = comprehension_expression

    def argument(self, a, default, stars=""):
        return f" ({stars}{self.name(a.arg)} {self.node(a.annotation)} {self.node(default)}){self.span(a)}"

    def arguments(self, a):
        plain = a.posonlyargs + a.args
        defaults = [None] * (len(plain) - len(a.defaults)) + a.defaults
        out = ""
        for i, (x, d) in enumerate(zip(plain, defaults)):
            out += self.argument(x, d)
            if i + 1 == len(a.posonlyargs):
                out += " /"
        if a.vararg:
            out += self.argument(a.vararg, None, "*")
        elif a.kwonlyargs:
            out += " *"
        for x, d in zip(a.kwonlyargs, a.kw_defaults):
            out += self.argument(x, d)
        if a.kwarg:
            out += self.argument(a.kwarg, None, "**")
        return f"(parameters{out})"

    # Statements
    def Expr(self, n): return f"(expression {self.node(n.value)})"
    def Assign(self, n): return f"(assign{self.each(n.targets)} {self.node(n.value)})"
    def AugAssign(self, n): return f"(augment {BINARY[type(n.op)]} {self.node(n.target)} {self.node(n.value)})"
    def AnnAssign(self, n):
        return f"(annotated {n.simple} {self.node(n.target)} {self.node(n.annotation)} {self.node(n.value)})"
    def Return(self, n): return f"(return {self.node(n.value)})"
    def Delete(self, n): return f"(delete{self.each(n.targets)})"
    def Pass(self, n): return "(pass)"
    def Break(self, n): return "(break)"
    def Continue(self, n): return "(continue)"
    def Raise(self, n): return f"(raise {self.node(n.exc)} {self.node(n.cause)})"
    def Assert(self, n): return f"(assert {self.node(n.test)} {self.node(n.msg)})"
    def Global(self, n): return "(global " + " ".join(map(self.name, n.names)) + ")"
    def Nonlocal(self, n): return "(nonlocal " + " ".join(map(self.name, n.names)) + ")"
    def Import(self, n): return f"(import{self.each(n.names)})"
    def ImportFrom(self, n): return f"(from {n.level} {n.module or '()'}{self.each(n.names)})"
    def alias(self, n): return f"({self.name(n.name)}{' ' + self.name(n.asname) if n.asname else ''})"
    def If(self, n): return f"(if {self.node(n.test)}{self.block('body', n.body)}{self.block('else', n.orelse)})"
    def While(self, n): return f"(while {self.node(n.test)}{self.block('body', n.body)}{self.block('else', n.orelse)})"
    def For(self, n):
        return f"(for {self.node(n.target)} {self.node(n.iter)}{self.block('body', n.body)}{self.block('else', n.orelse)})"
    def With(self, n):
        items = "".join(f" (item {self.node(i.context_expr)} {self.node(i.optional_vars)})" for i in n.items)
        return f"(with{items}{self.block('body', n.body)})"
    def Try(self, n):
        return (f"(try{self.block('body', n.body)}{self.each(n.handlers)}{self.block('else', n.orelse)}"
                f"{self.block('finally', n.finalbody)})")
    def ExceptHandler(self, n): return f"(except {self.node(n.type)} {self.name(n.name)}{self.block('body', n.body)})"

    def decorators(self, n):
        return f" (decorators{self.each(n.decorator_list)})" if n.decorator_list else ""

    def FunctionDef(self, n):
        return (f"(def {self.name(n.name)}{self.decorators(n)} {self.arguments(n.args)} {self.node(n.returns)}"
                f"{self.block('body', n.body)})")

    def ClassDef(self, n):
        head = f"(class {self.name(n.name)}{self.decorators(n)}{self.each(n.bases)}{self.each(n.keywords)}"
        self.classes.append(n.name)
        body = self.block("body", n.body)
        self.classes.pop()
        return head + body + ")"

    def Match(self, n):
        cases = "".join(f" (case {self.node(c.pattern)} {self.node(c.guard)}{self.block('body', c.body)})" for c in n.cases)
        return f"(match {self.node(n.subject)}{cases})"

    # Patterns
    def MatchValue(self, n): return f"(value {self.node(n.value)})"
    def MatchSingleton(self, n):
        at = self.span(n)
        return f"(singleton {n.value}{at})"
    def MatchSequence(self, n): return f"(sequence{self.each(n.patterns)})"
    def MatchMapping(self, n):
        pairs = "".join(f" {self.node(k)} {self.node(p)}" for k, p in zip(n.keys, n.patterns))
        return f"(mapping{pairs}{' ' + self.name(n.rest) if n.rest else ''})"
    def MatchClass(self, n):
        named = "".join(f" {k}={self.node(p)}" for k, p in zip(n.kwd_attrs, n.kwd_patterns))
        return f"(class {self.node(n.cls)}{self.each(n.patterns)}{named})"
    def MatchStar(self, n): return f"(star{' ' + self.name(n.name) if n.name else ''})"
    def MatchAs(self, n):
        inner = f" {self.node(n.pattern)}" if n.pattern else ""
        return f"(as{inner}{' ' + self.name(n.name) if n.name else ''})"
    def MatchOr(self, n): return f"(or{self.each(n.patterns)})"


def dump(source, spans=False):
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    d = Dumper(source, spans)
    return "".join(d.node(s) + "\n" for s in ast.parse(source).body)


if __name__ == "__main__":
    sys.setrecursionlimit(20000)
    files = [a for a in sys.argv[1:] if a != "--spans"]
    for f in files:
        with open(f, encoding="utf-8", newline="") as stream:
            sys.stdout.write(dump(stream.read(), "--spans" in sys.argv))
