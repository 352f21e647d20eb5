import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def wide(t):
    """At least float32: powers of decays and sums over a whole past need it."""
    return t if t.dtype == torch.float64 else t.float()


class S5(nn.Module):
    """h_t = exp(d A) h_{t-1} + (exp(d A) - 1) / A (B x_t), y_t = 2 Re(C h_t) + D x_t; out = g * sigmoid(W g), g = gelu(y).

    x, out: (B, T, C). One state space for all channels, h complex of expand * C / 2 states, A diagonal: Smith et al. 2022,
    arXiv:2208.04933, with A_n = -1/2 + i π n at first, n = 0, 1, … 63 again and again, and a step d of 0.001 to 0.1 a
    state. B and C are real maps of C channels to and from the real and imaginary parts. Computed by a scan of log2(T)
    steps whose decays, the same at all times, are powers of exp(d A), of modulus below 1.
    """

    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=1.0):
        super().__init__()
        step = min(8, max(1, dim // 16))
        n = max(step, round(expand * dim / 2 / step) * step)
        self.log_step = nn.Parameter(torch.empty(n).uniform_(math.log(1e-3), math.log(1e-1)))
        self.log_rate = nn.Parameter(torch.full((n,), math.log(0.5)))
        self.angle = nn.Parameter(math.pi * (torch.arange(n) % 64))
        self.into = nn.Linear(dim, 2 * n, bias=False)
        self.back = nn.Linear(2 * n, dim, bias=False)
        self.skip = nn.Parameter(torch.randn(dim))
        self.gate = nn.Linear(dim, dim)

    def forward(self, x):
        A = torch.complex(-torch.exp(wide(self.log_rate)), wide(self.angle))
        dA = torch.exp(wide(self.log_step)) * A
        h = torch.complex(*wide(self.into(x)).chunk(2, dim=-1)) * ((torch.exp(dA) - 1) / A)
        s = 1
        while s < x.shape[1]:
            h = h + torch.exp(s * dA) * F.pad(h, (0, 0, s, -s))
            s *= 2
        y = self.back(torch.cat((h.real, -h.imag), dim=-1).to(x.dtype)) * 2 + self.skip * x
        y = F.gelu(y)
        return y * torch.sigmoid(self.gate(y))
