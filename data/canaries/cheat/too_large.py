"""Sixty-four experts with every token through all: larger than any fit allows.
Refused by: fit
"""
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


class TooLarge(nn.Module):
    FIT = {"expand": (4.0, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        inner = int(dim * expand)
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer = Attention(dim)
        self.experts = nn.ModuleList(
            [nn.Sequential(nn.Linear(dim, inner), nn.ReLU(), nn.Linear(inner, dim)) for _ in range(64)]
        )

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        h = self.norm_2(x)
        return x + sum(expert(h) for expert in self.experts) / 64
