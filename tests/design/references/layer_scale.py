import torch

LENGTHS = (1, 2, 65)


def reference(m, x):
    x = x + m.mixer(m.norm_1(x)) @ torch.diag(m.scale_1)
    return x + m.mlp(m.norm_2(x)) @ torch.diag(m.scale_2)
