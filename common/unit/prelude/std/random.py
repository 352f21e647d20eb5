"""random for the unit language: the same distributions, drawn from the design's own stream; seeds have no effect."""

import math


def random():
    import torch
    return torch.rand((), dtype=torch.float64).item()


def seed(a=None, version=2):
    pass


def uniform(a, b):
    return a + (b - a) * random()


def _below(n):
    import torch
    return torch.randint(n, ()).item()


def randrange(start, stop=None, step=1):
    choices = range(start) if stop is None else range(start, stop, step)
    if not len(choices):
        raise ValueError("empty range for randrange()")
    return choices[_below(len(choices))]


def randint(a, b):
    return randrange(a, b + 1)


def choice(seq):
    if not len(seq):
        raise IndexError("Cannot choose from an empty sequence")
    return seq[_below(len(seq))]


def choices(population, weights=None, *, cum_weights=None, k=1):
    if weights is None and cum_weights is None:
        return [choice(population) for _ in range(k)]
    from itertools import accumulate
    bounds = list(accumulate(weights)) if cum_weights is None else list(cum_weights)
    if len(bounds) != len(population):
        raise ValueError("The number of weights does not match the population")
    found = []
    for _ in range(k):
        at = random() * bounds[-1]
        found.append(population[sum([b <= at for b in bounds[:-1]])])
    return found


def shuffle(x):
    for i in range(len(x) - 1, 0, -1):
        j = _below(i + 1)
        x[i], x[j] = x[j], x[i]


def sample(population, k, *, counts=None):
    if not 0 <= k <= len(population):
        raise ValueError("Sample larger than population or is negative")
    items = list(population)
    shuffle(items)
    return items[:k]


def gauss(mu=0.0, sigma=1.0):
    return mu + sigma * math.sqrt(-2 * math.log(1 - random())) * math.cos(2 * math.pi * random())


normalvariate = gauss


def expovariate(lambd=1.0):
    return -math.log(1 - random()) / lambd


def getrandbits(k):
    n = 0
    for _ in range(k):
        n = 2 * n + _below(2)
    return n
