"""Channels standardised by mean and variance of the positions so far."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class CumulativeNormaliser(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.scale, self.into, self.out = nn.Parameter(torch.ones(dim)), nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self, x):
        h = self.into(x)
        count = torch.arange(1, x.shape[1] + 1, device=x.device, dtype=x.dtype).view(1, -1, 1)
        mean = h.cumsum(dim=1) / count
        variance = (h.square().cumsum(dim=1) / count - mean.square()).clamp(min=0)
        return self.out(F.silu(self.scale * (h - mean) * torch.rsqrt(variance + 1e-3)))


class MLP(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner)
        self.down = nn.Linear(inner, dim)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class CumulativeNormaliserBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = CumulativeNormaliser(dim), MLP(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
