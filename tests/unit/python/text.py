# %% methods
s = 'Hello, World'
print(s.lower(), s.upper(), s.title(), s.swapcase(), s.capitalize(), s.find('o'), s.rfind('o'), s.find('z'), s.index('W'), s.count('l'), s.replace('l', 'L', 2))
print(s.startswith('Hell'), s.endswith(('x', 'ld')), s.startswith('W', 7), s.split(', '), s.partition(', '), s.rpartition('o'), s.center(20, '*'), s.ljust(15) + '|', s.rjust(15), s.zfill(15))
# %% split
print(' a b  c '.split(), 'a,b,,c'.split(','), 'a b c d'.split(' ', 2), 'a b c d'.split(maxsplit=1), 'a.b.c'.rsplit('.', 1), ''.split(), ''.split(','), 'a\nb\r\nc'.splitlines(), 'a\nb\n'.splitlines(True), ' a  b '.rsplit(None, 1))
# %% strip
print('  x '.strip() + '|', 'xxaxx'.strip('x'), 'abc'.lstrip('ab'), 'abc'.rstrip('bc'), '\t x\n'.strip(), 'prefix_x'.removeprefix('prefix_'), 'x.py'.removesuffix('.py'))
# %% join and multiply
print(','.join(['a', 'b', 'c']), ''.join(map(str, range(5))), 'ab' * 3, 3 * 'ab', 'x' * 0, 'x' * -1, '-'.join('abc'))
try:
    ','.join([1])
except TypeError as e:
    print(e)
# %% slicing
s = 'abcdefgh'
print(s[0], s[-1], s[2:5], s[:3], s[3:], s[::2], s[::-1], s[5:2], s[5:2:-1], s[-3:], s[:-3], s[100:], s[-100:3])
try:
    s[10]
except IndexError as e:
    print(e)
try:
    s['a']
except TypeError as e:
    print(e)
# %% tests
print('abc'.isalpha(), '123'.isdigit(), 'a1'.isalnum(), ' '.isspace(), 'abc'.islower(), 'ABC'.isupper(), 'Abc'.istitle() if hasattr('', 'istitle') else True, 'a_b'.isidentifier(), '1a'.isidentifier(), ''.isalpha(), 'abc'.isascii())
# %% contains
print('b' in 'abc', 'bc' in 'abc', 'z' not in 'abc', '' in 'abc')
try:
    1 in 'abc'
except TypeError as e:
    print(e)
# %% unicode
s = 'naïve 日本 🎉'
print(s, len(s), s[2], s[6:8], s[-1], s[::-1], repr(s), ascii(s), ord('日'), chr(0x1F389), s.find('日'), s.upper()[0], 'é' in 'café', '日本語'.split('本'))
# %% escapes
print('a\tb\\n\'"', repr('a\tb\n\'"'), repr("it's"), repr('"'), repr('\x00\x7f\x1b'), r'\n', 'a' 'b', '''x
y''', '\u00e9')
# %% fstrings
x, y, name = 3.14159, 42, 'bob'
print(f'{x:.2f} {y:5d}|{y:<5d}|{y:^5d}|{y:05d} {name:>6} {name!r} {y:x} {y:#x} {y:b} {y:,} {1234567.891:,.2f} {x:e} {0.00001:g} {1e10:g}')
print(f'{y=} {x=:.1f} {name=!s} {{}} {"nested"} {y if y > 3 else x} {[1, 2][0]} {name.upper()}')
w = 10
print(f'{x:{w}.{3}}|{name:*^{w}}|{name:{"<"}{w}}|{-y:+d} {y:+d} {y: d} {True} {None} {1.0} {10 ** 20}')
# %% format spec
print(format(3.0, '.1f'), format(1234.5, '10.2f'), format(0.5, '.0%'), format(0.1234, '.1%'), format('ab', '5') + '|', format(5, '>5'), format(-5, '=5'), format(255, '#o'), format(1e6, ','), format(123456789, '_'), format(65, 'c'), format(True, 'd'), format(1.5, ''), format(3, 'f'), format(0.0, 'g'), format(1e-7, '.3g'), format(123456.0, '.3g'), format(2.0, '.3'), format(123.456, '.3'), format(1234.0, '.2'))
for spec, v in [('d', 1.5), ('x', 'a'), ('.2d', 3), ('q', 3)]:
    try:
        format(v, spec)
    except ValueError as e:
        print(e)
# %% percent
print('%d %s %r %5.2f %x %% %e' % (3, 'a', 'b', 2.5, 255, 12345.678), '%s' % 5, '%s' % [1], '%(a)s-%(b)03d' % {'a': 1, 'b': 2}, '%-5s|%5s' % ('a', 'b'), '%+d % d' % (1, 2), '%05.1f' % 2.25, '%c' % 'x', '%i' % 3.7, '%g' % 0.1, '%*d' % (5, 3))
for f in [lambda: '%d' % 'a', lambda: '%s %s' % 1, lambda: '%s' % (1, 2), lambda: '%d' % None]:
    try:
        f()
    except TypeError as e:
        print(e)
# %% str.format
print('{} {}'.format(1, 2), '{1} {0}'.format('a', 'b'), '{x} {y!r}'.format(x=1, y='z'), '{:>5}|{:<5}|{:^5}'.format(1, 2, 3), '{0[1]} {1.real}'.format([1, 2], 5), '{{}}'.format(), '{:{w}}'.format(3, w=4), '{0:.{p}f}'.format(1.23456, p=2))
# %% compare
print('a' < 'b', 'abc' < 'abd', 'Z' < 'a', 'a' == 'a', 'a' != 'b', sorted(['b', 'A', 'a', 'B']), max('hello'), min(['bb', 'a'], key=len))
# %% bytes
b = b'abc\x00\xff'
print(b, len(b), b[0], b[1:3], b'a' + b'b', b == b'abc\x00\xff', 'é'.encode(), b'abc'.decode(), bytes([65, 66]), list(b'ab'), b'ab'.hex(), bytes(3), b"it's")
# %% translate
t = str.maketrans('abc', 'xyz')
print('aabbcc'.translate(t), 'hello'.translate({ord('l'): None, ord('h'): 'J'}), 'a\tb'.expandtabs(4), 'abc'.casefold())
# %% replace corner cases
print('aaa'.replace('a', 'b'), 'abc'.replace('', '-'), 'aaa'.replace('aa', 'b'), 'abc'.replace('d', 'e'), ''.replace('', 'x'), 'ab'.replace('', '-', 1))
# %% immutability
try:
    s = 'abc'
    s[0] = 'x'
except TypeError as e:
    print(e)
try:
    'abc'.foo
except AttributeError as e:
    print(e)
