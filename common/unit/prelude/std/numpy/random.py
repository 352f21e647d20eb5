"""numpy.random, from the design's own stream: seeds have no effect."""
import torch
from numpy._array import _data, _result, ndarray


def _shape(size):
    return () if size is None else (size,) if isinstance(size, int) else tuple(size)


def seed(seed=None):
    pass


def random(size=None):
    return _result(torch.rand(_shape(size), dtype=torch.float64))


random_sample = random


def rand(*shape):
    return random(shape or None)


def randn(*shape):
    return _result(torch.randn(shape, dtype=torch.float64))


def standard_normal(size=None):
    return randn(*_shape(size))


def normal(loc=0.0, scale=1.0, size=None):
    return standard_normal(size) * scale + loc


def uniform(low=0.0, high=1.0, size=None):
    return random(size) * (high - low) + low


def randint(low, high=None, size=None, dtype=int):
    low, high = (0, low) if high is None else (low, high)
    return _result(torch.randint(low, high, _shape(size)))


def permutation(x):
    order = torch.randperm(x if isinstance(x, int) else len(x))
    return ndarray(order) if isinstance(x, int) else ndarray(_data(x)[order])


def choice(a, size=None, replace=True, p=None):
    values = torch.arange(a) if isinstance(a, int) else _data(a)
    shape = _shape(size)
    count = 1
    for n in shape:
        count *= n
    weights = torch.ones(len(values), dtype=torch.float64) if p is None else _data(p)
    return _result(values[torch.multinomial(weights, count, replace)].reshape(shape))


class RandomState:
    def __init__(self, seed=None):
        pass


for _function in (seed, random, rand, randn, standard_normal, normal, uniform, randint, permutation, choice):
    setattr(RandomState, _function.__name__, staticmethod(_function))
RandomState.integers = RandomState.randint
Generator = RandomState


def default_rng(seed=None):
    return Generator()
