import torch

ARGUMENTS = [{}, {"expand": 1.7}]


def reference(m, x):
    f, i, c = (x @ m.fic.weight.T).chunk(3, dim=-1)
    f, i, h, rows = 1 / (1 + torch.exp(-f - m.bias)), 1 / (1 + torch.exp(-i)), 0, []
    for t in range(x.shape[1]):
        h = (f[:, t] * h + i[:, t] * c[:, t]) / (f[:, t] + i[:, t])
        rows.append(h @ m.out.weight.T)
    return torch.stack(rows, 1)
