# %% try else finally
def f(x):
    try:
        print('try')
        if x: raise ValueError(x)
    except ValueError as e:
        print('except', e)
        return 'r1'
    else:
        print('else')
    finally:
        print('finally')
    return 'r2'
print(f(0), f(1))
# %% finally overrides
def f():
    try: return 1
    finally: return 2
def g():
    for i in range(3):
        try: continue
        finally:
            if i == 1: break
    return i
def h():
    try: raise ValueError
    finally: return 'swallowed'
def k():
    while True:
        try: return 'a'
        finally: print('f')
print(f(), g(), h(), k())
# %% nested
def f():
    try:
        try: 1 / 0
        except ZeroDivisionError: raise KeyError('k')
        finally: print('inner')
    except KeyError as e:
        print('outer', e, type(e.__context__).__name__, e.__cause__)
    try:
        try: raise ValueError('a')
        except ValueError as e: raise TypeError('b') from e
    except TypeError as e: print(e, repr(e.__cause__), e.__suppress_context__)
    try:
        try: raise ValueError('a')
        except ValueError: raise TypeError('c') from None
    except TypeError as e: print(e, e.__cause__, e.__suppress_context__)
f()
# %% bare raise
def f():
    try: raise ValueError('x')
    except ValueError:
        try: raise KeyError('y')
        except KeyError: pass
        raise
try: f()
except ValueError as e: print('again', e)
try: raise
except RuntimeError as e: print(e)
# %% user exceptions
class E(Exception): pass
class F(E):
    def __init__(self, code, *a):
        super().__init__(code, *a)
        self.code = code
    def __str__(self): return f'code {self.code}'
try: raise F(5, 'x')
except E as e: print(e, e.args, e.code, repr(e), isinstance(e, Exception))
try: raise E
except E as e: print(repr(e), str(e) == '', e.args)
class G(Exception):
    def __init__(self, a): self.a = a
print(G(3).args, str(G('x')), repr(G(2)))
# %% tuples of types and order
for exc in (ValueError('v'), KeyError('k'), OSError('o'), IndexError()):
    try: raise exc
    except (ValueError, IndexError) as e: print('tuple', repr(e))
    except LookupError as e: print('lookup', e)
    except Exception as e: print('other', e)
# %% as name is deleted
e = 1
try: raise ValueError
except ValueError as e: pass
try: e
except NameError as x: print(x)
# %% raising nonsense
for v in (1, 'a', int, None):
    try: raise v
    except TypeError as e: print(e)
try:
    try: 1 / 0
    except 5: pass
except TypeError as e: print(e)
# %% assert
try: assert 1 == 2
except AssertionError as e: print(repr(e))
try: assert [], 'message %d' % 5
except AssertionError as e: print(e)
assert (1, 2), 'tuple'
# %% loop control in handlers
for i in range(4):
    try:
        if i == 1: raise ValueError
        if i == 2: break
    except ValueError:
        continue
    finally: print('f', i)
    print('body', i)
# %% exception in else and finally
try:
    try: pass
    except ValueError: print('no')
    else: raise KeyError('else')
    finally: print('fin')
except KeyError as e: print(e)
try:
    try: raise ValueError('one')
    finally: raise KeyError('two')
except KeyError as e: print(e, repr(e.__context__))
# %% return in except with finally
def f():
    try: raise ValueError('v')
    except ValueError as e:
        try: return str(e)
        finally: print('inner fin')
    finally: print('outer fin')
print(f())
# %% recursion error
def f(): return f()
try: f()
except RecursionError as e: print(e)
def g(n): return 0 if n == 0 else 1 + g(n - 1)
print(g(50))
# %% stop iteration
def g():
    raise StopIteration(5)
    yield
try: next(g())
except RuntimeError as e: print(e, repr(e.__cause__))
try: raise StopIteration(7)
except StopIteration as e: print(e.value)
# %% hierarchy
print(issubclass(KeyError, LookupError), issubclass(ModuleNotFoundError, ImportError), issubclass(NotImplementedError, RuntimeError), issubclass(UserWarning, Exception), issubclass(ZeroDivisionError, ArithmeticError), issubclass(KeyboardInterrupt, Exception), IOError is OSError)
print(str(KeyError('k')), str(ValueError('a', 'b')), repr(ValueError('a', 1)), str(ValueError()), ValueError('a').args)
# %% with and exceptions
class C:
    def __enter__(self): return self
    def __exit__(self, t, v, tb): raise KeyError('from exit')
try:
    with C(): raise ValueError('body')
except KeyError as e: print(e, repr(e.__context__))
# %% imports
try: import does_not_exist
except ImportError as e: print(type(e).__name__, e)
try: from math import nothing_here
except ImportError as e: print(str(e).split(' (')[0])
try:
    import numpyy.linalg
    have = True
except ImportError: have = False
print(have)
import math as m, collections.abc
from math import sqrt as root, pi
print(m.floor(2.5), root(4), pi == m.pi)
# %% exception variable in closure
def f():
    try: raise ValueError('v')
    except ValueError as e:
        g = lambda: str(e)
        r = g()
    try: g()
    except NameError as x: print(x)
    return r
print(f())
