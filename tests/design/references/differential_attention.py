import math

import torch

DIM = 64
ARGUMENTS = [{}, {"layer": 5, "head_dim": 8}]
LENGTHS = (1, 2, 65)
BFLOAT16 = 0.1  # of one token the gradient of λ is zero but for rounding


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
    H = m.n_heads
    D = C // H // 2
    wq, wk, wv = m.qkv.weight.split(C)
    a, b, c, d = m.abcd.split(D)
    start = m.start
    strength = torch.exp(a @ b) - torch.exp(c @ d) + start
    heads = []
    for h in range(H):
        v, maps = x @ wv[2 * D * h:2 * D * (h + 1)].T, []
        for j in (2 * h, 2 * h + 1):
            q, k = turn_all(x @ wq[D * j:D * (j + 1)].T), turn_all(x @ wk[D * j:D * (j + 1)].T)
            rows = []
            for t in range(T):
                w = torch.softmax((k[:, :t + 1] * q[:, t, None]).sum(-1) / math.sqrt(D), dim=1)
                rows.append((w[..., None] * v[:, :t + 1]).sum(1))
            maps.append(torch.stack(rows, 1))
        y = maps[0] - strength * maps[1]
        heads.append((1 - start) * m.norm * y / torch.sqrt((y * y).mean(-1, keepdim=True) + 1e-5))
    return torch.cat(heads, -1) @ m.out.weight.T
