# %% basics
class A:
    """Doc of A."""
    count = 0
    def __init__(self, x):
        self.x = x
        A.count += 1
    def get(self): return self.x
a, b = A(1), A(2)
print(a.get(), b.x, A.count, a.count, A.__name__, A.__doc__, isinstance(a, A), type(a) is A, a.__class__ is A, A.get(a), vars(a), a.__dict__)
a.count = 10
print(a.count, A.count, hasattr(a, 'y'), getattr(a, 'y', 'none'), A.__module__)
# %% inheritance and super
class A:
    def __init__(self, x): self.x = x
    def f(self): return ['A']
class B(A):
    def __init__(self, x, y):
        super().__init__(x)
        self.y = y
    def f(self): return ['B'] + super().f()
class C(A):
    def f(self): return ['C'] + super(C, self).f()
class D(B, C):
    def f(self): return ['D'] + super().f()
d = D(1, 2)
print(d.f(), d.x, d.y, [c.__name__ for c in D.__mro__], issubclass(D, A), D.__bases__ == (B, C), D.mro()[0] is D)
# %% inconsistent order
class A: pass
class B(A): pass
try:
    class C(A, B): pass
except TypeError as e:
    print(str(e).split('\n')[0])
# %% properties
class T:
    def __init__(self): self._c = 0
    @property
    def c(self):
        "The c."
        return self._c
    @c.setter
    def c(self, v):
        if v < 0: raise ValueError('negative')
        self._c = v
    @c.deleter
    def c(self): self._c = None
    @property
    def ro(self): return 1
t = T()
t.c = 5
print(t.c)
t.c += 2
print(t.c)
try: t.c = -1
except ValueError as e: print(e)
try: t.ro = 1
except AttributeError as e: print(e)
del t.c
print(t.c)
# %% static and class methods
class A:
    n = 1
    @staticmethod
    def s(x): return x
    @classmethod
    def make(cls, *a): return cls.__name__, cls.n, a
class B(A): n = 2
print(A.s(1), A().s(2), A.make(1), B.make(2), B().make())
# %% operators
class V:
    def __init__(self, x): self.x = x
    def __add__(self, o): return V(self.x + (o.x if isinstance(o, V) else o))
    def __radd__(self, o): return V(o + self.x)
    def __iadd__(self, o): self.x += 100; return self
    def __mul__(self, o): return NotImplemented
    def __neg__(self): return V(-self.x)
    def __abs__(self): return abs(self.x)
    def __eq__(self, o): return isinstance(o, V) and self.x == o.x
    def __lt__(self, o): return self.x < o.x
    def __hash__(self): return hash(self.x)
    def __repr__(self): return f'V({self.x})'
    def __bool__(self): return self.x != 0
    def __len__(self): return 3
    def __contains__(self, i): return i == self.x
    def __getitem__(self, i): return (self.x, i)
    def __call__(self, *a, **k): return a, k
    def __matmul__(self, o): return 'matmul'
    def __int__(self): return self.x
    def __float__(self): return float(self.x)
    def __index__(self): return self.x
    def __invert__(self): return 'inv'
    def __truediv__(self, o): return 'div'
    def __pow__(self, o): return 'pow'
    def __rsub__(self, o): return 'rsub'
v = V(2)
print(v + 1, 1 + v, v + V(3), -v, abs(v), v == V(2), v != V(3), v < V(5), v > V(1), sorted([V(3), V(1)]), bool(V(0)), len(v), 2 in v, v[1:2], v['a'], v(1, k=2), v @ 1, int(v), float(v), [10, 20, 30][v], ~v, v / 2, v ** 2, 5 - v, {V(1): 'x'}[V(1)])
w = v
w += 1
print(v, w is v)
try: v * 2
except TypeError as e: print(e)
try: v - 1
except TypeError as e: print(e)
try: v <= v
except TypeError as e: print(e)
# %% containers
class C:
    def __init__(self): self.d = {}
    def __setitem__(self, k, v): self.d[k] = v
    def __getitem__(self, k): return self.d[k]
    def __delitem__(self, k): del self.d[k]
    def __iter__(self): return iter(self.d)
    def __len__(self): return len(self.d)
c = C()
c['a'] = 1
c['a'] += 5
print(c['a'], list(c), len(c), 'a' in c, bool(C()))
del c['a']
print(len(c))
# %% iteration protocols
class Count:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        if self.n == 0: raise StopIteration
        self.n -= 1
        return self.n
class Old:
    def __getitem__(self, i):
        if i > 2: raise IndexError
        return i * 10
print(list(Count(3)), sum(Count(4)), [x for x in Old()], 20 in Old(), dict(zip('ab', Count(2))), max(Count(3)), *Count(2))
# %% getattr and setattr
class A:
    def __init__(self): self.real = 1
    def __getattr__(self, name):
        if name.startswith('x_'): return name[2:]
        raise AttributeError(f'no {name}')
    def __setattr__(self, name, value):
        super().__setattr__(name, value * 2 if name == 'doubled' else value)
    def __delattr__(self, name):
        print('del', name)
        object.__delattr__(self, name) if hasattr(object, '__delattr__') else None
a = A()
a.doubled = 4
print(a.real, a.x_foo, a.doubled, hasattr(a, 'nope'))
try: a.nope
except AttributeError as e: print(e)
# %% attribute errors
class A:
    value = 1
    def method(self): pass
a = A()
for f in [lambda: a.missing, lambda: a.vallue, lambda: A.methud, lambda: (5).foo, lambda: None.x, lambda: [].push]:
    try: f()
    except AttributeError as e: print(e)
# %% class attributes and scoping
x = 'global'
class A:
    x = 'class'
    y = [x for _ in range(1)]
    z = x
    def f(self): return x
    for i in range(3): pass
print(A.x, A.y, A.z, A().f(), A.i)
# %% nested classes
class Outer:
    class Inner:
        v = 1
        def f(self): return Outer.Inner.v
    inner = Inner()
print(Outer.Inner.__qualname__, Outer.inner.f(), Outer.Inner.__name__)
# %% repr and str
class A: pass
class B:
    def __repr__(self): return '<B>'
class C:
    def __str__(self): return 'str'
    def __repr__(self): return 'repr'
    def __format__(self, spec): return 'fmt:' + spec
print(str(B()), [B()], str(C()), f'{C()} {C()!r} {C():x}', '%s %r' % (C(), C()), '{}'.format(B()), repr(A)[:14])
# %% dataclass
from dataclasses import dataclass, field, asdict, replace
@dataclass
class P:
    x: int
    y: float = 2.0
    z: list = field(default_factory=list)
@dataclass
class Q(P):
    w: str = 'w'
p = P(1)
print(p, p == P(1), p != P(2), P(1, 2, [3]).z, asdict(p), replace(p, x=5), Q(1, w='k'))
p.z.append(1)
print(P(1).z)
try: P()
except TypeError as e: print(e)
@dataclass(frozen=True)
class F:
    a: int = 1
    def __post_init__(self): print('post')
f = F()
print(hash(f) == hash(F()))
try: f.a = 2
except Exception as e: print(type(e).__name__, e)
# %% namedtuple
from collections import namedtuple
from typing import NamedTuple
P = namedtuple('P', 'x y', defaults=[5])
p = P(1)
print(p, p.x, p[1], p == (1, 5), p._replace(x=3), p._asdict(), *p, P._fields, len(p), isinstance(p, tuple))
class N(NamedTuple):
    a: int
    b: str = 'z'
    def both(self): return f'{self.a}{self.b}'
print(N(1), N(1, b='q').both(), N(2).a)
x, y = p
print(x, y)
# %% enum
from enum import Enum, IntEnum, auto
class C(Enum):
    RED = 1
    GREEN = auto()
    ALIAS = 1
class I(IntEnum):
    A = 1
    B = 2
print(C.RED, repr(C.GREEN), C.RED.name, C.GREEN.value, C(1) is C.RED, C['RED'], [c.name for c in C], len(C), C.ALIAS is C.RED, C.RED == C.RED, C.RED != C.GREEN, isinstance(C.RED, C), I.A + 1, I.A < I.B, I.B == 2, {C.RED: 1}[C.RED], C.RED in C)
try: C(9)
except ValueError as e: print(e)
# %% abstract classes
from abc import ABC, abstractmethod
class A(ABC):
    @abstractmethod
    def f(self): ...
    @abstractmethod
    def g(self): ...
class B(A):
    def f(self): return 1
class C(B):
    def g(self): return 2
print(C().f(), C().g())
for k in (A, B):
    try: k()
    except TypeError as e: print(e)
# %% init_subclass and set_name
class R:
    seen = []
    def __init_subclass__(cls, tag=None, **kw):
        super().__init_subclass__(**kw)
        R.seen.append((cls.__name__, tag))
class X(R, tag='t'): pass
class Y(X): pass
print(R.seen)
class D:
    def __set_name__(self, owner, name): self.name = name
    def __get__(self, o, t=None): return (self.name, o is None)
    def __set__(self, o, v): print('set', v)
class U: d = D()
u = U()
u.d = 5
print(u.d, U.d)
# %% new
class S:
    _i = None
    def __new__(cls, *a):
        if cls._i is None: cls._i = object.__new__(cls)
        return cls._i
    def __init__(self, v=0): self.v = v
print(S(1) is S(2), S(3).v)
# %% dict subclass
class Cfg(dict):
    def __getattr__(self, k):
        try: return self[k]
        except KeyError: raise AttributeError(k)
    def __setattr__(self, k, v): self[k] = v
c = Cfg(a=1)
c.b = 2
print(c.a, c['b'], c, len(c), 'a' in c, list(c.items()), isinstance(c, dict), {**c}, c == {'a': 1, 'b': 2}, hasattr(c, 'zz'))
class L(list):
    def first(self): return self[0]
l = L([3, 4])
l.append(5)
print(l, l.first(), len(l), l[1:], l + [1], isinstance(l, list), l == [3, 4, 5])
# %% collections
from collections import OrderedDict, defaultdict, Counter, deque
o = OrderedDict([('a', 1), ('b', 2)])
o['c'] = 3
o.move_to_end('a')
print(list(o), o.popitem(last=False), list(o.items()), o == OrderedDict(c=3, a=1))
d = defaultdict(list)
d['x'].append(1)
d['y'] += [2]
print(dict(d), d['zz'], len(d), 'q' in d)
c = Counter('hello')
print(c['l'], c['z'], c.most_common(1), sum(c.values()))
q = deque([1, 2, 3], maxlen=3)
q.append(4)
q.appendleft(0)
print(list(q), q.popleft(), q.pop(), len(q))
# %% bound methods
class A:
    def f(self, x=1): return x
    def __eq__(self, o): return True
a = A()
m = a.f
print(m(), m(5), a.f == a.f, m.__self__ is a, m.__name__, A.f(a, 3))
a.g = lambda: 'instance'
print(a.g())
A.h = lambda self: 'added'
print(a.h())
try: hash(a)
except TypeError as e: print(e)
# %% type
print(type(1), type('a'), type(None), type([]), type(type), int, type(lambda: 0).__name__, type(print).__name__, type(range(1)), type(1.5) is float, isinstance(1, (str, int)), isinstance(True, int), issubclass(bool, int), isinstance(int, type), type(int) is type)
A = type('A', (), {'x': 1, 'f': lambda self: self.x})
print(A().f(), A.__name__, isinstance(5, int | str), isinstance(5, object))
try: isinstance(1, 5)
except TypeError as e: print(e)
# %% super in classmethod and property
class A:
    @classmethod
    def make(cls): return 'A.make ' + cls.__name__
    @property
    def p(self): return 'A.p'
class B(A):
    @classmethod
    def make(cls): return 'B+' + super().make()
    @property
    def p(self): return 'B+' + super().p
    def lam(self): return (lambda: super(B, self).p)()
    def comp(self): return [super(B, self).p for _ in range(1)]
print(B.make(), B().p, B().lam(), B().comp())
# %% context managers
class C:
    def __init__(self, n, swallow=False): self.n, self.swallow = n, swallow
    def __enter__(self): print('enter', self.n); return self.n
    def __exit__(self, t, v, tb):
        print('exit', self.n, t.__name__ if t else None, v)
        return self.swallow
with C(1) as a, C(2) as b:
    print(a, b)
with C(3, True):
    raise ValueError('x')
try:
    with C(4):
        1 / 0
except ZeroDivisionError as e:
    print('outer', e)
def f():
    with C(5):
        return 'r'
print(f())
for i in range(2):
    with C(6):
        if i == 0: continue
        break
try:
    with 5: pass
except TypeError as e: print(e)
# %% contextlib
from contextlib import contextmanager, nullcontext, suppress
@contextmanager
def cm(x):
    print('in', x)
    try: yield x + 1
    finally: print('out')
with cm(1) as v: print(v)
with nullcontext(5) as n: print(n)
with suppress(ValueError): raise ValueError
# %% slots, call and static state
class A:
    __slots__ = ('a', 'b')
    def __init__(self): self.a = 1
print(A().a)
class F:
    calls = 0
    def __call__(self):
        type(self).calls += 1
        return self.calls
f = F()
print(f(), f(), callable(f), F.calls)
# %% generic typing
from typing import Optional, List, Dict, Any, Union, Callable, Generic, TypeVar, Tuple, TYPE_CHECKING
T = TypeVar('T')
class Box(Generic[T]):
    def __init__(self, v: Optional[T] = None): self.v = v
    def get(self) -> Union[T, None]: return self.v
print(Box(1).get(), Box[int](2).get(), TYPE_CHECKING)
def f(x: List[Dict[str, Any]], cb: Callable[..., Tuple[int, ...]] = None) -> 'list[int]': return x
print(f([1]), list[int] is not None)
# %% match classes
class P:
    __match_args__ = ('x', 'y')
    def __init__(self, x, y): self.x, self.y = x, y
def w(v):
    match v:
        case 0: return 'zero'
        case int(n) if n > 100: return f'big {n}'
        case int() | float(): return 'number'
        case 'a' | 'b' as s: return f'ab {s}'
        case str(): return 'str'
        case []: return 'empty'
        case [x]: return f'one {x}'
        case [x, *rest]: return f'list {x} {rest}'
        case {'k': v, **r}: return f'dict {v} {r}'
        case P(x=0, y=yy): return f'P0 {yy}'
        case P(a, b): return f'P {a} {b}'
        case None: return 'none'
        case _: return 'other'
print([w(v) for v in [0, 500, 5, 1.5, 'a', 'zz', [], [1], (1, 2, 3), {'k': 1, 'j': 2}, {}, P(0, 1), P(2, 3), None, {1}]])
