import torch

DIM = 48


def reference(m, x):
    n, groups = x.shape[-1] // m.groups, []
    for g in range(m.groups):
        u = x[..., g * n:(g + 1) * n]
        groups.append(u / torch.sqrt((u * u).mean(-1, keepdim=True) + m.eps))
    return m.weight * torch.cat(groups, -1)
