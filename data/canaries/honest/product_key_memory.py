"""A memory of 64 values found by the best pairs of two half keys."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class ProductKeyMemory(nn.Module):
    def __init__(self, dim, side=8, best=4):
        super().__init__()
        self.side, self.best = side, best
        self.query = nn.Linear(dim, 16)
        self.keys = nn.Parameter(torch.randn(2, side, 8))
        self.values = nn.Parameter(torch.randn(side * side, dim) * 0.1)
        self.near, self.out = nn.Conv1d(dim, dim, 4, groups=dim), nn.Linear(dim, dim)

    def forward(self, x):
        x = self.near(F.pad(x.transpose(1, 2), (3, 0))).transpose(1, 2)
        q = self.query(x).unflatten(-1, (2, 8))
        score, index = torch.einsum("btpd,pkd->btpk", q, self.keys).topk(self.best, dim=-1)
        pair = (score[..., 0, :, None] + score[..., 1, None, :]).flatten(-2)
        place = (index[..., 0, :, None] * self.side + index[..., 1, None, :]).flatten(-2)
        score, chosen = pair.topk(self.best, dim=-1)
        value = self.values[place.gather(-1, chosen)]
        return self.out((score.softmax(dim=-1).unsqueeze(-1) * value).sum(dim=-2) + x)


class ReluSquared(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        return self.down(F.relu(self.up(x)).square())


class ProductKeyMemoryBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = ProductKeyMemory(dim), ReluSquared(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
