import math

import torch

LENGTHS = (1, 2, 65)


def split(t, heads):
    return t.view(*t.shape[:2], heads, -1)


def reference(m, x):
    T, C = x.shape[1:]
    q, k, v = (split(t, m.n_heads) for t in (x @ m.qkv.weight.T).chunk(3, dim=-1))
    rows = []
    for t in range(T):
        w = torch.softmax((q[:, t, None] * k[:, :t + 1]).sum(-1) / math.sqrt(C // m.n_heads), dim=1)
        rows.append((w[..., None] * v[:, :t + 1]).sum(1).flatten(1))
    return m.out(torch.stack(rows, 1))
