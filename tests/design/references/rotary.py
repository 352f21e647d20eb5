import math

import torch

LENGTHS = (1, 2, 17)


def inputs(T, dim):
    n = torch.arange(2 * 3 * T * dim, dtype=torch.float64).view(2, 3, T, dim)
    return torch.sin(0.7 * n), torch.cos(1.3 * n)


def turn(m, x):
    rows = []
    for t in range(x.shape[2]):
        pairs = []
        for i in range(m.dim // 2):
            angle = t / m.base ** (2 * i / m.dim)
            a, b = x[:, :, t, 2 * i], x[:, :, t, 2 * i + 1]
            pairs += [a * math.cos(angle) - b * math.sin(angle), a * math.sin(angle) + b * math.cos(angle)]
        rows.append(torch.stack(pairs, -1))
    return torch.stack(rows, 2)


def reference(m, q, k):
    return turn(m, q), turn(m, k)
