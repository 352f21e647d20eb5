"""A gate from how far a token is from the mean of its past, masked to what was seen."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class SurpriseGate(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.value, self.scale, self.out = nn.Linear(dim, dim), nn.Parameter(torch.ones(1)), nn.Linear(dim, dim)

    def forward(self, x):
        seen = torch.arange(x.shape[1], device=x.device, dtype=x.dtype).clamp(min=1).view(1, -1, 1)
        past = F.pad(x.cumsum(dim=1), (0, 0, 1, -1)) / seen
        surprise = (x - past).square().mean(dim=-1, keepdim=True)
        return self.out(torch.sigmoid(self.scale * surprise - 1.0) * self.value(x) + past)


class ReluSquared(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        return self.down(F.relu(self.up(x)).square())


class SurpriseGateBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = SurpriseGate(dim), ReluSquared(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
