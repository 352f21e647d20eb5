# %% list methods
a = [3, 1, 2]
a.append(5); a.extend([7, 8]); a.insert(0, 0); a.insert(-1, 99); print(a, a.pop(), a.pop(0), a.index(1), a.count(3), len(a))
a.remove(99); a.sort(); print(a); a.sort(reverse=True); print(a); a.reverse(); print(a, a.copy() == a); a.clear(); print(a)
# %% list errors
for f in [lambda: [].pop(), lambda: [1].remove(2), lambda: [1].index(2), lambda: [1][1], lambda: [1]['a'], lambda: [1, 2].pop(5)]:
    try:
        f()
    except (IndexError, ValueError, TypeError) as e:
        print(type(e).__name__, e)
# %% list slices
a = list(range(10))
a[2:4] = ['x', 'y', 'z']; print(a); a[::3] = [0] * len(a[::3]); print(a); del a[1:3]; print(a); del a[::2]; print(a); a[1:1] = [5, 6]; print(a); a[:] = [1]; print(a)
try:
    a = [1, 2, 3, 4]
    a[::2] = [1]
except ValueError as e:
    print(e)
# %% list operators
print([1, 2] + [3], [1, 2] * 2, 2 in [1, 2], [1, 2] == [1, 2], [1, 2] < [1, 3], [1] < [1, 2], [[1, 2], [3]] == [[1, 2], [3]], [1] != [1.0])
a = b = [1]
a += [2]; print(b, a is b); a = a + [3]; print(b, a); a *= 2; print(a)
# %% tuples
t = (1, 2, 3)
print(t, (), (1,), t[1], t[-1], t[::2], t + (4,), t * 2, 2 in t, len(t), t.index(2), t.count(1), (1, 2) < (1, 3), hash((1, 2)) == hash((1, 2)), tuple('ab'))
try:
    t[0] = 5
except TypeError as e:
    print(e)
# %% dict methods
d = {'a': 1, 'b': 2}
print(d['a'], d.get('z'), d.get('z', 0), list(d), list(d.keys()), list(d.values()), list(d.items()), 'a' in d, len(d), d.pop('a'), d, d.pop('q', None), d.setdefault('c', []), d)
d.update({'x': 1}, y=2); d.update([('z', 3)]); print(d, d.popitem(), d.copy(), dict(a=1), dict([('k', 'v')]), dict.fromkeys('ab', 0), {**d, 'm': 5}, d | {'b': 9})
d.clear(); print(d)
# %% dict errors
for f in [lambda: {}['a'], lambda: {}[1], lambda: {}.pop('a'), lambda: {}.popitem(), lambda: {[]: 1}, lambda: {{}: 1}, lambda: dict([1]), lambda: dict([(1, 2, 3)])]:
    try:
        f()
    except (KeyError, TypeError, ValueError) as e:
        print(type(e).__name__, e)
# %% dict order and equality
d = {}
for k in 'hello':
    d[k] = d.get(k, 0) + 1
print(d, {'a': 1, 'b': 2} == {'b': 2, 'a': 1}, {1: 'a', 1.0: 'b', True: 'c'})
del d['h']; d['h'] = 5; print(d)
big = {i: i * i for i in range(100)}
for i in range(0, 100, 3):
    del big[i]
print(len(big), big[50], 51 in big, sum(big), list(big)[:5], list(reversed(big))[:3])
# %% dict views
d = {'a': 1, 'b': 2}
k = d.keys()
d['c'] = 3
print(k, d.values(), d.items(), len(k), 'c' in k, ('a', 1) in d.items(), 2 in d.values(), k & {'a', 'z'}, sorted(k | {'q'}), sorted(k - {'a'}))
# %% dict changed while iterating
d = {1: 1}
try:
    for k in d:
        d[k + 1] = 1
except RuntimeError as e:
    print(e)
# %% sets
s = {3, 1, 2, 1}
print(len(s), sorted(s), 1 in s, sorted(s | {5}), sorted(s & {1, 9}), sorted(s - {1}), sorted(s ^ {1, 9}), s == {1, 2, 3}, s < {1, 2, 3, 4}, s <= s, set(), sorted(set('hello')), s.issubset({1, 2, 3, 4}), s.isdisjoint({7}))
s.add(10); s.discard(99); s.remove(1); s.update([20]); print(sorted(s), sorted(s.union([1], [2])), frozenset([1]), {frozenset([1]): 2}[frozenset([1])])
try:
    s.remove(12345)
except KeyError as e:
    print('KeyError', e)
try:
    {[1]}
except TypeError as e:
    print(e)
# %% comprehensions
print([x * 2 for x in range(5) if x % 2], {x: y for x, y in zip('ab', [1, 2])}, sorted({x % 3 for x in range(10)}), list(x for x in 'ab'), [[y for y in range(x)] for x in range(3)], [(x, y) for x in range(2) for y in 'ab' if x], [a + b for a, b in [(1, 2), (3, 4)]])
x = 'outer'
print([x for x in range(3)], x, [y := 5, y ** 2], y)
print([i for i in range(10) if i > 2 if i % 2])
# %% unpacking
a, b = 1, 2
a, b = b, a
(c, d), e = [3, 4], 5
f, *g = 'abc'
*h, i = (1, 2, 3)
j, *k, l = [1, 2]
[m, n] = {1: 2, 3: 4}
print(a, b, c, d, e, f, g, h, i, j, k, l, m, n)
print([*range(3), *'ab'], (*[1], 2), {*[1, 2]}, {**{'a': 1}, 'b': 2})
for f in [lambda: unpack(1, 2, 3), lambda: unpack(1)]:
    pass
try:
    a, b = 1, 2, 3
except ValueError as e:
    print(e)
try:
    a, b, c = 1, 2
except ValueError as e:
    print(e)
try:
    a, *b, c = [1]
except ValueError as e:
    print(e)
try:
    a, b = 5
except TypeError as e:
    print(e)
# %% range
r = range(2, 20, 3)
print(r, list(r), len(r), r[1], r[-1], 5 in r, 6 in r, r[1:3], list(reversed(r)), range(5) == range(0, 5), list(range(5, 0, -2)), range(0), list(range(-3)), r.start, r.stop, r.step, range(10)[::-1])
# %% sorted
print(sorted([3, 1, 2]), sorted('hello'), sorted([1, 2, 3], reverse=True), sorted(['bb', 'a', 'ccc'], key=len), sorted([(1, 'b'), (1, 'a'), (0, 'c')]), sorted({'b': 1, 'a': 2}), sorted([1, 2.5, True]))
pairs = [('a', 2), ('b', 1), ('c', 2), ('d', 1)]
print(sorted(pairs, key=lambda p: p[1]), sorted(pairs, key=lambda p: p[1], reverse=True))
try:
    sorted([1, 'a'])
except TypeError as e:
    print(e)
# %% iterators
print(list(zip([1, 2, 3], 'ab')), list(enumerate('ab', 1)), list(map(lambda x, y: x + y, [1, 2], [3, 4])), list(filter(None, [0, 1, '', 'a'])), list(reversed([1, 2, 3])), any([0, 1]), all([1, 0]), any([]), all([]))
it = iter([1, 2, 3])
print(next(it), next(it), list(it), next(it, 'end'))
try:
    next(it)
except StopIteration:
    print('stop')
print(list(iter(lambda: 5, 5)), list(zip()), dict(zip('ab', (1, 2))), list(zip(*[(1, 2), (3, 4)])))
try:
    list(zip([1], [1, 2], strict=True))
except ValueError as e:
    print(e)
# %% del
a = [1, 2, 3]
del a[0]
d = {'a': 1}
del d['a']
x = 5
del x
print(a, d)
try:
    x
except NameError as e:
    print(e)
try:
    del d['q']
except KeyError as e:
    print('KeyError', e)
# %% nested
m = [[0] * 3 for _ in range(2)]
m[0][1] = 5
m[1][2] += 7
print(m, m[0][1:], [row[::-1] for row in m])
d = {}
d.setdefault('a', {})['b'] = 1
d['a']['c'] = d['a']['b'] + 1
print(d)
# %% self reference
a = [1]
a.append(a)
d = {}
d['d'] = d
print(a, d)
# %% copy
import copy
a = [1, [2, 3], {'k': [4]}]
b = copy.copy(a)
c = copy.deepcopy(a)
a[1].append(9)
a[2]['k'].append(8)
print(a, b, c)
# %% slice objects
s = slice(1, 5, 2)
print(s, s.start, s.indices(4), [0, 1, 2, 3, 4, 5][s], slice(3) == slice(None, 3, None))
# %% string keys
d = {}
for i in range(5):
    d[f'k{i}'] = i
    d['k' + str(i)] += 1
print(d, d['k' + '3'])
