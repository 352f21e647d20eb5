import math

import torch
import torch.nn.functional as F

ARGUMENTS = [{}, {"head_dim": 8, "chunk": 16, "width": 2}]
LENGTHS = (1, 2, 3, 31, 64, 65, 130)
# The norm of an output that is near zero, as q·k may be, magnifies the rounding of q and k.
BFLOAT16 = 0.25


def convolve(m, z, t):
    """silu of the causal convolution at t."""
    w = m.convolution.weight[:, 0]
    return F.silu(sum(w[:, m.width - 1 - j] * z[:, t - j] for j in range(min(m.width, t + 1))))


def reference(m, x):
    B, T, C = x.shape
    z, b, S, rows = m.qkv(x), torch.sigmoid(m.rate(x)), 0, []
    a = torch.exp(-torch.exp(m.decay_scale) * torch.log(1 + torch.exp(m.decay(x))))
    for t in range(T):
        q, k, v = convolve(m, z, t).view(B, 3, m.n_heads, -1).unbind(1)
        q, k = (y / torch.sqrt((y * y).sum(-1, keepdim=True) + 1e-6) for y in (q, k))
        S = S if t else torch.zeros(B, m.n_heads, q.shape[-1], q.shape[-1], dtype=x.dtype)
        S = a[:, t, :, None, None] * S
        S = S + k[..., None] * (b[:, t, :, None] * (v - (k[..., None] * S).sum(2)))[:, :, None]
        y = (q[..., None] * S).sum(2) / math.sqrt(q.shape[-1])
        y = m.norm * y / torch.sqrt((y * y).mean(-1, keepdim=True) + 1e-5)
        rows.append(y.flatten(1) * F.silu(m.gate(x[:, t])))
    return m.out(torch.stack(rows, 1))
