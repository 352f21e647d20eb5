"""Softmax attention and a mixture of four experts with the best two of each token.
Set: fast
"""
import torch
import torch.nn as nn
import torch.nn.functional as F


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.weight


class TopTwoExperts(nn.Module):
    def __init__(self, dim, n_experts=4):
        super().__init__()
        self.shift = nn.Conv1d(dim, dim, 3, groups=dim)
        self.router = nn.Linear(dim, n_experts, bias=False)
        self.experts = nn.ModuleList(
            [nn.Sequential(nn.Linear(dim, dim // 2), nn.GELU(), nn.Linear(dim // 2, dim)) for _ in range(n_experts)]
        )

    def forward(self, x):
        x = self.shift(F.pad(x.transpose(1, 2), (2, 0))).transpose(1, 2)
        value, chosen = self.router(x).softmax(dim=-1).topk(2, dim=-1)
        weight = torch.zeros_like(self.router(x)).scatter(-1, chosen, value / value.sum(dim=-1, keepdim=True))
        return sum(weight[..., i : i + 1] * expert(x) for i, expert in enumerate(self.experts))


class SwiGLU(nn.Module):
    def __init__(self, dim, expand):
        super().__init__()
        inner = max(1, round(dim * expand))
        self.gate_up = nn.Linear(dim, 2 * inner, bias=False)
        self.down = nn.Linear(inner, dim, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * up)


class TopTwoExpertsBlock(nn.Module):
    FIT = {"expand": (0.25, 8.0)}

    def __init__(self, dim, expand=2.6):
        super().__init__()
        self.norm_1, self.norm_2 = RMSNorm(dim), RMSNorm(dim)
        self.mixer, self.mlp = TopTwoExperts(dim), SwiGLU(dim, expand)

    def forward(self, x):
        x = x + self.mixer(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))
