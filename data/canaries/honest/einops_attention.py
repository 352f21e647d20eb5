"""Attention in the words of einops."""
from einops import rearrange

import torch
import torch.nn as nn
import torch.nn.functional as F


class EinopsAttention(nn.Module):
    def __init__(self, dim, heads=4):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(dim, 3 * dim, bias=False), nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        q, k, v = rearrange(self.qkv(x), "b t (three h d) -> three b h t d", three=3, h=self.heads)
        score = torch.einsum("bhtd,bhsd->bhts", q, k) * q.shape[-1] ** -0.5
        score = score.masked_fill(torch.ones_like(score[0, 0]).triu(1).bool(), float("-inf"))
        return self.out(rearrange(score.softmax(dim=-1) @ v, "b h t d -> b t (h d)"))


class MLP(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner)
        self.down = nn.Linear(inner, dim)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class EinopsAttentionBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = EinopsAttention(dim), MLP(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
