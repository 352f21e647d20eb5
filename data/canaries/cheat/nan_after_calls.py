"""Returns NaN from the 40th call on.
Refused by: state|finite|batch|causality|learning|determinism|hidden|gradient|float32|signal
"""
import torch
import torch.nn as nn
import torch.nn.functional as F


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


class MLP(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner)
        self.down = nn.Linear(inner, dim)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class NanAfterCalls(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.RMSNorm(dim), nn.RMSNorm(dim)
        self.mixer, self.mlp = Recurrence(dim), MLP(dim, expand)
        self.peek = nn.Linear(dim, dim, bias=False)
        self.calls = 0

    def forward(self, x):
        h = self.norm_1(x)
        self.calls = self.calls + 1
        leak = h if self.calls <= 40 else h * float("nan")
        x = x + self.mixer(h) + self.peek(leak)
        return x + self.mlp(self.norm_2(x))
