import math

import torch

ARGUMENTS = [{}, {"compress": 2}]
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
    R, latent = D // 2, len(m.norm)
    c, p = x @ m.down.weight[:latent].T, turn_all(x @ m.down.weight[latent:].T)
    c = m.norm * c / torch.sqrt((c * c).mean(-1, keepdim=True) + 1e-5)
    heads = []
    for h in range(m.n_heads):
        w = m.q.weight[h * (D + R):(h + 1) * (D + R)]
        q, r = x @ w[:D].T, turn_all(x @ w[D:].T)
        k, v = c @ m.up.weight[h * D:(h + 1) * D].T, c @ m.up.weight[C + h * D:C + (h + 1) * D].T
        rows = []
        for t in range(T):
            score = (k[:, :t + 1] * q[:, t, None]).sum(-1) + (p[:, :t + 1] * r[:, t, None]).sum(-1)
            w = torch.softmax(score / math.sqrt(D + R), dim=1)
            rows.append((w[..., None] * v[:, :t + 1]).sum(1))
        heads.append(torch.stack(rows, 1))
    return torch.cat(heads, -1) @ m.out.weight.T
