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


def reference(m, x):
    T, C = x.shape[1:]
    D = C // m.n_heads
    q, k, v = x @ m.qkv.weight[:C].T, x @ m.qkv.weight[C:C + D].T, x @ m.qkv.weight[C + D:].T
    k, heads = turn_all(k), []
    for h in range(m.n_heads):
        q_h, rows = turn_all(q[..., h * D:(h + 1) * D]), []
        for t in range(T):
            w = torch.softmax((k[:, :t + 1] * q_h[:, t, None]).sum(-1) / math.sqrt(D), dim=1)
            rows.append((w[..., None] * v[:, :t + 1]).sum(1))
        heads.append(torch.stack(rows, 1))
    return torch.cat(heads, -1) @ m.out.weight.T
