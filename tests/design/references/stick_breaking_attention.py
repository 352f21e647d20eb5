import math

import torch

LENGTHS = (1, 2, 3, 65, 130)


def split(t, heads):
    return t.view(*t.shape[:2], heads, -1)


def reference(m, x):
    T, C = x.shape[1:]
    q, k, v = (split(t, m.n_heads) for t in (x @ m.qkv.weight.T).chunk(3, dim=-1))
    rows = []
    for t in range(T):
        stick, y = torch.ones_like(q[:, 0, :, :1]), 0
        for s in range(t - 1, -1, -1):
            b = torch.sigmoid((q[:, t] * k[:, s]).sum(-1, keepdim=True) / math.sqrt(C // m.n_heads))
            y, stick = y + stick * b * v[:, s], stick * (1 - b)
        rows.append((y + stick * v[:, t]).flatten(1))
    return m.out(torch.stack(rows, 1))
