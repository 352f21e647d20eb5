"""Learned vectors for the positions, whatever the text: its tokens are not read.
Refused by: learning|build|gradient|signal
Set: fast
"""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Attention(nn.Module):
    def __init__(self, dim, n_heads=4):
        super().__init__()
        self.n_heads = n_heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.n_heads, C // self.n_heads).permute(2, 0, 3, 1, 4).unbind(0)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(B, T, C))


class MLP(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner)
        self.down = nn.Linear(inner, dim)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class ConstantOutput(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = Attention(dim), MLP(dim, expand)
        self.table = nn.Parameter(torch.randn(64, dim))

    def forward(self, x):
        place = torch.arange(x.shape[1], device=x.device) % 64
        start = self.table[place].expand_as(x)
        start = start + self.mixer(self.norm_1(start))
        return start + self.mlp(self.norm_2(start))
