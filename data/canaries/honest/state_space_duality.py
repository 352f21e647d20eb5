"""Mamba-2's chunked scan with a scalar decay a head; chunks of 8, any length."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class StateSpaceDuality(nn.Module):
    def __init__(self, dim, n_heads=4, state=8, chunk=8):
        super().__init__()
        self.n_heads, self.state, self.chunk = n_heads, state, chunk
        self.into = nn.Linear(dim, 2 * dim + 2 * state + n_heads, bias=False)
        self.rate = nn.Parameter(torch.linspace(-2.0, 1.0, n_heads))
        self.skip = nn.Parameter(torch.ones(dim))
        self.out = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        c, n = self.chunk, -(-T // self.chunk)
        v, z, b, q, step = self.into(x).split([C, C, self.state, self.state, self.n_heads], dim=-1)
        v = F.silu(v)
        step = F.softplus(step)
        pad = (0, 0, 0, n * c - T)
        value = (v.view(B, T, self.n_heads, -1) * step.unsqueeze(-1)).flatten(2)
        value = F.pad(value, pad).view(B, n, c, self.n_heads, -1)
        decay = F.pad(-step * F.softplus(self.rate), pad).view(B, n, c, self.n_heads).cumsum(dim=2)
        b, q = F.pad(b, pad).view(B, n, c, -1), F.pad(q, pad).view(B, n, c, -1)
        gap = decay.unsqueeze(3) - decay.unsqueeze(2)
        mask = torch.ones(c, c, dtype=torch.bool, device=x.device).tril().view(1, 1, c, c, 1)
        inside = torch.exp(gap.masked_fill(~mask, float("-inf")))
        y = torch.einsum("bnts,bntsh,bnshd->bnthd", q @ b.transpose(-1, -2), inside, value)
        ends = torch.einsum("bnsm,bnsh,bnshd->bnhmd", b, torch.exp(decay[:, :, -1:] - decay), value)
        state, before = torch.zeros_like(ends[:, 0]), []
        for i in range(n):
            before.append(state)
            state = torch.exp(decay[:, i, -1]).view(B, -1, 1, 1) * state + ends[:, i]
        y = y + torch.einsum("bntm,bnth,bnhmd->bnthd", q, torch.exp(decay), torch.stack(before, dim=1))
        y = y.reshape(B, n * c, C)[:, :T] + self.skip * v
        return self.out(y * F.silu(z))


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class StateSpaceDualityBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = StateSpaceDuality(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
