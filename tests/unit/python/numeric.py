# %% arithmetic
print(7 // 2, -7 // 2, 7 // -2, -7 % 3, 7 % -3, 2 ** 10, 2 ** -1, 7 / 2, -2 ** 2)
print(1 + True, True + True, 5 & 3, 5 | 3, 5 ^ 3, ~5, 1 << 10, 1024 >> 3, -1 >> 1)
# %% float arithmetic
print(7.5 // 2, -7.5 // 2, 7.5 % 2, -7.5 % 2, 7.5 % -2, 2.0 ** 0.5, 1e300 * 1e10, -1e300 * 1e10)
print(0.1 + 0.2, 1 / 3, 1e16, 1e15, 123456789012345680.0, 1e-4, 1e-5, 5e-324, 1.7976931348623157e308)
print(float('inf'), float('-inf'), float('nan'), -0.0, 100.0, 1e22, 1e21, 12345.678)
# %% big integers
a = 2 ** 100
print(a, -a, a + 1, a - 1, a * a, a // 3, a % 7, -a // 3, -a % 7, a >> 90, a & 0xFFFF, a | 1, a ^ a)
print(9223372036854775807 + 1, -9223372036854775808 - 1, 9223372036854775807 * 2, 10 ** 20 // 10 ** 18)
print(a == 2 ** 100, a > 5, a < 1e40, a == float(a), hash(a) == hash(2 ** 100), bool(a), int(1e20))
print(hex(a), bin(2 ** 70), oct(2 ** 66), a.bit_length(), (255).bit_length(), (2 ** 64 - 1).bit_length())
print(abs(-a), divmod(a, 1000), pow(3, 1000, 1009), (-7).__abs__() if hasattr(7, '__abs__') else 7)
# %% factorial
def f(n):
    return 1 if n < 2 else n * f(n - 1)
print(f(30), f(50))
# %% conversions
print(int('42'), int(' -17 '), int('ff', 16), int('0x1f', 16), int('101', 2), int('0b101', 0), int('1_000'), int(3.9), int(-3.9))
print(float('1.5'), float(' 2e3 '), float('1_0.5'), bool(0), bool(''), bool([]), bool([0]), bool(0.0), bool('0'))
print(str(1.0), repr(1.0), str(10 ** 18), complex(1, 2), 3j, (1 + 2j) * (3 - 1j), abs(3 + 4j), (1 + 2j).conjugate())
# %% bad conversions
for text in ['x', '1.5', '', '1__0', '_1']:
    try:
        int(text)
    except ValueError as e:
        print(e)
try:
    float('abc')
except ValueError as e:
    print(e)
try:
    int([])
except TypeError as e:
    print(e)
# %% rounding
print(round(2.5), round(3.5), round(-2.5), round(2.675, 2), round(1234.5678, -2), round(1234, -2), round(5, 2), round(0.5), round(1.5))
print(round(2.567, 1), round(1e20), round(15, -1), round(25, -1), round(-0.4))
# %% division by zero
for f in [lambda: 1 / 0, lambda: 1 // 0, lambda: 1 % 0, lambda: 1.0 / 0, lambda: 1.0 // 0, lambda: 1.0 % 0, lambda: 0 ** -1, lambda: divmod(1, 0)]:
    try:
        f()
    except ZeroDivisionError as e:
        print(type(e).__name__, e)
# %% comparison chains
x = 5
print(1 < x < 10, 1 < x > 3, 1 < x < 3, 1 == 1.0 == True, 3 > 2 >= 2 != 1, not 1 < 2)
print(1 < 2.5, 2 ** 53 == float(2 ** 53), 2 ** 53 + 1 == float(2 ** 53), 10 ** 400 > 1e308, -1 < 0.0)
# %% mixed types
for f in [lambda: 1 + 'a', lambda: 'a' + 1, lambda: [] + (), lambda: 1 < 'a', lambda: -'a', lambda: 'a' * 'b', lambda: None + 1, lambda: {} | 1, lambda: [1] - [1], lambda: ~1.5, lambda: 1 << 1.0, lambda: 'a' ** 2]:
    try:
        f()
    except TypeError as e:
        print(e)
# %% methods
print((1.5).is_integer(), (2.0).is_integer(), (0.5).as_integer_ratio(), (10).bit_length(), (3).real, (3).imag, (3.5).real, (7).bit_count())
print((5).conjugate(), (1.5).hex(), (3).numerator, (3).denominator)
# %% min max sum
print(min(3, 1, 2), max([3, 1, 2]), min('b', 'a'), max([1, 2], key=lambda v: -v), min([], default=7), sum([1, 2, 3]), sum([0.5, 0.25], 1), sum([[1], [2]], []))
try:
    max([])
except ValueError as e:
    print(e)
# %% math
import math
print(math.pi, math.e, math.inf, math.tau, math.sqrt(16), math.floor(-1.5), math.ceil(1.2), math.trunc(-1.7), math.exp(1), math.log(10), math.log(8, 2), math.log2(8), math.log10(1000))
print(math.gcd(12, 18), math.lcm(4, 6), math.factorial(10), math.isclose(0.1 + 0.2, 0.3), math.isnan(math.nan), math.isinf(-math.inf), math.hypot(3, 4), math.prod([1, 2, 3, 4]), math.comb(5, 2), math.perm(5, 2), math.copysign(1, -0.0), math.fabs(-2), math.pow(2, 3), math.fmod(7, 3), math.isqrt(17))
try:
    math.sqrt(-1)
except ValueError as e:
    print(e)
try:
    math.log(0)
except ValueError as e:
    print(e)
# %% augmented
x = 5
x += 2; x -= 1; x *= 3; x //= 2; x **= 2; x %= 50; x <<= 1; x |= 1; x ^= 2; x &= 255; x >>= 1
print(x)
y = 7
y /= 2
print(y)
# %% bool is int
print(True == 1, True is True, isinstance(True, int), sum([True, True]), [10, 20][True], {1: 'a'}[True], True + 0.5, str(True), int(True), -True)
# %% shifts
print(1 << 100, (1 << 100) >> 99, -5 >> 1, -1 << 3, 0 << 1000)
try:
    1 << -1
except ValueError as e:
    print(e)
# %% literals
print(0xFF, 0o17, 0b1010, 1_000_000, 1e3, 1E-3, .5, 5., 0xdead_beef, 00, 1_0.0_1)
