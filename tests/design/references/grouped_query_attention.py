import math

import torch

DIM = 64
ARGUMENTS = [{}, {"kv_share": 2}, {"head_dim": 8, "kv_share": 3}]
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
    B, T, C = x.shape
    D = C // m.n_heads
    k, v = (x @ w.T for w in m.kv.weight.chunk(2))
    heads = []
    for h in range(m.n_heads):
        g = h // m.kv_share
        q_h = turn_all(x @ m.q.weight[h * D:(h + 1) * D].T)
        k_h, v_h = turn_all(k[..., g * D:(g + 1) * D]), v[..., g * D:(g + 1) * D]
        rows = []
        for t in range(T):
            w = torch.softmax((k_h[:, :t + 1] * q_h[:, t, None]).sum(-1) / math.sqrt(D), dim=1)
            rows.append((w[..., None] * v_h[:, :t + 1]).sum(1))
        heads.append(torch.stack(rows, 1))
    return torch.cat(heads, -1) @ m.out.weight.T
