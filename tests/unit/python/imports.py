# %% enumerations
from enum import *
import enum
class M(str, Enum):
    A = "a"
    B = "b"
    @classmethod
    def parse(cls, s): return cls(s)
print(str(M.A), repr(M.A), f"{M.A}", "%s" % M.A, "{}".format(M.A), M.A + "x", M.A == "a", "a" == M.A, {"a": 1}[M.A], {M.A: 2}["a"], isinstance(M.A, str), M("b"), M.A.upper(), len(M.A), M.A.value, M["B"], "a" in [M.A], M.A in ("a",), M.A < M.B, hash(M.A) == hash("a"), [m.value for m in M], M.parse("a") is M.A, M.A != "a", "x" + M.B)
class L(int, Enum):
    X = 1
    Y = 2
print(str(L.X), repr(L.X), f"{L.X}", L.X + 1, L.Y * 2, [10, 20, 30][L.Y], isinstance(L.X, int), L(2), L.X < L.Y, L.X == 1, max(L), -L.Y, L.Y ** 2, 2 ** L.Y, range(L.Y), int(L.Y))
class S(StrEnum):
    P = auto()
    Q = "que"
print(str(S.P), repr(S.Q), f"{S.P}", S.Q == "que", isinstance(S.P, str), S.Q.startswith("q"), ",".join([S.P.value, S.Q.value]), S.P in {"p": 1})
class I(IntEnum):
    U = 3
    V = auto()
print(str(I.U), repr(I.V), f"{I.U}", I.U | 1, I.V // 3, I.V % 3, isinstance(I.U, int), I.U in (3,), divmod(I.V, 3))
class F(Flag):
    R = auto()
    W = auto()
    RW = R | W
print(F.R | F.W, F.RW, F.R in F.RW, bool(F.R & F.W), F(3), F.RW.value, repr(F.R), ~F.R, [f for f in F.RW])
print(isinstance(F, type), M.__members__, len(M), list(M), "A" in M.__members__, M.A.name, M.A in M, issubclass(M, Enum))
try: M("zz")
except ValueError as e: print(e)
try: M["zz"]
except KeyError as e: print(e)
@enum.unique
class U(Enum):
    A = 1
    B = (1, 2)
    def describe(self): return self.name.lower(), self.value
    @property
    def twice(self): return self.value * 2
    @staticmethod
    def default(): return U.A
print(U.A.describe(), U.B.twice, U.default(), U.A is U.A, U.A == 1, U.A == U.A, {U.A: 3}[U.A])
class Planet(Enum):
    EARTH = (5.976e+24, 6.37814e6)
    MARS = (6.421e+23, 3.3972e6)
    def __init__(self, mass, radius):
        self.mass = mass
        self.radius = radius
print(Planet.EARTH.mass, Planet.MARS.value, Planet((6.421e+23, 3.3972e6)))
Animal = Enum("Animal", "ANT BEE CAT")
print(Animal.BEE, list(Animal), Animal(3), Animal["ANT"].value)
Animal = Enum("Animal", {"A": 5, "B": 7})
print(Animal.A.value, Enum("Z", ["p", "q"]).q.value)
match M.A:
    case M.B: print("b")
    case M.A: print("is a")
match "a":
    case M.A.value: print("value a")
    case _: print("no")
# %% modules that files import
import json, re, argparse, unittest, pdb, gc, cmath, textwrap, bisect, heapq, traceback, weakref, statistics
from pathlib import Path
x = {"a": [1, 2.5, None, True, "é\n\"\U0001F600"], "b": {"c": (), "d": {}}, 3: float("inf")}
print(json.dumps(x)); print(json.dumps(x, indent=2, sort_keys=False, ensure_ascii=False)); print(json.loads(json.dumps({"a": [1, -2.5e3, {"k": "v\u00e9\\"}], "z": []})))
try: json.loads("[1, 2")
except json.JSONDecodeError as e: print(e)
try: json.dumps({1j})
except TypeError as e: print(e)
p = Path("a") / "b" / "c.txt"
print(p, p.name, p.suffix, p.stem, p.parent, p.parts, p.with_suffix(".py"), Path("/x", "y"))
h = [5, 3, 8, 1, 9, 2]; heapq.heapify(h); print(h, heapq.heappop(h), h, heapq.heappushpop(h, 4), heapq.heapreplace(h, 7), h, heapq.nlargest(2, h), heapq.nsmallest(2, [4, 1, 3], key=lambda v: -v))
print(bisect.bisect([1, 2, 2, 3], 2), bisect.bisect_left([1, 2, 2, 3], 2)); l = [1, 3]; bisect.insort(l, 2); print(l)
print(textwrap.dedent("  a\n    b\n\n  c"), textwrap.indent("a\n\nb\n", "> "), textwrap.wrap("the quick brown fox jumps", 10), textwrap.shorten("hello  world foo", 12))
for z in (1+2j, -1-0.5j):
    print([f"{v:.6f}" for v in (cmath.sqrt(z), cmath.exp(z), cmath.log(z), cmath.sin(z), cmath.tanh(z), cmath.cos(z))], f"{cmath.phase(z):.6f}")
print(statistics.mean([1, 2, 4]), statistics.median([3, 1, 2]), round(statistics.stdev([1, 2, 4]), 6), gc.collect() * 0)
class T(unittest.TestCase):
    def test_a(self, a): self.assertEqual(a, a)
r = weakref.ref(T); print(r() is T)
print(re.escape("a.b"), cmath.rect(2, 0), cmath.polar(1j))
# %% typing and dataclasses
from typing import *
from dataclasses import *
import functools, string, operator, inspect
print(isinstance([1], List), isinstance(1, Union[int, float]), isinstance(None, Optional[int]), isinstance(len, Callable), isinstance({}, Mapping), isinstance((1,), Sequence), isinstance(2.0, int | float), isinstance("a", (int, str)))
try: isinstance([1], List[int])
except TypeError as e: print(e)
@dataclass
class A:
    x: int
    y: InitVar[int] = 3
    z: int = field(init=False)
    def __post_init__(self, y): self.z = self.x + y
print(A(1), A(2, 5), asdict(A(1, y=4)), [f.name for f in fields(A)])
P = make_dataclass("P", [("a", int), ("b", int, field(default=3))], frozen=True)
print(P(1), P(1) == P(1, 3), hash(P(1)) == hash(P(1)))
@runtime_checkable
class HasF(Protocol):
    def f(self) -> int: ...
class X:
    def f(self): return 1
class Y(X): pass
class Z: pass
print(isinstance(X(), HasF), isinstance(Y(), HasF), isinstance(Z(), HasF))
class W(HasF):
    def g(self): pass
print(isinstance(X(), W), isinstance(W(), HasF), isinstance(W(), W))
class D:
    @functools.singledispatchmethod
    def go(self, x): return "any"
    @go.register(int)
    def _(self, x): return f"int {x}"
    @go.register(str)
    def _(self, x): return "str"
print(D().go(1.0), D().go(2), D().go("a"))
print(string.Template("a $b ${c}d $$").substitute(b=1, c="x"), string.capwords("ab cd"), operator.isub(5, 3), inspect.getfullargspec(lambda a, b=2, *c, d=4, **e: 0).args, inspect.cleandoc("  a\n    b\n    c"))
T = TypeVar("T")
class Box(Generic[T]):
    def __init__(self, v: T): self.v = v
print(Box[int](3).v, Box(2).v)
def f(x: "Optional[List[int]]" = None, *, y: Literal["a", "b"] = "a") -> "Tuple[int, ...]": return (1,)
print(f())
class TD(TypedDict, total=False):
    a: int
    b: str
t: TD = {"a": 1}
print(TD(a=1, b="x"), t)
class NT(NamedTuple):
    a: int
    b: str = "q"
    def both(self): return self.a, self.b
print(NT(1), NT(1).both(), NT(2, "z")._asdict(), NT._fields, NT(1)._replace(a=5), NT(1) == (1, "q"))
UserId = NewType("UserId", int)
print(UserId(5) if False else 5, cast(int, "3"), get_origin(List[int]) is None or True)
print(f"{1+2j:.2f}", f"{1.5-2j}", f"{3+0j:>12}", f"{2j:g}", format(1j, "+.1f"), f"{-0.5+1j:.3}")
# %% what random programs found
import sys, copy
print(range(0, 3)[2:1], 'text' % [], f"{True:05}", f"{False:>6}|", complex("1+2j"), complex(" (3e-1-j) "), float(b"1.5"))
for f in (lambda: '%+e' % (2j,), lambda: '%c' % 'abc', lambda: '%x' % 1.5, lambda: format(float('nan'), 'c'), lambda: int([], 99),
          lambda: int([], 'a'), lambda: complex('text'), lambda: bytes('x'), lambda: bytes(-1), lambda: bytes(None), lambda: range([], True),
          lambda: f"{'a':,}", lambda: f"{'a':+}", lambda: divmod({}, 1), lambda: getattr(1, 2), lambda: b'a' + 'b', lambda: float({}), lambda: complex([])):
    try: print(f())
    except Exception as e: print(type(e).__name__, e)
l = [1, 2, 3]
for s in ('del "a"[0]', 'x'):
    try:
        if s == 'x': l[::2] = 5
        else: del (1, 2)[0]
    except TypeError as e: print(e)
class C:
    def __init__(self): self.a, self.b, self.f = False, 0.0, print
    def __call__(self): return self.a
    def m(self): return self
c = copy.deepcopy(C())
print(c.a, c.b, c.f is print, copy.copy(c) is c, copy.deepcopy([0, 0.0, False]), copy.deepcopy(c.m)() is c, id(0) == id(0.0), id(1) == id(True))
class Bad:
    def __complex__(self): return 'text'
try: complex(Bad())
except TypeError as e: print(e)
try: sys.exit(3)
except SystemExit as e: print(e.code)
if __name__ == "__main__": print("main")
# %% star and inert modules
from math import *
from os.path import join as j, basename
import os.path, sys
print(sqrt(16), pi > 3, j("a", "b"), basename("a/b.c"), os.path.splitext("x/y.tar.gz"), os.path.normpath("a/../b//c"), os.environ.get("GRADUS_NOT_THERE", "none"))
print(sys.version_info >= (3, 8), sys.maxsize, sys.byteorder, sys.float_info.epsilon)
