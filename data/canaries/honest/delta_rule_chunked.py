"""The delta rule in chunks of 16: a triangular solve inside, states passed between.
Set: fast
"""
import torch
import torch.nn as nn
import torch.nn.functional as F


class ChunkedDeltaRule(nn.Module):
    def __init__(self, dim, n_heads=4, chunk=16):
        super().__init__()
        self.n_heads, self.chunk = n_heads, chunk
        self.qkv, self.out = nn.Linear(dim, 3 * dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.beta = nn.Linear(dim, n_heads)

    def forward(self, x):
        B, T, C = x.shape
        c, n = self.chunk, -(-T // self.chunk)
        x = F.pad(x, (0, 0, 0, n * c - T))
        q, k, v = self.qkv(x).view(B, n, c, 3, self.n_heads, -1).permute(3, 1, 0, 4, 2, 5)
        beta = torch.sigmoid(self.beta(x)).view(B, n, c, self.n_heads, 1).permute(1, 0, 3, 2, 4)
        k = F.normalize(k, dim=-1)
        system = torch.eye(c, device=x.device, dtype=x.dtype) + (beta * k @ k.transpose(-1, -2)).tril(-1)
        w, u = torch.linalg.solve_triangular(system, torch.cat((beta * k, beta * v), -1), upper=False).chunk(2, -1)
        state = q.new_zeros(B, self.n_heads, q.shape[-1], q.shape[-1])
        ys = []
        for i in range(n):
            new = u[i] - w[i] @ state
            ys.append(q[i] @ state + (q[i] @ k[i].transpose(-1, -2)).tril() @ new)
            state = state + k[i].transpose(-1, -2) @ new
        y = torch.stack(ys, dim=1).permute(0, 1, 3, 2, 4)
        return self.out(y.reshape(B, n * c, C)[:, :T])


class ReluSquared(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        return self.down(F.relu(self.up(x)).square())


class DeltaRuleChunked(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = ChunkedDeltaRule(dim), ReluSquared(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
