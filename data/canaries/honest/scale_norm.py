"""One learned length for each token's vector."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class ScaleNorm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.length = nn.Parameter(torch.tensor(dim ** 0.5))

    def forward(self, x):
        return self.length * x / x.norm(dim=-1, keepdim=True).clamp(min=1e-5)


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


class ScaleNormBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = ScaleNorm(dim), ScaleNorm(dim)
        self.mixer, self.mlp = Recurrence(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
