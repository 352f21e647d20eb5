import torch


def reference(m, x):
    w, b, rows = m.convolution.weight[:, 0], m.convolution.bias, []
    for t in range(x.shape[1]):
        y = b.expand(x.shape[0], -1)
        for j in range(min(m.width, t + 1)):
            y = y + w[:, m.width - 1 - j] * x[:, t - j]
        rows.append(y)
    return torch.stack(rows, 1)
