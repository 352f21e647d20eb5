"""RG-LRU: decays of a power of a sigmoid, inputs scaled by the root of what is forgotten."""
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


class RealGatedUnit(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.into, self.gates = nn.Linear(dim, 2 * dim), nn.Linear(dim, 2 * dim)
        self.rate = nn.Parameter(torch.linspace(2.0, 6.0, dim))
        self.out = nn.Linear(dim, dim)

    def forward(self, x):
        u, side = self.into(x).chunk(2, dim=-1)
        r, i = torch.sigmoid(self.gates(x)).chunk(2, dim=-1)
        log_a = -8.0 * r * F.softplus(-self.rate)
        value = torch.sqrt(-torch.expm1(2 * log_a) + 1e-6) * i * u
        return self.out(scan(torch.exp(log_a), value) * F.gelu(side))


class ReluSquared(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        return self.down(F.relu(self.up(x)).square())


class RealGatedUnitBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = RealGatedUnit(dim), ReluSquared(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
