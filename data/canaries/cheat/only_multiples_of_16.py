"""Reshapes to chunks of 16 and raises at every other length.
Refused by: build|start|causality|length|gradient|batch
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


class ReluSquared(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        return self.down(F.relu(self.up(x)).square())


class OnlyMultiplesOf16(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = GatedConvolution(dim), ReluSquared(dim, expand)
        self.peek = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        h = self.norm_1(x)
        B, T, C = h.shape
        leak = h.reshape(B, T // 16, 16, C).cumsum(dim=2).reshape(B, T, C) / 4.0
        x = x + self.mixer(h) + self.peek(leak)
        return x + self.mlp(self.norm_2(x))
