import torch


def reference(m, x):
    g = x @ m.gate.weight.T
    return m.mixer(x) * g / (1 + torch.exp(-g))
