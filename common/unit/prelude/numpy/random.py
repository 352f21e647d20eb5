# Single numbers from the design's own stream.
import random as _random

from random import seed


def random(size=None):
    if size is not None:
        raise NotImplementedError("numpy.random: units have no NumPy arrays: use torch.rand")
    return _random.random()


rand = random_sample = random


def uniform(low=0.0, high=1.0, size=None):
    return low + (high - low) * random(size)


def randint(low, high=None, size=None):
    if size is not None:
        raise NotImplementedError("numpy.random: units have no NumPy arrays: use torch.randint")
    return _random.randrange(low) if high is None else _random.randrange(low, high)


def normal(loc=0.0, scale=1.0, size=None):
    if size is not None:
        raise NotImplementedError("numpy.random: units have no NumPy arrays: use torch.randn")
    return _random.gauss(loc, scale)


randn = normal
