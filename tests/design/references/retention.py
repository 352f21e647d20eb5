import math

import torch
import torch.nn.functional as F

ARGUMENTS = [{}, {"expand": 1.3, "n_heads": 4}]
LENGTHS = (1, 2, 31, 64, 65, 130)


def turn(u, t):
    """Pairs of channels turned by the angles of position t."""
    D = u.shape[-1]
    angle = torch.tensor([t / 10000 ** (2 * i / D) for i in range(D // 2)], dtype=torch.float64)
    a, b = u[..., 0::2], u[..., 1::2]
    return torch.stack((a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()), -1).flatten(-2)


def reference(m, x):
    B, T, C = x.shape
    q, k = (t.view(B, T, m.n_heads, -1) for t in m.qk(x).chunk(2, dim=-1))
    v, g = m.v(x).view(B, T, m.n_heads, -1), m.g(x)
    decay = torch.tensor([1 - 2.0 ** (-5 - h) for h in range(m.n_heads)], dtype=torch.float64)[:, None, None]
    S, rows = 0, []
    for t in range(T):
        S = decay * S + turn(k[:, t], t)[..., None] * v[:, t, :, None, :]
        o = (turn(q[:, t], t)[..., None] * S).sum(2) / math.sqrt(C // m.n_heads)
        o = m.norm * o / torch.sqrt((o * o).mean(-1, keepdim=True) + m.eps)
        rows.append(o.flatten(1) * F.silu(g[:, t]))
    return m.out(torch.stack(rows, 1))
