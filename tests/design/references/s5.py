import math

import torch

ARGUMENTS = [{}, {"expand": 2.5}]


def reference(m, x):
    n = m.angle.shape[0]
    A = -torch.exp(m.log_rate) + 1j * m.angle
    step = torch.exp(m.log_step) * A
    B = m.into.weight[:n] + 1j * m.into.weight[n:]
    C = m.back.weight[:, :n] + 1j * m.back.weight[:, n:]
    h, rows = 0, []
    for t in range(x.shape[1]):
        h = torch.exp(step) * h + (torch.exp(step) - 1) / A * ((x[:, t] + 0j) @ B.T)
        y = 2 * (h @ C.T).real + m.skip * x[:, t]
        y = y * (1 + torch.erf(y / math.sqrt(2))) / 2
        rows.append(y / (1 + torch.exp(-(y @ m.gate.weight.T + m.gate.bias))))
    return torch.stack(rows, 1)
