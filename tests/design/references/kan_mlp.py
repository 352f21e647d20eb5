import torch

ARGUMENTS = [{}, {"grid": 5}]
LENGTHS = (1, 3)


def layer(m, x):
    x = x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5)
    n, rows = m.grid + 1, 0
    for j in range(x.shape[-1]):
        u = x[..., j:j + 1]
        values = [u / (1 + torch.exp(-u))]
        for g in range(m.grid):
            centre, width = -2 + 4 * g / (m.grid - 1), 4 / (m.grid - 1)
            values.append(torch.exp(-((u - centre) / width) ** 2))
        for i, value in enumerate(values):
            rows = rows + value * m.map.weight[:, j * n + i]
    return rows


def reference(m, x):
    return layer(m.second, layer(m.first, x))
