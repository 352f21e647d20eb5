"""Attention written with einsum alone, parameters shaped by head."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class EinsumAttention(nn.Module):
    def __init__(self, dim, heads=4):
        super().__init__()
        self.into = nn.Parameter(torch.randn(3, heads, dim, dim // heads) * dim ** -0.5)
        self.out = nn.Parameter(torch.randn(heads, dim // heads, dim) * dim ** -0.5)

    def forward(self, x):
        q, k, v = torch.einsum("btc,nhcd->nbhtd", x, self.into)
        score = torch.einsum("bhtd,bhsd->bhts", q, k) * q.shape[-1] ** -0.5
        future = torch.ones_like(score[0, 0]).triu(1).bool()
        weight = score.masked_fill(future, float("-inf")).softmax(dim=-1)
        return torch.einsum("bhts,bhsd,hdc->btc", weight, v, self.out)


class MLP(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner)
        self.down = nn.Linear(inner, dim)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class EinsumAttentionBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = EinsumAttention(dim), MLP(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
