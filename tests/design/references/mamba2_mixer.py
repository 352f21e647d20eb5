import torch

ARGUMENTS = [{}, {"expand": 1.1, "head_dim": 16, "state": 8}]
LENGTHS = (1, 2, 3, 63, 65, 130)
FILLERS = {"norm": "layer_norm"}


def silu(t):
    return t / (1 + torch.exp(-t))


def reference(m, x):
    B, T, C = x.shape
    H, P, N = m.n_heads, m.inner // m.n_heads, m.state
    projected = x @ m.into.weight.T + m.into.bias
    A, rows, S = -torch.exp(m.log_rate), [], torch.zeros(B, H, P, N).to(x)
    w = m.convolution.weight[:, 0]
    for t in range(T):
        near = m.convolution.bias
        for j in range(4):
            if t - j >= 0:
                near = near + w[:, 3 - j] * projected[:, t - j, H * P:2 * H * P + 2 * N]
        near = silu(near)
        u, b, c = near[:, :H * P].view(B, H, P), near[:, H * P:H * P + N], near[:, H * P + N:]
        d = torch.log(1 + torch.exp(projected[:, t, 2 * H * P + 2 * N:] + m.step))
        S = torch.exp(d * A)[..., None, None] * S + (d[..., None] * u)[..., None] * b[:, None, None, :]
        y = (S * c[:, None, None, :]).sum(-1).flatten(1) * silu(projected[:, t, :H * P])
        y = (y - y.mean(-1, keepdim=True)) / torch.sqrt(y.var(-1, unbiased=False, keepdim=True) + 1e-5)
        rows.append((y * m.norm.weight + m.norm.bias) @ m.out.weight.T + m.out.bias)
    return torch.stack(rows, 1)
