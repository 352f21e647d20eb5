# %% simple
x = 1
y = x / 0
# %% in functions
def inner(a, b):
    return a + b
def outer(v):
    return inner(v,
                 'text')
outer(1)
# %% anchors
class P: pass
d = {'k': [1, 2]}
def f(i):
    return d['k'][i] + 5
f(10)
# %% attribute
class Model:
    def __init__(self):
        self.weight = 1
    def forward(self, x):
        return self.wieght * x
m = Model()
m.forward(3)
# %% name suggestion
def compute(hidden_size):
    return hiden_size * 2
compute(4)
# %% unary and call
def f(a):
    g = -a
    return g
print(f('x'))
# %% call arguments
def f(a, b): pass
f(1)
# %% chained
def a():
    raise ValueError('first')
def b():
    try:
        a()
    except ValueError as e:
        raise RuntimeError('second') from e
b()
# %% during handling
try:
    {}['missing']
except KeyError:
    int('x')
# %% from none
try:
    {}['missing']
except KeyError:
    raise ValueError('clean') from None
# %% raise in method
class E(Exception): pass
class A:
    def run(self, n):
        if n == 0:
            raise E('deep', 1)
        return self.run(n - 1)
A().run(2)
# %% recursion repeated
def f(n):
    if n == 0:
        raise ValueError('bottom')
    f(n - 1)
f(8)
# %% comprehension
values = [1, 0]
print([10 / v for v in values])
# %% generator
def g():
    yield 1
    raise ValueError('in generator')
for x in g():
    print(x)
# %% reraise
def f():
    try:
        1 / 0
    except ZeroDivisionError:
        print('log')
        raise
f()
# %% finally
def f():
    try:
        [][1]
    finally:
        print('cleanup')
f()
# %% lambda and decorator
def deco(f):
    def w(*a): return f(*a)
    return w
@deco
def target(x): return (lambda y: y.nope)(x)
target(5)
# %% assertion
def check(shape):
    assert len(shape) == 3, f'expected 3 dims, got {len(shape)}'
check((1, 2))
# %% unpack
a, b = [1, 2, 3]
# %% multi line expression
total = (1 +
         2 + None)
# %% subscript of none
x = None
print(x[0])
# %% with
class C:
    def __enter__(self): return self
    def __exit__(self, *a): print('exit')
with C() as c:
    c.go()
# %% not iterable
for i in 5:
    pass
# %% class body
class A:
    x = undefined_thing
# %% keyword error
def layer(dim, *, heads=1): pass
layer(8, head=2)
# %% matmul
class T:
    def __matmul__(self, o): raise RuntimeError('mat1 and mat2 shapes cannot be multiplied')
x = T() @ T()
# %% custom exception without message
class Stop(Exception): pass
raise Stop
# %% augmented
x = [1]
x[0] += 'a'
# %% power and shift
print(2 ** 'a')
# %% compare
print(1 < 'a')
# %% delete
del undefined_name
