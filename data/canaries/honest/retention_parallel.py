"""Retention as a product with a matrix of decays, heads normed."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class ParallelRetention(nn.Module):
    def __init__(self, dim, n_heads=4):
        super().__init__()
        self.n_heads = n_heads
        self.qkvg, self.out = nn.Linear(dim, 4 * dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.norm = nn.LayerNorm(dim // n_heads)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v, g = self.qkvg(x).view(B, T, 4, self.n_heads, -1).permute(2, 0, 3, 1, 4)
        i = torch.arange(T, device=x.device, dtype=x.dtype)
        rate = torch.log1p(-(2.0 ** -torch.arange(3.0, self.n_heads + 3.0, device=x.device))).to(x.dtype)
        decay = torch.exp(rate.view(-1, 1, 1) * (i[:, None] - i[None, :]).clamp(min=0)).tril()
        y = self.norm((q @ k.transpose(-1, -2)) * decay @ v) * F.silu(g)
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


class RetentionParallel(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = ParallelRetention(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
