"""random, from the design's own stream: seeds have no effect, so that draws stay paired."""
import math

import torch


def random():
    return torch.rand((), dtype=torch.float64).item()


def seed(a=None, version=2):
    return None


def getstate():
    return ()


def setstate(state):
    pass


def getrandbits(k):
    bits = 0
    for _ in range(k):
        bits = 2 * bits + (random() < 0.5)
    return bits


def uniform(a, b):
    return a + (b - a) * random()


def triangular(low=0.0, high=1.0, mode=None):
    u = random()
    c = 0.5 if mode is None else (mode - low) / (high - low)
    if u > c:
        u, c, low, high = 1.0 - u, 1.0 - c, high, low
    return low + (high - low) * math.sqrt(u * c)


def randrange(start, stop=None, step=1):
    values = range(start) if stop is None else range(start, stop, step)
    if len(values) == 0:
        raise ValueError(f"empty range for randrange() ({start}, {stop}, {step})" if stop is not None else "empty range for randrange()")
    return values[int(random() * len(values))]


def randint(a, b):
    return randrange(a, b + 1)


def choice(seq):
    if len(seq) == 0:
        raise IndexError("Cannot choose from an empty sequence")
    return seq[int(random() * len(seq))]


def choices(population, weights=None, *, cum_weights=None, k=1):
    n = len(population)
    if weights is not None:
        total, cum_weights = 0, []
        for w in weights:
            total += w
            cum_weights.append(total)
    if cum_weights is None:
        return [population[int(random() * n)] for _ in range(k)]
    if len(cum_weights) != n:
        raise ValueError("The number of weights does not match the population")
    picked = []
    for _ in range(k):
        u = random() * cum_weights[-1]
        picked.append(population[min([i for i in range(n) if cum_weights[i] > u] or [n - 1])])
    return picked


def shuffle(x):
    for i in reversed(range(1, len(x))):
        j = int(random() * (i + 1))
        x[i], x[j] = x[j], x[i]


def sample(population, k, *, counts=None):
    pool = list(population)
    if not 0 <= k <= len(pool):
        raise ValueError("Sample larger than population or is negative")
    shuffle(pool)
    return pool[:k]


def gauss(mu=0.0, sigma=1.0):
    return mu + sigma * torch.randn((), dtype=torch.float64).item()


normalvariate = gauss


def lognormvariate(mu, sigma):
    return math.exp(gauss(mu, sigma))


def expovariate(lambd=1.0):
    return -math.log(1.0 - random()) / lambd


class Random:
    def __init__(self, x=None):
        pass


for _function in (random, seed, getstate, setstate, getrandbits, uniform, triangular, randrange, randint, choice, choices, shuffle,
                  sample, gauss, lognormvariate, expovariate):
    setattr(Random, _function.__name__, staticmethod(_function))
Random.normalvariate = Random.gauss
SystemRandom = Random
