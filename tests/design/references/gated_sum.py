import torch


def reference(m, x):
    g = 1 / (1 + torch.exp(-(x @ m.gate.weight.T + m.gate.bias)))
    return g * m.first(x) + (1 - g) * m.second(x)
