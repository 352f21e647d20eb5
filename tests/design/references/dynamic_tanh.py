import torch


def reference(m, x):
    e = torch.exp(-2 * m.a * x)
    return m.weight * (1 - e) / (1 + e) + m.bias
