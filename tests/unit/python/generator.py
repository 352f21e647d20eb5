# %% basics
def g(n):
    for i in range(n): yield i
    return 'end'
it = g(2)
print(next(it), next(it))
try: next(it)
except StopIteration as e: print('stop', e.value)
print(list(g(3)), sum(g(4)), [*g(2)], tuple(g(2)), 2 in g(3), dict(enumerate(g(2))), max(g(3)), iter(it) is it)
# %% send
def avg():
    total = n = 0
    value = None
    while True:
        x = yield value
        total += x; n += 1
        value = total / n
a = avg()
next(a)
print(a.send(10), a.send(20), a.send(30))
try: avg().send(1)
except TypeError as e: print(e)
# %% throw
def g():
    while True:
        try: x = yield 'ready'
        except ValueError as e:
            print('caught', e)
            yield 'after'
it = g()
print(next(it), it.throw(ValueError('v')), next(it))
try: it.throw(KeyError('k'))
except KeyError as e: print('out', e)
print(list(it))
# %% close and finally
def g():
    try:
        yield 1
        yield 2
    finally:
        print('cleanup')
it = g(); next(it); it.close(); it.close()
it = g(); it.close(); print('never started')
def bad():
    try: yield 1
    except GeneratorExit: yield 2
it = bad(); next(it)
try: it.close()
except RuntimeError as e: print(e)
def ge():
    try: yield 1
    except GeneratorExit: print('exit'); raise
it = ge(); next(it); it.close()
# %% finally across yields
def g():
    try:
        for i in range(3):
            try: yield i
            finally: print('inner', i)
    finally: print('outer')
print(list(g()))
for x in g():
    if x == 1: break
# %% yield from
def inner():
    x = yield 1
    print('inner got', x)
    yield 2
    return 'result'
def outer():
    r = yield from inner()
    print('r', r)
    yield from [10, 20]
    yield from (i for i in 'ab')
    return 'outer result'
it = outer()
print(next(it), it.send('S'), next(it), list(it))
def thrower():
    try: yield 1
    except ValueError: print('in inner'); yield 99
def o(): yield from thrower()
it = o(); next(it); print(it.throw(ValueError))
def closer():
    try: yield 1
    finally: print('closed inner')
def oc(): yield from closer()
it = oc(); next(it); it.close()
# %% generator expressions
print(sum(x * x for x in range(4)), list(a + b for a in 'xy' for b in '12'), any(x > 2 for x in range(5)), ','.join(str(i) for i in range(3)))
g = (x for x in range(3))
print(next(g), list(g), list(g))
n = 2
g = (x * n for x in range(3))
n = 10
print(list(g))
# %% laziness
def src():
    for i in range(5):
        print('make', i)
        yield i
def double(it):
    for x in it: yield x * 2
it = double(x for x in src() if x % 2 == 0)
print(next(it), next(it))
# %% infinite
def count(n=0):
    while True:
        yield n
        n += 1
from itertools import islice
print(list(islice(count(5), 3)), next(x for x in count() if x * x > 50))
# %% recursion
def walk(t):
    if isinstance(t, list):
        for x in t: yield from walk(x)
    else: yield t
print(list(walk([1, [2, [3, [4]], 5], []])))
def perms(xs):
    if not xs: yield []
    for i in range(len(xs)):
        for p in perms(xs[:i] + xs[i + 1:]): yield [xs[i]] + p
print(list(perms([1, 2, 3])))
# %% running twice
def g():
    yield next(it)
it = g()
try: next(it)
except ValueError as e: print(e)
# %% exceptions inside
def g():
    yield 1
    raise ValueError('boom')
it = g(); print(next(it))
try: next(it)
except ValueError as e: print(e)
print(list(it))
# %% handled exceptions do not leak
def g():
    try: raise ValueError('inside')
    except ValueError:
        yield 1
        try: raise
        except ValueError as e: print('re', e)
it = g(); next(it)
try:
    try: raise KeyError('outside')
    except KeyError:
        next(it, None)
        raise
except KeyError as e: print(e)
# %% with in generator
class C:
    def __enter__(self): print('enter')
    def __exit__(self, *a): print('exit', a[0] and a[0].__name__)
def g():
    with C():
        yield 1
        yield 2
it = g(); next(it); it.close()
list(g())
# %% methods and closures
class T:
    def __init__(self, *c): self.c = c
    def __iter__(self):
        for x in self.c: yield x
    def pairs(self):
        for a in self: 
            for b in self:
                yield a, b
print(list(T(1, 2)), list(T(1, 2).pairs()))
def mk(n):
    def g():
        nonlocal n
        while n: 
            n -= 1
            yield n
    return g
print(list(mk(3)()))
# %% itertools
from itertools import chain, product, accumulate, repeat, zip_longest, count, cycle, combinations, permutations, groupby, takewhile, dropwhile, starmap, tee, pairwise
print(list(chain([1], 'a')), list(product('ab', [1, 2])), list(accumulate([1, 2, 3])), list(repeat('x', 2)), list(zip_longest([1, 2], 'a', fillvalue='-')))
print(list(combinations('abc', 2)), list(permutations([1, 2, 3], 2)), [(k, list(v)) for k, v in groupby('aabbc')], list(takewhile(lambda x: x < 3, [1, 2, 3, 1])), list(dropwhile(lambda x: x < 3, [1, 3, 1])), list(starmap(pow, [(2, 3)])), list(pairwise('abc')), list(chain.from_iterable([[1], [2]])))
c = cycle('ab')
print([next(c) for _ in range(3)], list(product([0, 1], repeat=2)), list(accumulate([1, 2, 3], lambda a, b: a * b)))
