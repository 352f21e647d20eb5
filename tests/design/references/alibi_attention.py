import math

import torch

DIM = 64
LENGTHS = (1, 2, 65, 130)


def split(t, heads):
    return t.view(*t.shape[:2], heads, -1)


def reference(m, x):
    T, C = x.shape[1:]
    H = m.n_heads
    q, k, v = (split(t, H) for t in (x @ m.qkv.weight.T).chunk(3, dim=-1))
    slopes = torch.tensor([1 / 2 ** (8 * h / H) for h in range(1, H + 1)], dtype=x.dtype)
    rows = []
    for t in range(T):
        score = (q[:, t, None] * k[:, :t + 1]).sum(-1) / math.sqrt(C // H)
        score = score - slopes * torch.arange(t, -1, -1)[:, None]
        w = torch.softmax(score, dim=1)
        rows.append((w[..., None] * v[:, :t + 1]).sum(1).flatten(1))
    return m.out(torch.stack(rows, 1))
