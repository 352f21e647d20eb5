import torch
import torch.nn.functional as F


def reference(m, x):
    q, k, v = (t.view(*t.shape[:2], m.n_heads, -1) for t in m.qkv(x).chunk(3, dim=-1))
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S, z, rows = 0, 0, []
    for t in range(x.shape[1]):
        S = S + k[:, t, :, :, None] * v[:, t, :, None, :]
        z = z + k[:, t]
        rows.append(((q[:, t, :, :, None] * S).sum(2) / ((q[:, t] * z).sum(-1, keepdim=True) + 1e-6)).flatten(1))
    return m.out(torch.stack(rows, 1))
