import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def wide(t):
    """At least float32: exponentials of running sums need it."""
    return t if t.dtype == torch.float64 else t.float()


class Mamba(nn.Module):
    """h_t = exp(d_t A) h_{t-1} + d_t u_t b_t, y_t = c_t·h_t + D u_t in each channel, state N; out = W_o (y * silu(z)).

    x, out: (B, T, C). Gu and Dao 2023, arXiv:2312.00752: [u, z] = W x of width expand * C each; u through a causal
    depthwise convolution and silu; b, c and the step d = softplus(W_d W_r u + bias) from u; A < 0 a channel and state.
    Computed in chunks: all chunks step through their few tokens at once, the states at their ends are joined by the same
    law in log2 steps, and the chunks step once more from there. Decays are exp of what is never above 0: none overflows.
    """

    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.0, state=16, width=4, chunk=16):
        super().__init__()
        step = min(16, max(1, dim // 8))
        inner = max(step, round(expand * dim / step) * step)
        self.state, self.width, self.chunk, self.rank = state, width, chunk, -(-dim // 16)
        self.into = nn.Linear(dim, 2 * inner, bias=False)
        self.convolution = nn.Conv1d(inner, inner, width, groups=inner)
        self.select = nn.Linear(inner, self.rank + 2 * state, bias=False)
        self.step = nn.Linear(self.rank, inner)
        with torch.no_grad():  # steps of 0.001 to 0.1, log-uniform
            d = torch.exp(torch.empty(inner).uniform_(math.log(1e-3), math.log(1e-1)))
            self.step.bias.copy_(torch.log(torch.expm1(d)))
        self.log_rate = nn.Parameter(torch.log(torch.arange(1.0, state + 1.0)).repeat(inner, 1))
        self.skip = nn.Parameter(torch.ones(inner))
        self.out = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        u, z = self.into(x).chunk(2, dim=-1)
        u = F.silu(self.convolution(F.pad(u.transpose(1, 2), (self.width - 1, 0)))).transpose(1, 2)
        d, b, c = self.select(u).split([self.rank, self.state, self.state], dim=-1)
        d = F.softplus(wide(self.step(d)))
        y = self.scan(wide(u) * d, d, -torch.exp(wide(self.log_rate)), wide(b), wide(c))
        return self.out((y.to(x.dtype) + self.skip * u) * F.silu(z))

    def scan(self, u, d, A, b, c):
        """c_t·h_t, h_t = exp(d_t A) h_{t-1} + u_t b_t. u, d: (B, T, E); A: (E, N); b, c: (B, T, N)."""
        T = u.shape[1]
        w = min(self.chunk, T)
        n = -(-T // w)
        u, d, b, c = (F.pad(t, (0, 0, 0, n * w - T)).unflatten(1, (n, w)) for t in (u, d, b, c))
        h, decay, new, y = torch.zeros_like(u[:, :, 0, :, None] * A), [], [], []
        for j in range(w):
            decay.append(torch.exp(d[:, :, j, :, None] * A))             # (B, n, E, N)
            new.append(u[:, :, j, :, None] @ b[:, :, j, None, :])
            h = torch.addcmul(new[j], decay[j], h)
        # State before each chunk: after the step of width s, (a, h) leads over 2 s chunks.
        a, s = F.pad(torch.exp(d.sum(dim=2)[..., None] * A), (0, 0, 0, 0, 1, -1)), 1
        h = F.pad(h, (0, 0, 0, 0, 1, -1))
        while s < n:
            h = h + a * F.pad(h, (0, 0, 0, 0, s, -s))
            a = a * F.pad(a, (0, 0, 0, 0, s, -s))
            s *= 2
        for j in range(w):
            h = torch.addcmul(new[j], decay[j], h)
            y.append(h @ c[:, :, j, :, None])
        y = torch.stack(y, dim=2)
        return y.flatten(1, 2)[:, :T, :, 0]
