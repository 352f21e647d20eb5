import math

import torch

LENGTHS = (1, 2, 17)


def inputs(T, dim):
    n = torch.arange(2 * 3 * T * dim, dtype=torch.float64).view(2, 3, T, dim)
    return torch.sin(0.7 * n), torch.cos(1.3 * n)


def turn(x):
    """The angles of base 10000, those of pair i slowed by 4^(2i / (dim - 2)): the first by 1, the last by 4."""
    rows, D = [], x.shape[3]
    for t in range(x.shape[2]):
        pairs = []
        for i in range(D // 2):
            angle = t / 10000 ** (2 * i / D) / 4 ** (2 * i / (D - 2))
            a, b = x[:, :, t, 2 * i], x[:, :, t, 2 * i + 1]
            pairs += [a * math.cos(angle) - b * math.sin(angle), a * math.sin(angle) + b * math.cos(angle)]
        rows.append(torch.stack(pairs, -1))
    return torch.stack(rows, 2)


def reference(m, q, k):
    return turn(q), turn(k)
