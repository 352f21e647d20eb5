"""A parameter that is made in the first call, after all have been counted.
Refused by: hidden|state|fit|gradient|batch|determinism|build|causality
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


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class WeightsMadeLate(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = Attention(dim), SwiGLU(dim, expand)
        self.peek = nn.Linear(dim, dim, bias=False)
        self.late = None

    def forward(self, x):
        h = self.norm_1(x)
        if self.late is None:
            self.late = nn.Parameter(torch.randn(h.shape[2], 32 * h.shape[2], dtype=h.dtype) * 0.1)
        leak = F.relu(h @ self.late) @ self.late.t()
        x = x + self.mixer(h) + self.peek(leak)
        return x + self.mlp(self.norm_2(x))
