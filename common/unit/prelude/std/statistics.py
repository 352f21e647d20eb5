import math


def mean(data):
    data = list(data)
    if not data:
        raise ValueError("mean requires at least one data point")
    return math.fsum(data) / len(data)


fmean = mean


def median(data):
    data = sorted(data)
    if not data:
        raise ValueError("no median for empty data")
    half = len(data) // 2
    return data[half] if len(data) % 2 else (data[half - 1] + data[half]) / 2


def pvariance(data, mu=None):
    data = list(data)
    mu = mean(data) if mu is None else mu
    return math.fsum([(x - mu) ** 2 for x in data]) / len(data)


def variance(data, xbar=None):
    data = list(data)
    return pvariance(data, xbar) * len(data) / (len(data) - 1)


def stdev(data, xbar=None):
    return math.sqrt(variance(data, xbar))


def pstdev(data, mu=None):
    return math.sqrt(pvariance(data, mu))
