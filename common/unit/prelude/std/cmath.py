import math

pi, e, tau, inf, nan = math.pi, math.e, math.tau, math.inf, math.nan
infj, nanj = complex(0.0, inf), complex(0.0, nan)


def phase(x):
    x = complex(x)
    return math.atan2(x.imag, x.real)


def polar(x):
    return abs(complex(x)), phase(x)


def rect(r, phi):
    return complex(r * math.cos(phi), r * math.sin(phi))


def exp(x):
    x = complex(x)
    return rect(math.exp(x.real), x.imag)


def log(x, base=None):
    x = complex(x)
    result = complex(math.log(abs(x)), phase(x))
    return result if base is None else result / log(base)


def log10(x):
    x = complex(x)
    return complex(math.log10(abs(x)), phase(x) / math.log(10))


def sqrt(x):
    x = complex(x)
    if x == 0:
        return complex(0.0, x.imag)
    s = math.sqrt((abs(x.real) + abs(x)) / 2)
    d = abs(x.imag) / (2 * s)
    return complex(s, math.copysign(d, x.imag)) if x.real >= 0 else complex(d, math.copysign(s, x.imag))


def cosh(x):
    x = complex(x)
    return complex(math.cos(x.imag) * math.cosh(x.real), math.sin(x.imag) * math.sinh(x.real))


def sinh(x):
    x = complex(x)
    return complex(math.cos(x.imag) * math.sinh(x.real), math.sin(x.imag) * math.cosh(x.real))


def tanh(x):
    return sinh(x) / cosh(x)


def cos(x):
    return cosh(complex(x) * 1j)


def sin(x):
    return -1j * sinh(complex(x) * 1j)


def tan(x):
    return sin(x) / cos(x)


def isnan(x):
    x = complex(x)
    return math.isnan(x.real) or math.isnan(x.imag)


def isinf(x):
    x = complex(x)
    return math.isinf(x.real) or math.isinf(x.imag)


def isfinite(x):
    x = complex(x)
    return math.isfinite(x.real) and math.isfinite(x.imag)


def isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0):
    return a == b or abs(a - b) <= max(rel_tol * max(abs(a), abs(b)), abs_tol)
