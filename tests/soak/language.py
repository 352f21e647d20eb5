"""Random programs in the unit language and in CPython, statement by statement: language.py unit_driver [PROGRAMS] [SEED].
Every statement stands in a try of its own and prints what it made or the kind of what it raised. A program that differs is written out."""
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

STRINGS = ["", "a", "abc", "Hello World", "x y  z", "αβ", "12", "a,b,c", "CamelCase", "tab\\tnew\\n", "{}", "%s-%d"]
METHODS = ["upper()", "lower()", "title()", "strip()", "split()", "split(',')", "replace('a', 'bb')", "find('b')", "count('a')",
           "startswith('a')", "endswith(('c', 'd'))", "join(['1', '2'])", "zfill(6)", "center(9, '*')", "rjust(5)", "partition('b')",
           "isdigit()", "isalpha()", "isidentifier()", "swapcase()", "capitalize()", "encode()", "casefold()", "splitlines()",
           "rsplit(None, 1)", "lstrip('aH')", "expandtabs(4)", "index('b')", "rfind('o')", "removeprefix('a')", "format(1, 2)"]
SPECS = ["", "5", "<7", ">7", "^7", "05", "+", ".3f", ".2e", "g", "x", "#o", "b", ",", "_", "8.2f", "%", "s", "r", "*^9", "+08.1f", "c", "d"]


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.names = []

    def pick(self, *options):
        return self.r.choice(options)

    def number(self):
        return self.pick("0", "1", "-1", "2", "3", "7", "10", "255", "10**20", "-5", "0.5", "-2.5", "1e10", "3.0", "True", "False", "1e-7",
                         "float('inf')", "float('nan')", "2j", "2**63", "1_000")

    def text(self):
        return f"'{self.pick(*STRINGS)}'"

    def atom(self):
        if self.names and self.r.random() < 0.5:
            return self.pick(*self.names)
        return self.pick(self.number, self.number, self.text, lambda: "None", lambda: self.sequence(1))()

    def sequence(self, depth):
        items = [self.expression(depth - 1) for _ in range(self.r.randrange(4))]
        kind = self.pick("list", "list", "tuple", "dict", "set", "range", "bytes")
        if kind == "list":
            return "[" + ", ".join(items) + "]"
        if kind == "tuple":
            return "(" + "".join(i + ", " for i in items) + ")"
        if kind == "dict":
            return "{" + ", ".join(f"{self.pick(self.number, self.text)()}: {i}" for i in items) + "}"
        if kind == "set":
            return "{" + ", ".join(self.pick(self.number, self.text)() for _ in range(1)) + "}"
        return f"range({self.r.randrange(5)}, {self.r.randrange(9)}, {self.pick(1, 2, -1)})" if kind == "range" else "b'ab\\x00'"

    def slice(self):
        part = lambda: self.pick("", "", "0", "1", "-1", "2", "-3")
        return self.pick(part() or "0", f"{part()}:{part()}", f"{part()}:{part()}:{self.pick('', '1', '2', '-1')}")

    def expression(self, depth=2):
        if depth <= 0:
            return self.atom()
        e = lambda: self.expression(depth - 1)
        forms = [
            lambda: f"({e()} {self.pick('+', '-', '/', '//', '%', '&', '|', '^', '>>', '@')} {e()})",
            lambda: f"({e()} {self.pick('*', '**', '<<')} {self.pick('2', '3', '-1', '0', '0.5', 'True', 'None')})",
            lambda: f"({e()} {self.pick('<', '<=', '==', '!=', '>', '>=', 'in', 'not in', 'is', 'is not')} {e()})",
            lambda: f"({e()} < {e()} <= {e()})",
            lambda: f"({e()} {self.pick('and', 'or')} {e()})",
            lambda: f"({self.pick('-', '+', '~', 'not ')}{e()})",
            lambda: f"({e()} if {e()} else {e()})",
            lambda: f"{self.atom()}[{self.slice()}]",
            lambda: f"{self.text()}.{self.pick(*METHODS)}",
            lambda: self.sequence(depth),
            lambda: f"{self.pick('len', 'sorted', 'list', 'tuple', 'set', 'sum', 'max', 'min', 'any', 'all', 'reversed', 'dict', 'frozenset', 'bytes')}({e()})",
            lambda: f"{self.pick('abs', 'int', 'float', 'bool', 'str', 'repr', 'round', 'bin', 'hex', 'ord', 'chr', 'complex', 'type', 'callable', 'iter', 'ascii')}({e()})",
            lambda: f"{self.pick('divmod', 'isinstance', 'getattr', 'round', 'int', 'max', 'zip', 'range', 'format')}({e()}, {e()})",
            lambda: f"[x {self.pick('+', '*', '%')} {self.atom()} for x in {e()} if {self.pick('x', 'True', 'x != 1', 'not x')}]",
            lambda: f"{{k: v for k, v in {self.pick('enumerate', 'zip')}({e()}{self.pick('', ', [3, 4]')})}}",
            lambda: f"list(map(lambda x, y=2: {self.pick('x * y', '(x, y)', 'str(x)', 'x[0]', 'x < y')}, {e()}))",
            lambda: f"sorted({e()}, key=lambda v: {self.pick('str(v)', '-v', 'len(v)', 'v')}, reverse={self.pick('True', 'False')})",
            lambda: f"f'{{{self.pick(*self.names) if self.names else '3'}!{self.pick('r', 's', 'a')}:{self.pick('', '5', '>8', '^9', '.2')}}}'",
            lambda: f"f'{{{self.atom()}:{self.pick(*SPECS)}}}'" if "'" not in self.names else "1",
            lambda: f"format({self.number()}, '{self.pick(*SPECS)}')",
            lambda: f"'{self.pick('%d', '%5.2f', '%s', '%r', '%x', '%-6d|', '%+e', '%%%s', '%c', '%05d')}' % ({e()},)",
            lambda: f"(y := {e()})",
            lambda: f"{self.atom()}.{self.pick('real', 'imag', 'count(1)', 'index(1)', 'keys()', 'items()', 'values()', 'copy()', 'bit_length()', 'get(1, 2)', 'union([1])', 'pop()', 'append(1)', 'update({1: 2})', 'conjugate()', 'as_integer_ratio()', 'hex()', 'decode()')}",
            lambda: f"f({', '.join(self.pick(e(), '*' + self.sequence(1), 'k=' + self.atom(), 'a=1') for _ in range(self.r.randrange(4)))})",
            lambda: f"(lambda *a, b=3, **k: (a, b, k))({', '.join(self.pick(e(), '*[1, 2]', 'b=5', 'c=6', '**dict(d=1)') for _ in range(self.r.randrange(4)))})",
            lambda: f"P({e()}).{self.pick('v', 'w', 'twice', 'm()', 's()', 'c()', 'zz', 'm(1)')}",
            lambda: f"{self.pick('P', 'Q')}({e()}) {self.pick('+', '==', '<', '-', 'in')} {self.pick('P', 'Q', '')}({e()})",
            lambda: f"list(g({e()}))",
            lambda: f"next(iter({e()}), 'end')",
        ]
        return self.r.choice(forms)()

    def simple(self):
        target = self.pick("a", "b", "c", "d")
        forms = [
            lambda: f"{target} = {self.expression(3)}",
            lambda: f"{target} = {self.expression(2)}",
            lambda: f"{target} {self.pick('+', '-', '//', '%', '|', '&')}= {self.expression(1)}",
            lambda: f"{target} *= {self.pick('2', '3', '-1', '0.5', 'None')}",
            lambda: f"{self.pick('a, b', 'a, *b', '*a, b', '(a, b), c', '[a, b, *c]', 'a = b')} = {self.expression(2)}",
            lambda: f"{target}[{self.slice()}] = {self.expression(1)}",
            lambda: f"del {target}[{self.slice()}]",
            lambda: f"del {target}",
            lambda: f"assert {self.expression(1)}, {self.text()}",
            lambda: f"print(show({self.expression(2)}), show({self.expression(1)}), sep={self.text()})",
            lambda: f"raise {self.pick('ValueError', 'KeyError', 'TypeError', 'StopIteration', 'P', 'ZeroDivisionError')}({self.expression(1)})",
            lambda: f"{target}: int = {self.expression(1)}",
            lambda: self.expression(3),
        ]
        return self.r.choice(forms)()

    def block(self, depth, indent):
        lines = []
        for _ in range(self.r.randrange(1, 4)):
            lines += self.statement(depth, indent)
        return lines

    def statement(self, depth, indent):
        pad = "  " * indent
        kind = self.pick("simple", "simple", "simple", "if", "for", "while", "try", "match", "with", "def") if depth else "simple"
        inner = lambda: self.block(depth - 1, indent + 1)
        if kind == "simple":
            return [pad + self.simple()]
        if kind == "if":
            return [f"{pad}if {self.expression(1)}:", *inner(), f"{pad}elif {self.expression(1)}:", *inner(), f"{pad}else:", *inner()]
        if kind == "for":
            jump = self.pick([], [f"{pad}  if {self.expression(1)}: break"], [f"{pad}  if {self.expression(1)}: continue"])
            return [f"{pad}for {self.pick('a', 'a, b', 'd')} in {self.expression(1)}:", *jump, *inner(), f"{pad}else:", f"{pad}  print('else')"]
        if kind == "while":
            n = f"n{depth}"
            return [f"{pad}{n} = 0", f"{pad}while {n} < 3 and {self.expression(1)}:", f"{pad}  {n} += 1", *inner()]
        if kind == "try":
            return [f"{pad}try:", *inner(), f"{pad}except {self.pick('ValueError', '(TypeError, KeyError)', 'LookupError', 'ArithmeticError')} as e:",
                    f"{pad}  print('caught', type(e).__name__)", f"{pad}else:", f"{pad}  print('fine')", f"{pad}finally:", *inner()]
        if kind == "match":
            case = self.pick("[x, *rest]", "{'a': x, **rest}", "int() | float()", "str(x)", "(1, x)", "P(v=x)", "None", "[int(), _] as x", "1 | 2", "x if x")
            return [f"{pad}match {self.expression(1)}:", f"{pad}  case {case}:", f"{pad}    print('case', show(x))", f"{pad}  case _:", f"{pad}    print('other')"]
        if kind == "with":
            return [f"{pad}with W({self.pick('True', 'False')}) as a:", *inner()]
        return [f"{pad}def h(a={self.atom()}, *rest, k={self.atom()}, **more):", *inner(), f"{pad}  return {self.expression(1)}", f"{pad}print(h({self.atom()}))"]

    def compiling(self):
        while True:
            body = self.statement(2, 1)
            try:
                compile("\n".join(["def outer():", " try:", *(" " + line for line in body), " finally: pass"]).replace("outer", "o"), "x", "exec")
                return body
            except (SyntaxError, ValueError, OverflowError, MemoryError):
                continue

    def program(self):
        lines = [PRELUDE]
        for _ in range(12):
            body = self.compiling()
            lines += ["try:", *body, "except Exception as e:", "  print(type(e).__name__)"]
            lines.append("for name in (lambda: a, lambda: b, lambda: c, lambda: d):\n  try: print(show(name()), end=' ')\n  except NameError as e: print('unbound', end=' ')\nprint()")
            self.names = ["a", "b", "c", "d"]
        return "\n".join(lines) + "\n"


PRELUDE = '''
dir_ = 'x'
x = 0
a, b, c, d = 1, [1, 2, 3], 'text', {'k': 1}
def show(v):
  if type(v) in (set, frozenset): return sorted(map(repr, v))
  r = repr(v)
  return 'object' if ' at 0x' in r else r[:300]
def f(a, b=2, *c, k=None, **m): return (a, b, c, k, m)
def g(it):
  t = 0
  for i in it:
    got = yield (i, t)
    t += 1
  return t
class P:
  w = 'class'
  def __init__(self, v=0): self.v = v
  def __repr__(self): return f'{type(self).__name__}<{self.v!r}>'
  def m(self): return self.v
  @property
  def twice(self): return self.v * 2
  @staticmethod
  def s(): return 'static'
  @classmethod
  def c(cls): return cls.__name__
  def __eq__(self, o): return isinstance(o, P) and self.v == o.v
  def __add__(self, o): return type(self)(self.v + (o.v if isinstance(o, P) else o))
  def __lt__(self, o): return self.v < o.v
  def __contains__(self, o): return o == self.v
class Q(P):
  w = property(lambda self: 'property')
  def m(self): return super().m(), 'Q'
  def __radd__(self, o): return ('radd', o)
  def __getattr__(self, name): return f'no {name}'
class W:
  def __init__(self, quiet): self.quiet = quiet
  def __enter__(self): return 'entered'
  def __exit__(self, kind, value, tb):
    print('exit', kind and kind.__name__)
    return self.quiet
'''
RUNNER = '''
import sys, contextlib, warnings, traceback
warnings.simplefilter('ignore')
import resource
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
name, text = None, []
def run():
  if name is None: return
  sys.stdout.flush()
  print(name)
  try: exec(compile(''.join(text), 'snippet.py', 'exec'), {'__name__': '__main__'})
  except SyntaxError as e: print('SyntaxError')
  except BaseException as e: print(type(e).__name__, e)
for line in open(sys.argv[1]):
  if line.startswith('# %% '):
    run(); name, text = line.rstrip(), []
  else: text.append(line)
run()
'''


def sections(text):
    found = {}
    for part in text.split("# %% ")[1:]:
        name, _, body = part.partition("\n")
        found[name] = body
    return found


BATCH = 20


def outputs(command):
    limits = lambda: resource.setrlimit(resource.RLIMIT_CPU, (10, 10))  # what CPython cannot finish is not compared
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limits)
    return sections(done.stdout)


def main(driver, programs=300, seed=0):
    work = Path(tempfile.mkdtemp())
    (work / "run.py").write_text(RUNNER)
    count = differ = 0
    for first in range(int(seed), int(seed) + int(programs), BATCH):
        made = {f"seed {k}": Maker(k).program() for k in range(first, min(first + BATCH, int(seed) + int(programs)))}
        (work / "all.py").write_text("".join(f"# %% {name}\n{source}" for name, source in made.items()))
        theirs, ours = (outputs([*command, work / "all.py"]) for command in ((sys.executable, "-W", "ignore", work / "run.py"), (driver,)))
        for name, source in made.items():
            if name not in theirs or "MemoryError" in theirs[name]:
                continue
            count += 1
            a, b = ours.get(name, "absent").splitlines(), theirs[name].splitlines()
            if a == b:
                continue
            differ += 1
            (work / f"{name.replace(' ', '_')}.py").write_text(source)
            line = next((k for k, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            print(f"{name}: line {line}\n  ours   {a[line:line + 1]}\n  python {b[line:line + 1]}")
    print(f"{count} programs, {differ} differ; sources in {work}")
    return differ > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
