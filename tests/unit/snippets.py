# Every construct of the language once; snippets.dump is what `ast_dump.py --spans` makes of it.
from __future__ import annotations
import a, a.b as c, d.e.f
from . import g
from ..h.i import (j, k as l,)
x = y = 1; z: int = 2; (w): List[int]; o.p: "T" = 3; q[0]: T
a += 1; a -= 1; a *= 2; a @= b; a /= b; a //= b; a %= b; a **= b; a <<= 1; a >>= 1; a |= b; a ^= b; a &= b
1_000, 0xFF, 0o17, 0b11, 1e3, 1., .5, 1e-5j, 10**40, 123456789012345678901234567890, True, False, None, ...
'a' "b" '''c
d''', r'\n', b'\x00\xff' b"e", rb'\d', u'f', 'é\u00e9\t\
x'
f'{x}', f"a{x!r:>{w}.{p}f}b" 'c' f'{y=}', rf'\{z}', f'{{}}', f"{a['k']:{'>'}10}", f'{ x = !s}', F'''{
x}''', f"{x:%Y-%m}", f"{(lambda q: q)(1)}", f"{a if b else c}", f"{x != y}", f'{x,}', f''
a + b - c * d / e // f % g @ h ** -i ** j, ~a, -b, +c, not d, a << b >> c & d ^ e | f
a < b <= c > d >= e == f != g is h is not i in j not in k, a and b or not c and d
a if b else c if d else e, lambda: 0, lambda a, /, b=1, *c, d, e=2, **f: (a, b), lambda *, k: k, (yield_ := 5)
(), (a,), (a, b), [], [a, *b], {a}, {*a, b}, {}, {a: b, **c, d: e}, (a), ((a, b), c),
f(), f(a, *b, c=d, **e), f(a)(b)[c].d, f(x for x in y), f((x for x in y), z), f(a := 1), f(*a, *b, k=1, **m, **n,)
a[b], a[b:c], a[::], a[b:], a[:c:d], a[b, c:d, ...], a[*b], a[*b or c, d], a[b,], a[None, :, ..., ::2], a[(b, c)], a[x := 1]
[a for a in b if c if d for e, *f in g], {a for a in b}, {a: b for a, b in c}, (a for a.b in c), [[i for i in j] for j in k]
*a, b = c; (a, [b, *c]) = d; [a, b] = c; a.b, c[d] = e
del a, b.c, (d, e), [f]
assert a, b; assert a; raise; raise A; raise A from b; pass
if a: b
elif c:
    d
elif e: f
else:
    g
while a:
    break
else:
    continue_ = 1
for a, in b, *c:
    continue
else: pass
for a.b, (c, d) in e: pass
with a: pass
with a as b, c as (d, e), f as g.h: pass
with (a as b, c): pass
with (a, b) as c: pass
with (a): pass
with (a if b else c), d: pass
with (yield_): pass
try: a
except: b
try:
    a
except A: b
except (A, B) as e:
    c
else: d
finally: f
try: a
finally: b


@a
@a.b(c)
@(lambda f: f)
def f(a, b: int = 1, /, c: T = 2, *args: int, d, e: U = 3, **kwargs: V) -> R:
    """doc"""
    global g1, g2
    def inner(*, a): nonlocal c; return c
    yield; yield a; x = yield a, b; yield from c; await_ = yield
    return a, *b


class A: pass
class B(): x: int
class C(A, B, metaclass=M, *c, **d):
    __private = 1
    def __method(self, __p): return self.__q, __r, __s__, __t_
    class _D: __x: int = 2


match a:
    case 1 | -2 | 3.5 | 1 + 2j | -1 - 2j | "s" 't' | b'b' | None | True | False: pass
    case x if x > 0: pass
    case [] | [1, 2, *_] | (3,) | () | [*_]: pass
    case [a, b, *_]: pass
    case (c,): pass
    case [*rest]: pass
    case {}: pass
    case {"k": v, 1: _, a.b: w, **rest}: pass
    case A() | A(1, x=2): pass
    case a.b.C(x, y=[1, _],): pass
    case (1 as b) | (b) if b: pass
    case a.b | c.d.e: pass
    case 1, *x: pass
    case (1 | 2) as z: pass
    case [1, [2, [3, *x]], {"a": {"b": c}}]: pass
    case _: pass
match = case = _ = 1
match[a]; match(a); match.b; match, case = a; match * a; print(match)
match (a, b):
    case case: pass
match *a, b:
    case _: pass
match -a:
    case _: pass
größe = 变量 + α_1  # names and text in any script: 😀
"😀", größe if größe else 变量
if a:
	tab
	if b:
		c
def g(
    a=1,  # comment

    b=2,
): return \
    a
x = 1if 2else 3
