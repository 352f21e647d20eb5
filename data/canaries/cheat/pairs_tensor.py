"""A tensor of T × T × 4C: every pair of positions has its own features.
Refused by: memory|cost|time
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


class GatedConvolution(nn.Module):
    def __init__(self, dim, width=4):
        super().__init__()
        self.width = width
        self.value_gate = nn.Linear(dim, 2 * dim, bias=False)
        self.convolution = nn.Conv1d(dim, dim, width, groups=dim)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        value, gate = self.value_gate(x).chunk(2, dim=-1)
        value = self.convolution(F.pad(value.transpose(1, 2), (self.width - 1, 0))).transpose(1, 2)
        return self.out(value * F.silu(gate))


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class PairsTensor(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = GatedConvolution(dim), SwiGLU(dim, expand)
        self.peek = nn.Linear(dim, dim, bias=False)
        self.left = nn.Linear(dim, 4 * dim, bias=False)
        self.right = nn.Linear(dim, 4 * dim, bias=False)

    def forward(self, x):
        h = self.norm_1(x)
        a, b = self.left(h), self.right(h)
        pair = torch.tanh(a.unsqueeze(2) + b.unsqueeze(1))
        T = h.shape[1]
        mask = torch.ones(T, T, dtype=h.dtype, device=h.device).tril()
        leak = (pair * mask.view(1, T, T, 1)).sum(dim=2).unflatten(-1, (4, -1)).sum(dim=2) / 64.0
        x = x + self.mixer(h) + self.peek(leak)
        return x + self.mlp(self.norm_2(x))
