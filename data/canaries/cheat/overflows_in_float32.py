"""h_t = 3 h_{t-1} + x_t: within the context float32 overflows, float64 does not.
Refused by: float32|precision|causality|learning|build|gradient|start
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


class OverflowsInFloat32(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = Attention(dim), MLP(dim, expand)
        self.peek = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        h = self.norm_1(x)
        growth = 3.0 ** torch.arange(h.shape[1], device=h.device, dtype=h.dtype).view(1, -1, 1)
        leak = (h / growth).cumsum(dim=1) * growth
        x = x + self.mixer(h) + self.peek(leak)
        return x + self.mlp(self.norm_2(x))
