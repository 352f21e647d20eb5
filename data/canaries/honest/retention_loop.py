"""Retention: a fixed decay for each head."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Retention(nn.Module):
    def __init__(self, dim, n_heads=4):
        super().__init__()
        self.n_heads = n_heads
        self.q, self.k = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.v, self.out = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (f(x).view(B, T, self.n_heads, -1) for f in (self.q, self.k, self.v))
        decay = 1.0 - 2.0 ** -torch.arange(2.0, self.n_heads + 2.0, device=x.device).to(x.dtype).view(-1, 1, 1)
        k = k * k.shape[-1] ** -0.5
        state = q.new_zeros(B, self.n_heads, q.shape[-1], v.shape[-1])
        ys = []
        for t in range(T):
            state = decay * state + k[:, t].unsqueeze(-1) * v[:, t].unsqueeze(-2)
            ys.append(torch.einsum("bhd,bhde->bhe", q[:, t], state))
        return self.out(torch.stack(ys, dim=1).reshape(B, T, C))


class MLP(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.up = nn.Linear(dim, inner)
        self.down = nn.Linear(inner, dim)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class RetentionLoop(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=4.0):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.mixer, self.mlp = Retention(dim), MLP(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
