import torch

FILLERS = {"first": "linear_attention"}


def reference(m, x):
    a, b = m.first(x), m.second(x)
    a = a / torch.sqrt((a * a).mean(-1, keepdim=True) + 1e-5)
    b = b / torch.sqrt((b * b).mean(-1, keepdim=True) + 1e-5)
    return m.scale_1 * a + m.scale_2 * b
