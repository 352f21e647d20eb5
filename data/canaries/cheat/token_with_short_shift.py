"""Says that it is a token unit and adds a little of the token before.
Refused by: token|structure
"""
import torch
import torch.nn as nn
import torch.nn.functional as F


class MLP(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner)
        self.down = nn.Linear(inner, dim)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class TokenWithShortShift(nn.Module):
    KIND = "token"
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.share = nn.Parameter(torch.full((dim,), 0.1))
        self.value, self.mlp = nn.Linear(dim, dim), MLP(dim, expand)

    def forward(self, x):
        h = self.norm_1(x)
        x = x + self.value(h + self.share * F.pad(h, (0, 0, 1, -1)))
        return x + self.mlp(self.norm_2(x))
