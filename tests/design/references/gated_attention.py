import math

import torch

LENGTHS = (1, 2, 65)


def turn(u, t):
    """Pairs of channels turned by the angles of position t."""
    D = u.shape[-1]
    angle = torch.tensor([t / 10000 ** (2 * i / D) for i in range(D // 2)], dtype=torch.float64)
    a, b = u[..., 0::2], u[..., 1::2]
    return torch.stack((a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()), -1).flatten(-2)


def turn_all(u):
    return torch.stack([turn(u[:, t], t) for t in range(u.shape[1])], 1)


def split(t, heads):
    return t.view(*t.shape[:2], heads, -1)


def reference(m, x):
    T, C = x.shape[1:]
    q, k, v, g = (split(t, m.n_heads) for t in (x @ m.qkvg.weight.T).chunk(4, dim=-1))
    q, k = turn_all(q), turn_all(k)
    rows = []
    for t in range(T):
        w = torch.softmax((q[:, t, None] * k[:, :t + 1]).sum(-1) / math.sqrt(C // m.n_heads), dim=1)
        rows.append(((w[..., None] * v[:, :t + 1]).sum(1) / (1 + torch.exp(-g[:, t]))).flatten(1))
    return m.out(torch.stack(rows, 1))
