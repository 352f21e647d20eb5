"""A forget gate with a lower bound that rises with the layer."""
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


class BoundedRecurrence(nn.Module):
    def __init__(self, dim, floor):
        super().__init__()
        self.floor = floor
        self.into, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        f, c, g = self.into(x).chunk(3, dim=-1)
        f = self.floor + (1 - self.floor) * torch.sigmoid(f)
        return self.out(scan(f, (1 - f) * F.silu(c)) * torch.sigmoid(g))


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class LowerBoundedRecurrence(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, layer=0, n_layers=1, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = BoundedRecurrence(dim, 0.9 * layer / max(1, n_layers)), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
