import math

import torch


def split(t, heads):
    return t.view(*t.shape[:2], heads, -1)


def turn(u, t):
    """Pairs of channels turned by the angles of position t."""
    D = u.shape[-1]
    angle = torch.tensor([t / 10000 ** (2 * i / D) for i in range(D // 2)], dtype=torch.float64)
    a, b = u[..., 0::2], u[..., 1::2]
    return torch.stack((a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()), -1).flatten(-2)


def reference(m, x):
    T, C = x.shape[1:]
    q, k, v = (split(t, m.n_heads) for t in m.qkv(x).chunk(3, dim=-1))
    q = torch.stack([turn(q[:, t], t) for t in range(T)], 1)
    k = torch.stack([turn(k[:, t], t) for t in range(T)], 1)
    rows = []
    for t in range(T):
        first = max(0, t - m.window + 1)
        w = torch.softmax((q[:, t, None] * k[:, first:t + 1]).sum(-1) / math.sqrt(C // m.n_heads), dim=1)
        rows.append((w[..., None] * v[:, first:t + 1]).sum(1).flatten(1))
    return m.out(torch.stack(rows, 1))
