"""A table of sinusoids in a buffer, longer than the context, grown on demand."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def positions(length, dim):
    half = dim // 2
    rate = 10000.0 ** (-torch.arange(half, dtype=torch.float32) / half)
    angle = torch.arange(length, dtype=torch.float32).unsqueeze(-1) * rate
    return torch.cat((angle.sin(), angle.cos()), dim=-1)


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


class PositionBuffer(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, context=128, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = nn.RMSNorm(dim), nn.RMSNorm(dim)
        self.mixer, self.mlp = Attention(dim), SwiGLU(dim, expand)
        self.register_buffer("table", positions(4 * context, dim), persistent=False)

    def forward(self, x):
        T, C = x.shape[1:]
        if self.table.shape[0] < T:
            self.table = positions(2 * T, C).to(x.device)
        x = x + self.mixer(self.norm_1(x) + self.table[:T].to(x.dtype))
        return x + self.mlp(self.norm_2(x))
