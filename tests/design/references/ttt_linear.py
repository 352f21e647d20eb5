import torch

LENGTHS = (1, 2, 15, 16, 17, 33, 70)
ARGUMENTS = [{}, {"batch": 3, "least_heads": 1, "head_dim": 16}]


def norm(z, gain, shift, eps):
    z = z - z.mean(-1, keepdim=True)
    return gain * z / torch.sqrt((z * z).mean(-1, keepdim=True) + eps) + shift


def turn(x, position):
    """Rotary over the whole head width D: pair i by position / 10000^(2i / D)."""
    D = x.shape[-1]
    angle = torch.tensor([position * 10000.0 ** (-2 * i / D) for i in range(D // 2)], dtype=x.dtype)
    a, b, y = x[..., 0::2], x[..., 1::2], torch.zeros_like(x)
    y[..., 0::2], y[..., 1::2] = a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()
    return y


def reference(m, x):
    """The primal form: the gradient of the inner loss by autograd, the state after each token by a sum."""
    B, T, C = x.shape
    H, D = m.n_heads, C // m.n_heads
    wq, wk, wv = m.qkv.weight.chunk(3)
    W, b, rows = m.weight.expand(B, H, D, D), m.bias.expand(B, H, 1, D), []
    for t in range(T):
        i = t % m.batch
        if i == 0:
            dW, db = torch.zeros_like(W), torch.zeros_like(b)
        q, k, v = ((x[:, t] @ w.T).view(B, H, 1, D) for w in (wq, wk, wv))
        q, k = turn(q, i), turn(k, i)
        with torch.enable_grad():
            z = k @ W + b
            z = z if z.requires_grad else z.requires_grad_()
            loss = ((norm(z, m.gain, m.shift, m.eps) - (v - k)) ** 2).sum() / 2
            g = torch.autograd.grad(loss, z, create_graph=True)[0]
        eta = torch.sigmoid(x[:, t] @ m.rate.weight.T + m.rate.bias).view(B, H, 1, 1) / D
        dW, db = dW + eta * k.transpose(-1, -2) * g, db + eta * g
        tau = (1 / (i + 1) + m.factor[i]).clamp(min=0)
        rows.append((q + norm(q @ (W - tau * dW) + b - tau * db, m.gain, m.shift, m.eps)).reshape(B, C))
        if i == m.batch - 1:
            W, b = W - tau * dW, b - tau * db
    return m.out(norm(torch.stack(rows, 1), m.norm.weight, m.norm.bias, m.eps))
