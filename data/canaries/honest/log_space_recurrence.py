"""minGRU in logarithms: cumulative sums and a cumulative log-sum-exp.
Set: fast
"""
import torch
import torch.nn as nn
import torch.nn.functional as F


def logarithm_of_g(x):
    """log of g, g(x) = x + 1/2 for x ≥ 0, sigmoid(x) below: positive, so that it has a logarithm."""
    return torch.where(x >= 0, (F.relu(x) + 0.5).log(), -F.softplus(-x))


class LogSpaceGRU(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.gate, self.value = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x):
        z = self.gate(x)
        decay = (-F.softplus(z)).cumsum(dim=1)
        value = -F.softplus(-z) + logarithm_of_g(self.value(x))
        return self.out(torch.exp(decay + torch.logcumsumexp(value - decay, dim=1)))


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class LogSpaceRecurrence(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = LogSpaceGRU(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
