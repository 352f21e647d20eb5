"""MLP-Mixer's matrix over positions, learned and without mask, as wide as the context.
Refused by: causality
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


class TimeMixing(nn.Module):
    def __init__(self, dim, context):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(2 * context, 8) * 0.1)
        self.out = nn.Linear(dim, dim)

    def forward(self, x):
        a = self.weight[: x.shape[1]]
        return self.out(a @ (a.t() @ x))


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class MixerOverTime(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, context=128, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = TimeMixing(dim, context), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
