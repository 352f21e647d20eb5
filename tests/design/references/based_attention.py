import math

import torch

ARGUMENTS = [{}, {"head_dim": 8, "feature": 3, "chunk": 16}]
LENGTHS = (1, 2, 3, 31, 64, 65, 130)


def reference(m, x):
    q, k = (t.view(*t.shape[:2], m.n_heads, -1) for t in m.qk(x).chunk(2, dim=-1))
    v, rows = m.value(x).view(*x.shape[:2], m.n_heads, -1), []
    for t in range(x.shape[1]):
        z = (k[:, :t + 1] * q[:, t:t + 1]).sum(-1, keepdim=True) / math.sqrt(m.feature)
        p = 1 + z + z * z / 2
        rows.append(((p * v[:, :t + 1]).sum(1) / p.sum(1)).flatten(1))
    return m.out(torch.stack(rows, 1))
