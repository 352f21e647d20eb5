import math

import torch

ARGUMENTS = [{}, {"share": 0.5}, {"share": 2.0, "base": 100.0}]
LENGTHS = (1, 2, 17)


def inputs(T, dim):
    n = torch.arange(2 * 3 * T * dim, dtype=torch.float64).view(2, 3, T, dim)
    return torch.sin(0.7 * n), torch.cos(1.3 * n)


def turn(m, x):
    rows, n = [], m.turned
    for t in range(x.shape[2]):
        channels = []
        for i in range(n // 2):
            angle = t / m.base ** (2 * i / n)
            a, b = x[:, :, t, 2 * i], x[:, :, t, 2 * i + 1]
            channels += [a * math.cos(angle) - b * math.sin(angle), a * math.sin(angle) + b * math.cos(angle)]
        rows.append(torch.stack(channels + [x[:, :, t, i] for i in range(n, x.shape[3])], -1))
    return torch.stack(rows, 2)


def reference(m, q, k):
    return turn(m, q), turn(m, k)
