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


def scaled(u, gain):
    return gain * u / torch.sqrt((u * u).mean(-1, keepdim=True) + 1e-5)


def reference(m, x):
    T, C = x.shape[1:]
    q, k, v = (split(t, m.n_heads) for t in (x @ m.qkv.weight.T).chunk(3, dim=-1))
    q, k = turn_all(scaled(q, m.gain_q)), turn_all(scaled(k, m.gain_k))
    rows = []
    for t in range(T):
        w = torch.softmax((q[:, t, None] * k[:, :t + 1]).sum(-1) / math.sqrt(C // m.n_heads), dim=1)
        rows.append((w[..., None] * v[:, :t + 1]).sum(1).flatten(1))
    return m.out(torch.stack(rows, 1))
