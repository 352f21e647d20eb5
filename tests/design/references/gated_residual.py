import torch

LENGTHS = (1, 2, 65)


def gate(m, h):
    return 1 / (1 + torch.exp(-(h @ m.weight.T + m.bias)))


def reference(m, x):
    x = x + gate(m.gate_1, m.norm_1(x)) * m.mixer(m.norm_1(x))
    return x + gate(m.gate_2, m.norm_2(x)) * m.mlp(m.norm_2(x))
