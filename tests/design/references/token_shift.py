import torch


def reference(m, x):
    rows, last = [], torch.zeros_like(x[:, 0])
    for t in range(x.shape[1]):
        rows.append(((1 - m.mu) * x[:, t] + m.mu * last) @ m.out.weight.T)
        last = x[:, t]
    return torch.stack(rows, 1)
