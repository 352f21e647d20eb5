import math

import torch

ARGUMENTS = [{"layer": 2}, {"layer": 0}]


def inputs(T, dim):
    n = torch.arange(2 * T * dim, dtype=torch.float64).view(2, T, dim)
    return torch.sin(0.7 * n), torch.cos(1.3 * n)


def turn(u, t):
    """Pairs of channels turned by the angles of position t."""
    D = u.shape[-1]
    angle = torch.tensor([t / 10000 ** (2 * i / D) for i in range(D // 2)], dtype=torch.float64)
    a, b = u[..., 0::2], u[..., 1::2]
    return torch.stack((a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()), -1).flatten(-2)


def reference(m, x, value):
    T, C = x.shape[1:]
    wq, wk, wv = m.qkv.weight.split(C)
    q, k, own = x @ wq.T, x @ wk.T, x @ wv.T
    v = own if m.share is None else m.share[0] * own + m.share[1] * value
    q, k, v = (t.view(*t.shape[:2], m.n_heads, -1) for t in (q, k, v))
    q = torch.stack([turn(q[:, t], t) for t in range(T)], 1)
    k = torch.stack([turn(k[:, t], t) for t in range(T)], 1)
    rows = []
    for t in range(T):
        w = torch.softmax((q[:, t, None] * k[:, :t + 1]).sum(-1) / math.sqrt(C // m.n_heads), dim=1)
        rows.append((w[..., None] * v[:, :t + 1]).sum(1).flatten(1))
    return m.out(torch.stack(rows, 1)), own
