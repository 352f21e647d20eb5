# %% expression parser
class Token:
    def __init__(self, kind, value): self.kind, self.value = kind, value
    def __repr__(self): return f'{self.kind}:{self.value}'
def tokenize(s):
    i = 0
    while i < len(s):
        c = s[i]
        if c.isspace(): i += 1
        elif c.isdigit() or c == '.':
            j = i
            while j < len(s) and (s[j].isdigit() or s[j] == '.'): j += 1
            yield Token('num', float(s[i:j])); i = j
        elif c.isalpha():
            j = i
            while j < len(s) and s[j].isalnum(): j += 1
            yield Token('name', s[i:j]); i = j
        else: yield Token('op', c); i += 1
class Parser:
    LEVELS = [('+', '-'), ('*', '/')]
    def __init__(self, s): self.t, self.i = list(tokenize(s)), 0
    def peek(self): return self.t[self.i].value if self.i < len(self.t) else None
    def take(self):
        v = self.t[self.i]; self.i += 1
        return v
    def binary(self, level=0):
        if level == len(self.LEVELS): return self.unary()
        left = self.binary(level + 1)
        while self.peek() in self.LEVELS[level]:
            op = self.take().value
            left = (op, left, self.binary(level + 1))
        return left
    def unary(self):
        if self.peek() == '-':
            self.take()
            return ('neg', self.unary())
        t = self.take()
        if t.value == '(':
            e = self.binary()
            assert self.take().value == ')'
            return e
        return t.value
def evaluate(e, **env):
    match e:
        case float(): return e
        case str(): return env[e]
        case ('neg', x): return -evaluate(x, **env)
        case (op, a, b):
            f = {'+': lambda x, y: x + y, '-': lambda x, y: x - y, '*': lambda x, y: x * y, '/': lambda x, y: x / y}[op]
            return f(evaluate(a, **env), evaluate(b, **env))
tree = Parser('2 * (x + 3) - -y / 4').binary()
print(tree, evaluate(tree, x=1.5, y=8.0))
try: evaluate(Parser('1 / z').binary(), z=0.0)
except ZeroDivisionError as e: print('error:', e)
# %% sieve and primes
def primes(n):
    sieve = [True] * (n + 1)
    sieve[0:2] = [False] * 2
    for i in range(2, int(n ** 0.5) + 1):
        if sieve[i]: sieve[i * i::i] = [False] * len(sieve[i * i::i])
    return [i for i, p in enumerate(sieve) if p]
print(primes(60), len(primes(1000)), sum(primes(1000)))
# %% linked list and iterator
class Node:
    __slots__ = 'value', 'next'
    def __init__(self, value, next=None): self.value, self.next = value, next
class LinkedList:
    def __init__(self, items=()):
        self.head = None
        for x in reversed(list(items)): self.head = Node(x, self.head)
    def __iter__(self):
        n = self.head
        while n is not None:
            yield n.value
            n = n.next
    def __len__(self): return sum(1 for _ in self)
    def __getitem__(self, i):
        for k, v in enumerate(self):
            if k == i: return v
        raise IndexError(i)
    def reverse(self):
        prev, n = None, self.head
        while n: n.next, prev, n = prev, n, n.next
        self.head = prev
        return self
l = LinkedList('abc')
print(list(l), len(l), l[1], 'c' in l, list(l.reverse()), [*map(str.upper, l)])
try: l[9]
except IndexError as e: print('index', e)
# %% matrix
class Matrix:
    def __init__(self, rows): self.rows = [list(r) for r in rows]
    @classmethod
    def identity(cls, n): return cls([[int(i == j) for j in range(n)] for i in range(n)])
    @property
    def shape(self): return len(self.rows), len(self.rows[0])
    @property
    def T(self): return Matrix(zip(*self.rows))
    def __matmul__(self, o): return Matrix([[sum(a * b for a, b in zip(r, c)) for c in zip(*o.rows)] for r in self.rows])
    def __pow__(self, n):
        r, b = Matrix.identity(self.shape[0]), self
        while n:
            if n & 1: r = r @ b
            b, n = b @ b, n >> 1
        return r
    def __getitem__(self, ij): return self.rows[ij[0]][ij[1]] if isinstance(ij, tuple) else self.rows[ij]
    def __eq__(self, o): return self.rows == o.rows
    def __repr__(self): return 'Matrix(' + ', '.join(map(str, self.rows)) + ')'
f = Matrix([[1, 1], [1, 0]])
print(f ** 90, (f ** 10)[0, 1], f.T, f.shape, f ** 0 == Matrix.identity(2))
# %% lru cache and word count
class LRU(dict):
    def __init__(self, n): super().__init__(); self.n = n
    def __getitem__(self, k):
        v = super().__getitem__(k)
        del self[k]
        super().__setitem__(k, v)
        return v
    def __setitem__(self, k, v):
        super().__setitem__(k, v)
        if len(self) > self.n: del self[next(iter(self))]
c = LRU(2)
c['a'] = 1; c['b'] = 2; c['a']; c['c'] = 3
print(c, 'b' in c, list(c.items()))
text = 'the quick brown fox jumps over the lazy dog the end'
count = {}
for w in text.split(): count[w] = count.get(w, 0) + 1
print(sorted(count.items(), key=lambda kv: (-kv[1], kv[0]))[:3])
# %% n queens by generators
def queens(n, row=0, cols=(), d1=(), d2=()):
    if row == n: yield cols
    for c in range(n):
        if c not in cols and row + c not in d1 and row - c not in d2:
            yield from queens(n, row + 1, cols + (c,), d1 + (row + c,), d2 + (row - c,))
print(len(list(queens(6))), next(queens(8)))
# %% registry with decorators
class Registry:
    def __init__(self): self._items = {}
    def register(self, name=None, **meta):
        def deco(obj):
            self._items[name or obj.__name__] = (obj, meta)
            return obj
        return deco
    def __getattr__(self, name):
        try: return self.__dict__['_items'][name][0]
        except KeyError: raise AttributeError(f'no {name!r} registered') from None
    def build(self, name, *a, **k): return self._items[name][0](*a, **k)
R = Registry()
@R.register()
class Linear:
    def __init__(self, i, o=4): self.i, self.o = i, o
    def __repr__(self): return f'Linear({self.i}, {self.o})'
@R.register('sq', cost=2)
def square(x): return x * x
print(R.build('Linear', 3, o=5), R.sq(4), R._items['sq'][1])
try: R.nothing
except AttributeError as e: print(e)
# %% module-like tree
class Module:
    def __init__(self): self._children = {}
    def __setattr__(self, k, v):
        if isinstance(v, Module): self.__dict__.setdefault('_children', {})[k] = v
        object.__setattr__(self, k, v)
    def named(self, prefix=''):
        yield prefix, self
        for k, c in self._children.items(): yield from c.named(f'{prefix}.{k}' if prefix else k)
    def __call__(self, *a, **k): return self.forward(*a, **k)
    def apply(self, f):
        for c in self._children.values(): c.apply(f)
        f(self)
        return self
class Scale(Module):
    def __init__(self, s): super().__init__(); self.s = s
    def forward(self, x): return [v * self.s for v in x]
class Seq(Module):
    def __init__(self, *ms):
        super().__init__()
        for i, m in enumerate(ms): setattr(self, str(i), m)
    def forward(self, x):
        for m in self._children.values(): x = m(x)
        return x
net = Seq(Scale(2), Seq(Scale(3), Scale(-1)))
print(net([1, 2]), [n for n, _ in net.named()], [type(m).__name__ for _, m in net.named()])
net.apply(lambda m: setattr(m, 's', 1) if isinstance(m, Scale) else None)
print(net([5]))
# %% config objects
from dataclasses import dataclass, field, fields
from typing import Optional, List
@dataclass
class Config:
    dim: int = 64
    heads: int = 4
    layers: List[str] = field(default_factory=lambda: ['a'])
    ratio: Optional[float] = None
    def __post_init__(self):
        if self.dim % self.heads: raise ValueError(f'{self.dim=} not divisible by {self.heads=}')
    @property
    def head_dim(self): return self.dim // self.heads
c = Config(dim=128, ratio=.5)
print(c, c.head_dim, [f.name for f in fields(c)])
try: Config(heads=5)
except ValueError as e: print(e)
kw = dict(dim=32, **{'heads': 2})
print(Config(**kw) == Config(32, 2), {**vars(Config())})
# %% string building
rows = [('name', 'n', 'x'), ('alpha', 1, 2.5), ('b', 22, 1 / 3)]
w = [max(len(f'{r[i]:.3f}' if isinstance(r[i], float) else str(r[i])) for r in rows) for i in range(3)]
for r in rows: print(' | '.join(f'{v:>{n}.3f}' if isinstance(v, float) else f'{v!s:<{n}}' for v, n in zip(r, w)))
print('-' * (sum(w) + 6), '\n'.join(f'{i:02d}: {"#" * i}' for i in range(3)), sep='\n')
# %% binary search and bisect
def bisect(a, x):
    lo, hi = 0, len(a)
    while lo < hi:
        mid = (lo + hi) // 2
        if a[mid] < x: lo = mid + 1
        else: hi = mid
    return lo
a = sorted((i * 7919) % 101 for i in range(50))
print(a[:5], [bisect(a, x) for x in (-1, 0, 50, 1000)], all(a[bisect(a, x)] == x for x in a))
# %% event loop of generators
from collections import deque
def task(name, n):
    for i in range(n):
        got = yield f'{name}{i}'
        if got: print('  ', name, 'got', got)
    return name.upper()
def run(*tasks):
    queue, results = deque(tasks), []
    while queue:
        t = queue.popleft()
        try: out = t.send(None)
        except StopIteration as s: results.append(s.value)
        else: print(out); queue.append(t)
    return results
print(run(task('a', 2), task('b', 3), task('c', 0)))
# %% operator overloading dispatch
class Expr:
    def __add__(self, o): return Bin('+', self, wrap(o))
    def __radd__(self, o): return wrap(o) + self
    def __mul__(self, o): return Bin('*', self, wrap(o))
    __rmul__ = lambda self, o: wrap(o) * self
    def __neg__(self): return Bin('*', Num(-1), self)
    def __sub__(self, o): return self + -wrap(o)
class Num(Expr):
    def __init__(self, v): self.v = v
    def d(self, x): return Num(0)
    def __call__(self, **e): return self.v
    def __str__(self): return str(self.v)
class Var(Expr):
    def __init__(self, n): self.n = n
    def d(self, x): return Num(int(x == self.n))
    def __call__(self, **e): return e[self.n]
    def __str__(self): return self.n
class Bin(Expr):
    def __init__(self, op, a, b): self.op, self.a, self.b = op, a, b
    def d(self, x):
        if self.op == '+': return self.a.d(x) + self.b.d(x)
        return self.a.d(x) * self.b + self.a * self.b.d(x)
    def __call__(self, **e):
        a, b = self.a(**e), self.b(**e)
        return a + b if self.op == '+' else a * b
    def __str__(self): return f'({self.a} {self.op} {self.b})'
def wrap(v): return v if isinstance(v, Expr) else Num(v)
x, y = Var('x'), Var('y')
e = 3 * x * x + 2 * y - 5
print(e, e(x=2, y=1), e.d('x')(x=2, y=1), e.d('y')(x=0, y=0))
