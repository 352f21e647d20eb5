import torch

ARGUMENTS = [{}, {"state": 4}]


def reference(m, x):
    a, delta = 1 / (1 + torch.exp(-m.a)), 1 / (1 + torch.exp(-m.delta))
    h, rows = 0, []
    for t in range(x.shape[1]):
        h = a * m.b * x[:, t, :, None] + (1 - a * delta) * h
        rows.append((m.eta * h).sum(-1))
    return torch.stack(rows, 1)
