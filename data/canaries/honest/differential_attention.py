"""The difference of two softmaxes with a learned weight, normed by head."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class DifferentialAttention(nn.Module):
    def __init__(self, dim, n_heads=2, weight=0.5):
        super().__init__()
        self.n_heads, self.width = n_heads, dim // n_heads // 2
        self.q, self.k = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.v, self.out = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.weight = nn.Parameter(torch.full((n_heads, 1, 1), weight))
        self.norm = nn.LayerNorm(2 * self.width)

    def forward(self, x):
        B, T, C = x.shape
        q = self.q(x).view(B, T, self.n_heads, 2, self.width).permute(3, 0, 2, 1, 4)
        k = self.k(x).view(B, T, self.n_heads, 2, self.width).permute(3, 0, 2, 1, 4)
        v = self.v(x).view(B, T, self.n_heads, 2 * self.width).transpose(1, 2)
        mask = torch.full((T, T), float("-inf"), device=x.device, dtype=x.dtype).triu(1)
        a, b = ((q @ k.transpose(-2, -1)) * self.width ** -0.5 + mask).softmax(dim=-1)
        y = self.norm((a - self.weight * b) @ v) * 0.5
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


class DifferentialAttentionBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = DifferentialAttention(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
