"""Linear attention in chunks of 16: a masked product inside, summed states before."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class ChunkedLinearAttention(nn.Module):
    def __init__(self, dim, n_heads=4, chunk=16):
        super().__init__()
        self.n_heads, self.chunk = n_heads, chunk
        self.qkv, self.out = nn.Linear(dim, 3 * dim, bias=False), nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        n = -(-T // self.chunk)
        x = F.pad(x, (0, 0, 0, n * self.chunk - T))
        q, k, v = self.qkv(x).view(B, n, self.chunk, 3, self.n_heads, -1).permute(3, 0, 4, 1, 2, 5)
        q, k = F.elu(q) + 1, F.elu(k) + 1
        v = torch.cat((v, torch.ones_like(v[..., :1])), dim=-1)
        state = F.pad((k.transpose(-1, -2) @ v).cumsum(dim=2), (0, 0, 0, 0, 1, -1))
        y = (q @ k.transpose(-1, -2)).tril() @ v + q @ state
        y = y[..., :-1] / (y[..., -1:] + 1e-6)
        return self.out(y.permute(0, 2, 3, 1, 4).reshape(B, -1, C)[:, :T])


class ReluSquared(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        return self.down(F.relu(self.up(x)).square())


class LinearAttentionChunked(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.RMSNorm(dim), nn.RMSNorm(dim)
        self.mixer, self.mlp = ChunkedLinearAttention(dim), ReluSquared(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
