# %% arguments
def f(a, b=2, *args, c, d=4, **kw):
    return a, b, args, c, d, kw
print(f(1, c=3), f(1, 2, 3, 4, c=5, e=6), f(*[1, 2], **{'c': 3, 'z': 9}), f(c=1, a=2))
def g(a, /, b, *, c): return a, b, c
print(g(1, 2, c=3), g(1, b=2, c=3))
# %% argument errors
def f(a, b, c=1, *, k): pass
def g(): pass
def h(a, /): pass
def two(a, b=1): pass
def kw(*, a, b, c): pass
class A:
    def m(self, x): pass
for call in [lambda: f(), lambda: f(1), lambda: f(1, 2), lambda: f(1, 2, 3, 4, k=1), lambda: f(1, 2, z=1, k=1), lambda: f(1, a=1, k=2),
             lambda: g(1), lambda: g(1, 2), lambda: h(a=1), lambda: two(1, 2, 3), lambda: two(), lambda: kw(), lambda: A().m(), lambda: A().m(1, 2), lambda: A(5), lambda: f(1, 2, 3, k=1, **{'k': 2}), lambda: None(), lambda: (5)(), lambda: f(*5), lambda: f(**5), lambda: len(), lambda: len(1, 2)]:
    try:
        call()
    except TypeError as e:
        print(str(e).replace('__main__.', ''))
# %% defaults are evaluated once
def f(x, acc=[]):
    acc.append(x)
    return acc
print(f(1), f(2), f.__defaults__)
# %% closures
def counter():
    n = 0
    def inc(by=1):
        nonlocal n
        n += by
        return n
    return inc
c = counter()
print(c(), c(5), counter()())
fs = [lambda: i for i in range(3)]
print([f() for f in fs])
fs = [lambda i=i: i for i in range(3)]
print([f() for f in fs])
def outer():
    x = 1
    def mid():
        def inner():
            return x
        return inner
    x = 2
    return mid()()
print(outer())
# %% global
n = 0
def f():
    global n, m
    n += 1
    m = 5
f(); f()
print(n, m)
# %% unbound local
def f():
    print(x)
    x = 1
try:
    f()
except UnboundLocalError as e:
    print(e)
def g():
    def h():
        return y
    try:
        h()
    except NameError as e:
        print(e)
    y = 1
g()
# %% decorators
def deco(f):
    def wrapper(*a, **k):
        print('before', a, k)
        r = f(*a, **k)
        print('after')
        return r
    return wrapper
def with_args(n):
    def d(f):
        def w(*a):
            return f(*a) * n
        return w
    return d
@deco
@with_args(3)
def f(x):
    return x + 1
print(f(1))
# %% lambda
print((lambda: 5)(), (lambda x, *a, k=2, **kw: (x, a, k, kw))(1, 2, 3, k=4, z=5), list(map(lambda x: x ** 2, range(4))), (lambda x: (lambda y: x + y))(1)(2))
# %% recursion
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(15))
def hanoi(n, a, b, c):
    return 0 if n == 0 else hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a)
print(hanoi(6, 'a', 'b', 'c'))
# %% attributes
def f(a: int, b: 'str' = 'x') -> float:
    """Doc."""
    return a
f.x = 5
print(f.__name__, f.__doc__, f.x, f.__qualname__, f.__dict__, hasattr(f, 'y'), callable(f), f.__module__)
def outer():
    def inner(): pass
    return inner
print(outer().__qualname__, (lambda: 0).__name__)
# %% partial and reduce
from functools import partial, reduce, wraps, lru_cache
p = partial(int, base=2)
print(p('101'), p.func, p.keywords, p.args, partial(pow, 2)(5), reduce(lambda a, b: a * b, [1, 2, 3, 4], 10))
def d(f):
    @wraps(f)
    def w(*a): return f(*a)
    return w
@d
def named():
    """Text."""
print(named.__name__, named.__doc__)
@lru_cache(maxsize=None)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(50))
# %% star expressions in calls
def f(*a, **k): return a, k
print(f(*range(2), 5, *[6], x=1, **{'y': 2}, **{'z': 3}))
try:
    f(**{'a': 1}, **{'a': 2})
except TypeError as e:
    print(str(e).split(' ')[-1])
try:
    f(**{1: 2})
except TypeError as e:
    print(e)
# %% walrus
if (n := len('abc')) > 2:
    print(n)
print([y for x in range(5) if (y := x * x) > 3], y)
while (n := n - 1) > 0:
    print('n', n)
# %% conditional and boolean operators
print(1 if [] else 2, 0 or 'a', 1 and 'b', None or 0 or [], 1 and 0 and 2, not [], not not 1, 'x' if 0 else 'y' if 0 else 'z')
def t(x):
    print('t', x); return x
print(t(0) and t(1), t(1) or t(0), t(1) < t(2) < t(0) < t(5))
# %% loops
for i in range(5):
    if i == 3: break
else:
    print('no')
for i in []:
    pass
else:
    print('else')
i = 0
while i < 5:
    i += 1
    if i % 2: continue
    print(i)
else:
    print('done', i)
while True:
    break
else:
    print('never')
for i, (a, b) in enumerate([(1, 2), (3, 4)]):
    print(i, a, b)
for x in (1, 2):
    for y in (1, 2):
        if y == 2: break
        print(x, y)
# %% evaluation order
def p(x):
    print(x, end=' ')
    return x
d = {}
d[p('k')] = p('v')
p(1) + p(2) * p(3)
[p(1), p(2)]; {p('a'): p('b')}
(lambda *a, **k: None)(p(1), *[p(2)], x=p(3), **{'y': p(4)})
print()
# %% docstring and annotations
from __future__ import annotations
def f(x: undefined_name, *, y: also.undefined = 1) -> missing: return x
v: also_missing = 5
print(f(1), v)
# %% shadowed builtins
def f():
    list = [1]
    return list
print(f(), list((1, 2)))
sum = 5
print(sum)
del sum
print(sum([1]))
# %% signature
import inspect
def f(a, b=2, *args, c, d=4, **kw): pass
print(inspect.signature(f), list(inspect.signature(f).parameters), inspect.signature(f).parameters['b'].default)
class A:
    def __init__(self, x, y=1): pass
print(inspect.signature(A), 'x' in inspect.signature(A).parameters)
