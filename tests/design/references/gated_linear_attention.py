import math

import torch
import torch.nn.functional as F

# The norm of an output that is near zero, as q·k may be, magnifies the rounding of q and k.
BFLOAT16 = 0.25


def reference(m, x):
    q, k, v, g = (t.view(*t.shape[:2], m.n_heads, -1) for t in m.qkvg(x).chunk(4, dim=-1))
    a = torch.sigmoid(m.decay(x))
    S, rows, D = 0, [], q.shape[-1]
    for t in range(x.shape[1]):
        S = a[:, t, :, None, None] * S + k[:, t, :, :, None] * v[:, t, :, None, :]
        y = (q[:, t, :, :, None] * S).sum(2) / math.sqrt(D)
        y = m.norm * y / torch.sqrt((y * y).mean(-1, keepdim=True) + 1e-5)
        rows.append((y * F.silu(g[:, t])).flatten(1))
    return m.out(torch.stack(rows, 1))
