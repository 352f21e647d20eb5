"""A matrix four times as tall as what is used of it.
Refused by: gradient|hidden
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


class ReluSquared(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        return self.down(F.relu(self.up(x)).square())


class ParameterSlicedOff(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = Recurrence(dim), ReluSquared(dim, expand)
        self.peek = nn.Linear(dim, dim, bias=False)
        self.tall = nn.Linear(dim, 4 * dim, bias=False)

    def forward(self, x):
        h = self.norm_1(x)
        leak = self.tall(h)[..., : h.shape[2]]
        x = x + self.mixer(h) + self.peek(leak)
        return x + self.mlp(self.norm_2(x))
