"""Exact attention in chunks of 16 keys with a running maximum and sum."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class ChunkedAttention(nn.Module):
    def __init__(self, dim, n_heads=4):
        super().__init__()
        self.n_heads = n_heads
        self.q, self.k = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.v, self.out = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (f(x).view(B, T, self.n_heads, -1).transpose(1, 2) for f in (self.q, self.k, self.v))
        top = q.new_full((*q.shape[:3], 1), float("-inf"))
        total, y = torch.zeros_like(top), torch.zeros_like(v)
        row = torch.arange(T, device=x.device).view(-1, 1)
        for start in range(0, T, 16):
            keys, values = k[:, :, start : start + 16], v[:, :, start : start + 16]
            column = torch.arange(start, start + keys.shape[2], device=x.device).view(1, -1)
            score = (q @ keys.transpose(-2, -1) * q.shape[-1] ** -0.5).masked_fill(column > row, -1e9)
            new = torch.maximum(top, score.amax(dim=-1, keepdim=True))
            weight = torch.exp(score - new).masked_fill(column > row, 0.0)
            scale = torch.exp(top - new)
            total, y, top = total * scale + weight.sum(dim=-1, keepdim=True), y * scale + weight @ values, new
        y = y / total
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


class ChunkedSoftmaxAttention(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = ChunkedAttention(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
