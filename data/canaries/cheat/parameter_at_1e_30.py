"""A matrix whose work is 1e-30: there is a gradient, and no effect.
Refused by: gradient|hidden
"""
import torch
import torch.nn as nn
import torch.nn.functional as F


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


def scan(decay, value):
    """h_t = decay_t h_{t-1} + value_t along the second axis, by doubling."""
    step = 1
    while step < value.shape[1]:
        value = value + decay * F.pad(value, (0, 0, step, -step))
        decay = decay * F.pad(decay, (0, 0, step, -step))
        step *= 2
    return value


class Recurrence(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.zcg = nn.Linear(dim, 3 * dim, bias=False)
        self.bias = nn.Parameter(torch.linspace(0.0, 4.0, dim))
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        z, c, g = self.zcg(x).chunk(3, dim=-1)
        keep = torch.sigmoid(z + self.bias)
        return self.out(scan(keep, (1 - keep) * c) * F.silu(g))


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class ParameterAt1e30(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = Recurrence(dim), SwiGLU(dim, expand)
        self.peek = nn.Linear(dim, dim, bias=False)
        self.spare = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        h = self.norm_1(x)
        leak = h + 1e-30 * self.spare(h)
        x = x + self.mixer(h) + self.peek(leak)
        return x + self.mlp(self.norm_2(x))
